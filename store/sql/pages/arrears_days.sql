-- How many bills were open at the end of a civil day, and how much of each due date? What is open now (open_items_due)
-- without what moved later (journal_days). $1 the day
with later as (
  select j.bill_id, decimal_amount(sum(l.amount)::bigint) as amount
  from journal j cross join lateral unnest(j.acct, j.amount) l (acct, amount)
  where j.value_date > $1 and j.bill_id is not null and ledger_class(l.acct) = 1
  group by 1
)
select i.due_on, count(*) as bills, sum(i.open) as open
from (
  select i.due_on, i.open from open_items i
  where i.open <> 0 and not exists (select from later l where l.bill_id = i.bill_id)
  union all
  select i.due_on, i.open - l.amount from later l join open_items i on i.bill_id = l.bill_id where i.open <> l.amount
) i
group by 1
order by 1
