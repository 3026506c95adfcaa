-- What must be known of each row so that it can be admitted: its register, when its meter was in, and what the register
-- showed before. Leans on installations by meter, and on the key of readings: backwards from the row to the row before it in the
-- file, or to where the meter was put in.
select r.row_no, r.time, r.time_given, r.value, r.unit, r.quality, r.reason is not null as explained,
       r.meter_id, r.register_id, r.register_name, r.register_unit, d.digits, d.unit as shown_unit,
       array(select lower(i.during) from installations i where i.meter_id = r.meter_id order by i.during) as installed_at,
       array(select upper(i.during) from installations i where i.meter_id = r.meter_id order by i.during) as removed_at,
       s.since, s.opening, b.time as before_time, b.value as before_value, b.quality as before_quality
from (select *, lag(time) over (partition by meter_id, register_id order by time, row_no) as previous from resolved) r
join meter_registers d on d.meter_id = r.meter_id and d.register_id = r.register_id
left join lateral (
  select lower(i.during) as since, x.opening
  from installations i
  left join installation_registers x on x.installation_id = i.id and x.register_id = r.register_id
  where i.meter_id = r.meter_id and lower(i.during) <= r.time
  order by lower(i.during) desc
  limit 1
) s on true
left join lateral (
  select g.time, g.value, g.quality
  from readings g
  where g.meter_id = r.meter_id and g.register_id = r.register_id and g.quality <> 4
    and g.time < r.time and g.time >= greatest(r.previous, s.since)
  order by g.time desc
  limit 1
) b on true
order by r.meter_id, r.register_id, r.time, r.row_no
