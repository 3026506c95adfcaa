-- The rows that may be stored, with their values. Sorted by the key of `readings`, so that they are inserted in its order.
create temp table accepted on commit drop as
select r.row_no, r.serial, r.meter_id, r.register_id, r.time, a.value, r.quality, r.reason, a.backwards
from resolved r join admitted a using (row_no)
order by r.meter_id, r.register_id, r.time;
analyze accepted
