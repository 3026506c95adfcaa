-- The last index of each civil day. $1 meter, $2 register, [$3, $4), $5 zone. Leans on: the readings' key.
select last(time, time) as time, last(value, time) as value
from readings
where meter_id = $1 and register_id = $2 and time >= $3 and time < $4
group by (time at time zone $5)::date
order by 1
limit 800
