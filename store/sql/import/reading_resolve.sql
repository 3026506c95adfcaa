-- The rows with their meter and register. Sorted by the key of `readings`, so that they are inserted in its order.
create temp table resolved on commit drop as
select i.*, m.id as meter_id, d.register_id, g.name as register_name, g.unit as register_unit
from incoming i
join meters m using (serial)
left join main_registers r on r.medium = m.medium
left join registers g on g.name = coalesce(i.register, r.register)
left join meter_registers d on d.meter_id = m.id and d.register_id = g.id
order by m.id, d.register_id, i.time;
analyze resolved
