-- Which keys hold another value than the file gives? One look-up by key for each row: a hash of the hypertable
-- would read years of readings for a month's file.
set local enable_hashjoin = off;
set local enable_mergejoin = off;
create temp table other_values on commit drop as
select i.row_no, i.serial, i.meter_id, i.register_id, g.name as register, i.time, i.value, i.quality,
       trim_scale(i.value / 1000000::numeric)::text as given,
       trim_scale(r.value / 1000000::numeric)::text as stored, r.quality as stored_quality
from accepted i
join registers g on g.id = i.register_id
join readings r on r.meter_id = i.meter_id and r.register_id = i.register_id and r.time = i.time
where r.value <> i.value;
reset enable_hashjoin;
reset enable_mergejoin
