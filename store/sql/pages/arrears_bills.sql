-- Which bills were open at the end of a civil day, the oldest first? As arrears_days.sql; the first part stops at its limit.
-- $1 the day, $2 and $3 due from and to, $4 and $5 after this due date and bill, $6 at most
with later as (
  select j.bill_id, decimal_amount(sum(l.amount)::bigint) as amount
  from journal j cross join lateral unnest(j.acct, j.amount) l (acct, amount)
  where j.value_date > $1 and j.bill_id is not null and ledger_class(l.acct) = 1
  group by 1
)
select o.due_on, o.bill_id
from (
  (select i.due_on, i.bill_id from open_items i
   where i.open <> 0 and i.due_on >= $2 and i.due_on <= $3 and (i.due_on, i.bill_id) > ($4, $5)
     and not exists (select from later l where l.bill_id = i.bill_id)
   order by 1, 2 limit $6)
  union all
  select i.due_on, i.bill_id from later l join open_items i on i.bill_id = l.bill_id
  where i.open <> l.amount and i.due_on >= $2 and i.due_on <= $3 and (i.due_on, i.bill_id) > ($4, $5)
) o
order by 1, 2
limit $6
