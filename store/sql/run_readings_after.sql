-- The first usable reading of each of these registers in ($3, $4). As run_readings_before, upwards.
-- $1 meters, $2 registers, $5 what was received later does not count
select q.meter_id, q.register_id, r.time, r.value, r.quality
from unnest($1::integer[], $2::smallint[]) as q(meter_id, register_id)
cross join lateral (
  select r.time, r.value, r.quality
  from readings r
  where r.meter_id = q.meter_id and r.register_id = q.register_id
    and r.time > $3 and r.time < $4 and r.received <= $5 and r.quality <> 4
  order by r.time
  limit 1
) r
