-- What is owed of the candidates' bills at the end of $1, as known at $2? The rest of arrears.sql and pages/arrears.sql.
select a.account_no, a.name, coalesce(ar.code, '') as area, coalesce(bk.value, '') as book,
       coalesce(uc.value, '') as use_class, s.service_no, b.bill_no, i.due_on, decimal_amount(o.principal) as principal,
       decimal_amount(o.late_fee) as late_fee, coalesce(a.payer_group, '') as payer, coalesce(bo.reader, '') as reader,
       b.id as bill_id, b.account_id, b.currency::text as currency, coalesce(o.days, '{}') as days,
       coalesce(o.amounts, '{}') as amounts, coalesce(o.billed, '{}') as billed, coalesce(o.components, '{}') as components,
       decimal_amount(o.fee_posted) as fee_posted, coalesce(lf.value, '') as fee_policy
from candidate c
-- How each line's principal moved, and whether by the bill itself: what a late fee is counted on.
cross join lateral (
  select coalesce(sum(l.amount) filter (where l.line > 0 and l.class = 1), 0)::bigint as principal,
         coalesce(sum(l.amount) filter (where l.line = 0 and l.class = 1), 0)::bigint as late_fee,
         coalesce(-sum(l.amount) filter (where l.class = 5), 0)::bigint as fee_posted,
         array_agg(j.value_date order by j.id, l.place) filter (where l.line > 0 and l.class = 1) as days,
         array_agg(l.amount order by j.id, l.place) filter (where l.line > 0 and l.class = 1) as amounts,
         array_agg(j.kind in ('bill', 'opening') order by j.id, l.place) filter (where l.line > 0 and l.class = 1)
           as billed,
         array_agg(split_part(n.code, '#', 1) order by j.id, l.place) filter (where l.line > 0 and l.class = 1)
           as components
  from journal j
  cross join lateral (
    select u.line, ledger_class(u.acct) as class, u.amount, u.place
    from unnest(j.line, j.acct, j.amount) with ordinality u (line, acct, amount, place)
  ) l
  left join bill_lines n on n.bill_id = j.bill_id and n.n = l.line
  where j.bill_id = c.bill_id and j.value_date <= $1 and j.recorded_at <= $2 and l.class in (1, 5)
  having coalesce(sum(l.amount) filter (where l.class = 1), 0) <> 0
) o
join bills b on b.id = c.bill_id
join open_items i on (i.account_id, i.bill_id) = (b.account_id, b.id)
join accounts a on a.id = b.account_id
join agreements s on s.id = b.agreement_id
join premises p on p.id = s.premise_id
left join areas ar on ar.id = p.area_id
left join attributes bk on bk.agreement_id = s.id and bk.name = 'book' and bk.superseded_at is null and bk.during @> $1::date
left join attributes uc on uc.agreement_id = s.id and uc.name = 'use_class' and uc.superseded_at is null and uc.during @> $1::date
left join attributes lf on lf.agreement_id = s.id and lf.name = 'late_fee' and lf.superseded_at is null and lf.during @> $1::date
left join books bo on bo.code = bk.value
order by a.account_no, i.due_on, b.id
