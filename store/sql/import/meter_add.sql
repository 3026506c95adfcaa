-- New meters, registers, meter points beyond a service's first, installations and their indexes.
insert into meters (serial, maker, medium, model, protocol, address, size_mm)
select distinct on (serial) serial, coalesce(maker, ''), medium, coalesce(model, ''), protocol, address, size_mm
from incoming i
where not exists (select 1 from meters t where t.serial = i.serial)
order by serial, row_no;
update meters t set parent_id = p.id
from incoming i join meters p on p.serial = i.parent_serial
where t.serial = i.serial and t.parent_id is null;

insert into registers (name, unit)
select distinct register, unit from incoming where register not in (select name from registers) order by register;
insert into meter_registers (meter_id, register_id, digits, unit)
select distinct on (t.id, g.id) t.id, g.id, i.digits, nullif(i.shown_unit, g.unit)
from incoming i join meters t using (serial) join registers g on g.name = i.register
order by t.id, g.id, i.row_no
on conflict do nothing;

create temp table new_points on commit drop as
select a.id as agreement_id, a.premise_id, a.service, a.during, f.service_no, f.point,
       nextval(pg_get_serial_sequence('meter_points', 'id'))::integer as meter_point_id
from (select distinct service_no, point from fittings) f
join agreements a using (service_no)
where not exists (select 1 from points s where s.service_no = f.service_no and s.point = f.point);
insert into meter_points (id, premise_id, service) overriding system value
select meter_point_id, premise_id, service from new_points;
insert into agreement_points (agreement_id, meter_point_id, during)
select agreement_id, meter_point_id, during from new_points;
insert into points (agreement_id, service_no, meter_point_id, point)
select agreement_id, service_no, meter_point_id, point from new_points;

insert into installations (meter_id, meter_point_id, during, multiplier)
select t.id, s.meter_point_id, tstzrange(f.installed_at, f.removed_at), coalesce(f.multiplier::numeric, 1)
from fittings f
join meters t using (serial)
join points s on s.service_no = f.service_no and s.point = f.point
where not exists (select 1 from installations n where n.meter_id = t.id and lower(n.during) = f.installed_at)
order by f.row_no;
insert into installation_registers (installation_id, register_id, opening, closing)
select n.id, g.id, i.opening, i.closing
from incoming i
join meters t using (serial)
join installations n on n.meter_id = t.id and lower(n.during) = i.installed_at
join registers g on g.name = i.register
on conflict do nothing
