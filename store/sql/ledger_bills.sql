-- The bills of accounts that are open, and others that are named; by due date and number. By the primary keys of
-- open_items and bills. $1 accounts, $2 bills besides
select o.account_id, o.bill_id, o.company_id, o.currency::text as currency, o.due_on, b.bill_no, b.agreement_id
from open_items o
join bills b on b.id = o.bill_id
where o.account_id = any($1) and (o.open <> 0 or o.bill_id = any($2))
order by o.account_id, o.due_on, o.bill_id
