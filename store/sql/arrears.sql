-- What is owed at the end of a civil day, as known at an instant, bill by bill? One pass over the receivable's
-- transfers up to that day; the rest by primary keys. $1 the day, $2 the instant
select a.account_no, a.name, coalesce(ar.code, ''), coalesce(bk.value, ''), coalesce(uc.value, ''), s.service_no,
       b.bill_no, b.due_on, o.principal, o.late_fee, coalesce(a.payer_group, ''), coalesce(bo.reader, ''),
       b.id, b.account_id, b.currency::text, o.moves
from (
  select t.bill_id,
         coalesce(sum(m.moved) filter (where t.bill_line > 0), 0) as principal,
         coalesce(sum(m.moved) filter (where t.bill_line = 0), 0) as late_fee,
         -- how the principal moved, day by day: what a late fee is counted on
         array_agg(t.value_date::text || ' ' || m.moved order by t.id) filter (where t.bill_line > 0) as moves
  from transfers t
  cross join lateral (select case when t.debit = 'receivable' then t.amount else -t.amount end as moved) m
  where (t.debit = 'receivable' or t.credit = 'receivable') and t.bill_id is not null
    and t.value_date <= $1 and t.recorded_at <= $2
  group by t.bill_id
  having sum(m.moved) <> 0
) o
join bills b on b.id = o.bill_id
join accounts a on a.id = b.account_id
join agreements s on s.id = b.agreement_id
join premises p on p.id = s.premise_id
left join areas ar on ar.id = p.area_id
left join attributes bk on bk.agreement_id = s.id and bk.name = 'book' and bk.superseded_at is null and bk.during @> $1::date
left join attributes uc on uc.agreement_id = s.id and uc.name = 'use_class' and uc.superseded_at is null and uc.during @> $1::date
left join books bo on bo.code = bk.value
order by a.account_no, b.due_on, b.id
