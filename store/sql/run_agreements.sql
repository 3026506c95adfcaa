-- What is there to know of these agreements before a bill? One row each, by primary keys, bill_documents_agreement and the
-- primary keys of the drafts. $1 agreements, $2 the label
select a.id, a.service_no, a.account_id, a.company_id, c.currency, a.service, coalesce(r.code, '') as area,
       lower(a.during) as first_day, upper(a.during) as end_day, b.billed_to, d.waits_in,
       coalesce(b.has_label, false) as has_label
from agreements a
join companies c on c.id = a.company_id
join premises p on p.id = a.premise_id
left join areas r on r.id = p.area_id
left join lateral (
  select max(b.service_to) as billed_to, bool_or(b.period = $2 and b.kind = 'regular') as has_label
  from bill_documents b
  where b.agreement_id = a.id and b.live and b.kind <> 'opening'
) b on true
left join lateral (select min(t.run_id) as waits_in from bill_drafts t where t.agreement_id = a.id) d on true
where a.id = any($1)
order by a.id
