-- Which new installations share time with another: of the same meter, or at the same meter point? Stored ones
-- (after what this file ends), and others of the file. Leans on installations_meter_in_one_place and …_one_meter_a_point.
with fresh as (
  select f.row_no, f.serial, f.service_no, f.point, m.id as meter_id, s.meter_point_id, f.installed_at,
         tstzrange(f.installed_at, f.removed_at) as during
  from fittings f
  left join meters m using (serial)
  left join points s on s.service_no = f.service_no and s.point = f.point
  where not exists (select 1 from installations n where n.meter_id = m.id and lower(n.during) = f.installed_at)
)
select f.row_no, 'installed_at', f.installed_at::text, 'overlaps', m.serial || ' ' || n.during
from fresh f
join installations n on (n.meter_id = f.meter_id or n.meter_point_id = f.meter_point_id) and n.during && f.during
join meters m on m.id = n.meter_id
union all
select f.row_no, 'installed_at', f.installed_at::text, 'overlaps', o.serial || ' ' || o.during
from (
  select f.*, lag(serial) over w as before_serial, lag(during) over w as before_during
  from fresh f window w as (partition by service_no, point order by installed_at, row_no)
) f
cross join lateral (select f.before_serial as serial, f.before_during as during) o
where o.during && f.during
union all
select f.row_no, 'installed_at', f.installed_at::text, 'overlaps', f.serial || ' ' || f.before_during
from (
  select f.*, lag(during) over (partition by serial order by installed_at, row_no) as before_during from fresh f
) f
where f.before_during && f.during
