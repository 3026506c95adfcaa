-- Which is the greatest usable reading of each of these registers in its stretch ($3, $4], and is one of them in conflict?
-- A range of the primary key of readings for each: at most a month of quarters of an hour. Conflicts by conflicts_open.
-- $1 meters, $2 registers, $5 what was received later does not count
select q.meter_id, q.register_id, q.from_at, q.to_at, r.time, r.value, r.quality,
       exists (select 1 from conflicts c where c.state = 'open' and c.meter_id = q.meter_id
               and c.register_id = q.register_id and c.time > q.from_at and c.time <= q.to_at) as in_conflict
from unnest($1::integer[], $2::smallint[], $3::timestamptz[], $4::timestamptz[]) as q(meter_id, register_id, from_at, to_at)
left join lateral (
  select r.time, r.value, r.quality
  from readings r
  where r.meter_id = q.meter_id and r.register_id = q.register_id
    and r.time > q.from_at and r.time <= q.to_at and r.received <= $5 and r.quality <> 4
  order by r.value desc, r.time
  limit 1
) r on true
