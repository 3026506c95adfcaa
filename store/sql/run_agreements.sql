-- What is there to know of these agreements before a bill? One row each, by primary key and bills_one_live.
-- $1 agreements, $2 the label, $3 this run
select a.id, a.service_no, a.account_id, a.company_id, c.currency, a.service, 
       lower(a.during) as first_day, upper(a.during) as end_day, b.billed_to, b.waits_in,
       coalesce(b.has_label, false) as has_label
from agreements a
join companies c on c.id = a.company_id
left join lateral (
  select max(b.service_to) filter (where b.state = 'issued') as billed_to,
         min(b.run_id) filter (where b.state = 'trial') as waits_in,
         bool_or(b.state = 'issued' and b.period = $2 and b.kind = 'regular') as has_label
  from bills b
  where b.agreement_id = a.id and b.live and b.kind <> 'opening' and b.kind <> 'reversal'
) b on true
where a.id = any($1)
order by a.id
