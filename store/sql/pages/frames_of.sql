-- The frames received from a meter in the second in which a reading of it was received.
-- $1 meter, $2 register's name, $3 the reading's time. Leans on: the readings' key, frames_meter.
select f.format, f.bytes, f.received
from readings r
join registers g on g.id = r.register_id
join frames f on f.meter_id = r.meter_id and f.received = r.received
where r.meter_id = $1 and g.name = $2 and r.time = $3
limit 4096
