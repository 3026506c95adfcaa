-- What is not settled of these accounts, line by line (0: late fee)? By transfers_account. $1 accounts
select t.account_id, t.company_id, t.currency::text, t.bill_id, b.bill_no, t.bill_line, b.due_on,
       l.payee is not null or l.payer is not null as is_agency,
       sum(case when t.debit = 'receivable' then t.amount else -t.amount end) as open
from transfers t
join bills b on b.id = t.bill_id
left join bill_lines l on l.bill_id = t.bill_id and l.n = t.bill_line
where t.account_id = any($1) and (t.debit = 'receivable' or t.credit = 'receivable')
group by 1, 2, 3, 4, 5, 6, 7, 8
having sum(case when t.debit = 'receivable' then t.amount else -t.amount end) <> 0
order by t.account_id, b.due_on, t.bill_id, t.bill_line
