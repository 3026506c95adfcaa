-- Which registers count for these agreements, on which meters, from when to when?
-- By the primary key of agreement_points, installations_point and primary keys. $1 agreements
select p.agreement_id, lower(p.during) as first_day, upper(p.during) as end_day,
       exists (select 1 from agreement_points o where o.meter_point_id = p.meter_point_id and o.during << p.during)
         as had_before,
       i.id as installation_id, i.meter_id, m.serial, m.size_mm, r.register_id, g.name as register, g.unit, d.digits, d.unit as shown_unit,
       i.multiplier, lower(i.during) as installed_at, upper(i.during) as removed_at, r.opening, r.closing
from agreement_points p
join installations i on i.meter_point_id = p.meter_point_id
join meters m on m.id = i.meter_id
join installation_registers r on r.installation_id = i.id
join registers g on g.id = r.register_id
left join meter_registers d on d.meter_id = i.meter_id and d.register_id = r.register_id
where p.agreement_id = any($1)
order by p.agreement_id, lower(i.during), i.id, g.name
