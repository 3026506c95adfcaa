-- New agreements, each with a meter point at its premise and its first dated facts.
-- The numbers are drawn first, so that the rows that name each other can be inserted table by table.
create temp table fresh on commit drop as
select i.*, a.id as account_id, r.id as area_id,
       (select c.id from companies c
        where c.code = i.company
           or (i.company is null and c.id = coalesce((select b.company_id from books b where b.code = i.book), c.id))
        limit 1) as company_id,
       nextval(pg_get_serial_sequence('agreements', 'id'))::integer as agreement_id,
       nextval(pg_get_serial_sequence('meter_points', 'id'))::integer as meter_point_id,
       case when i.address is null then nextval(pg_get_serial_sequence('premises', 'id'))::integer end as premise_id
from (select * from incoming order by row_no) i
join accounts a on a.account_no = i.account_no
left join areas r on r.code = i.area
where not exists (select 1 from agreements t where t.service_no = i.service_no);

-- One place for all who live at an address; one of its own for each whose address is not known.
insert into premises (area_id, address)
select distinct area_id, address from fresh where address is not null on conflict do nothing;
insert into premises (id, area_id, address) overriding system value
select premise_id, area_id, '' from fresh where premise_id is not null;
update fresh f set premise_id = p.id from premises p
where f.premise_id is null and p.address = f.address and p.area_id is not distinct from f.area_id;

insert into agreements (id, service_no, account_id, service, company_id, premise_id, settlement, during)
overriding system value
select agreement_id, service_no, account_id, service, company_id, premise_id, coalesce(settlement, 'postpaid'),
       daterange(from_on, to_on)
from fresh;
insert into meter_points (id, premise_id, service) overriding system value
select meter_point_id, premise_id, service from fresh;
insert into agreement_points (agreement_id, meter_point_id, during)
select agreement_id, meter_point_id, daterange(from_on, to_on) from fresh;
insert into attributes (agreement_id, name, value, during, evidence, recorded_by)
select f.agreement_id, d.name, d.value, daterange(f.from_on, f.to_on), 'services', current_setting('meterline.who')
from fresh f cross join lateral (values ('use_class', f.use_class), ('tariff', f.tariff), ('book', f.book)) d(name, value)
where d.value is not null;
