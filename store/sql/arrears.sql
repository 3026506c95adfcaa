-- What is owed at the end of a civil day, as known at an instant, bill by bill? One pass over the receivable's
-- transfers up to that day; of what is open, the movements by transfers_bill, the rest by primary keys.
-- $1 the day, $2 the instant, $3 one account or null for all
select a.account_no, a.name, coalesce(ar.code, ''), coalesce(bk.value, ''), coalesce(uc.value, ''), s.service_no,
       b.bill_no, b.due_on, o.principal, o.late_fee, coalesce(a.payer_group, ''), coalesce(bo.reader, ''),
       b.id, b.account_id, b.currency::text, m.moves, o.fee_posted, coalesce(lf.value, '')
from (
  select t.bill_id,
         coalesce(sum(m.moved) filter (where t.bill_line > 0), 0) as principal,
         coalesce(sum(m.moved) filter (where t.bill_line = 0), 0) as late_fee,
         coalesce(sum(m.moved) filter (where t.debit = 'late_fee' or t.credit = 'late_fee'), 0) as fee_posted
  from transfers t
  cross join lateral (select case when t.debit = 'receivable' then t.amount else -t.amount end as moved) m
  where (t.debit = 'receivable' or t.credit = 'receivable') and t.bill_id is not null
    and t.value_date <= $1 and t.recorded_at <= $2 and ($3::integer is null or t.account_id = $3)
  group by t.bill_id
  having sum(m.moved) <> 0
) o
-- How each component's principal moved, and whether by the bill itself: what a late fee is counted on.
cross join lateral (
  select array_agg(t.value_date || ' ' || case when t.debit = 'receivable' then '' else '-' end || t.amount || ' ' ||
                   case when t.payment_id is null and t.reverses is null and t.debit <> 'prepaid' and t.credit <> 'prepaid'
                        then 'billed' else 'paid' end || ' ' || split_part(l.code, '#', 1) order by t.id) as moves
  from transfers t
  join bill_lines l on l.bill_id = t.bill_id and l.n = t.bill_line
  where t.bill_id = o.bill_id and (t.debit = 'receivable' or t.credit = 'receivable')
    and t.value_date <= $1 and t.recorded_at <= $2
) m
join bills b on b.id = o.bill_id
join accounts a on a.id = b.account_id
join agreements s on s.id = b.agreement_id
join premises p on p.id = s.premise_id
left join areas ar on ar.id = p.area_id
left join attributes bk on bk.agreement_id = s.id and bk.name = 'book' and bk.superseded_at is null and bk.during @> $1::date
left join attributes uc on uc.agreement_id = s.id and uc.name = 'use_class' and uc.superseded_at is null and uc.during @> $1::date
left join attributes lf on lf.agreement_id = s.id and lf.name = 'late_fee' and lf.superseded_at is null and lf.during @> $1::date
left join books bo on bo.code = bk.value
order by a.account_no, b.due_on, b.id
