-- The service's meter points in their order, and the installations that the rows describe.
create temp table points on commit drop as
select x.agreement_id, a.service_no, x.meter_point_id,
       row_number() over (partition by x.agreement_id order by x.meter_point_id) as point
from (select distinct agreement_id, meter_point_id from agreement_points) x
join agreements a on a.id = x.agreement_id
where a.service_no in (select service_no from incoming);
create temp table fittings on commit drop as
select distinct on (serial, installed_at) row_no, serial, service_no, point, installed_at, removed_at, multiplier
from incoming order by serial, installed_at, row_no;
create index on points (service_no, point);
create index on points (meter_point_id);
analyze points;
analyze fittings
