-- What is open at the end of a civil day by component, as known at an instant? As arrears.sql. $1 the day, $2 the instant
with candidate as (
  select i.bill_id from open_items i where i.open <> 0
  union
  select j.bill_id from journal j where (j.value_date > $1 or j.recorded_at > $2) and j.bill_id is not null
)
select coalesce(split_part(n.code, '#', 1), 'late_fee') as item, count(distinct o.bill_id) as bills,
       decimal_amount(sum(o.open)::bigint) as open
from (
  select j.bill_id, l.line, sum(l.amount) as open
  from candidate c
  join journal j on j.bill_id = c.bill_id and j.value_date <= $1 and j.recorded_at <= $2
  cross join lateral unnest(j.line, j.acct, j.amount) l (line, acct, amount)
  where ledger_class(l.acct) = 1
  group by 1, 2
  having sum(l.amount) <> 0
) o
left join bill_lines n on n.bill_id = o.bill_id and n.n = o.line
group by 1
order by 1
