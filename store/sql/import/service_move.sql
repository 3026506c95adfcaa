-- Agreements whose premise is another one than was known: the place of the new address, made where it is new.
create temp table moved on commit drop as
select i.row_no, t.id as agreement_id, coalesce(r.id, p.area_id) as area_id, coalesce(i.address, p.address) as address,
       null::integer as premise_id
from incoming i
join agreements t using (service_no)
join premises p on p.id = t.premise_id
left join areas r on r.code = i.area
where i.row_no in (select row_no from differing where col in ('area', 'address'));
insert into premises (area_id, address) select distinct area_id, address from moved where address <> ''
on conflict do nothing;
update moved v set premise_id = p.id from premises p
where p.address = v.address and p.address <> '' and p.area_id is not distinct from v.area_id;
-- A place without an address is nobody else's: it is named in place.
update premises p set area_id = v.area_id from moved v join agreements t on t.id = v.agreement_id
where v.premise_id is null and p.id = t.premise_id;
update agreements t set premise_id = v.premise_id from moved v where t.id = v.agreement_id and v.premise_id is not null;
update meter_points m set premise_id = v.premise_id from moved v join agreement_points x on x.agreement_id = v.agreement_id
where m.id = x.meter_point_id and v.premise_id is not null;
