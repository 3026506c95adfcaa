-- Each line of these bills into the ledger, as billing::ledger::post_line says (a test holds the two together):
-- the account owes it to the company, or to the payee it is collected for; what a third party pays, that party owes.
-- By the primary keys of bills and bill_lines. $1 bills, $2 posting and value date, $3 who
insert into transfers (company_id, currency, posting_date, value_date, debit, credit, amount, account_id, bill_id,
                       bill_line, recorded_by)
select b.company_id, b.currency, $2, $2,
       case when l.amount > 0 then 'receivable' else e.earned end,
       case when l.amount > 0 then e.earned else 'receivable' end,
       abs(l.amount), b.account_id, b.id, l.n, $3
from bills b
join bill_lines l on l.bill_id = b.id
cross join lateral (
  select case when l.payer is not null then 'subsidy:' || l.payer
              when l.payee is not null then 'agency:' || l.payee
              else 'income' end as earned
) e
where b.id = any($1) and l.amount <> 0
order by b.id, l.n
