-- Which row of a derived table is not what its sources make of it? Each table is counted anew, whole, from journal, bills and
-- exceptions, and compared. At most 1,000 differences.
with legs as (
  select j.account_id, j.bill_id, j.company_id, ledger_class(l.acct) as class, l.amount
  from journal j cross join lateral unnest(j.acct, j.amount) l (acct, amount)
), owed as (
  select account_id, bill_id, decimal_amount(sum(amount)::bigint) as open
  from legs where class = 1 and bill_id is not null group by account_id, bill_id
), ahead as (
  select account_id, company_id, decimal_amount(-sum(amount)::bigint) as balance
  from legs where class = 2 group by account_id, company_id
), made as (
  select run_id, count(*) as bills, count(*) filter (where state <> 'trial') as issued
  from bills where kind <> 'reversal' and run_id is not null group by run_id
), out as (
  select run_id, count(*) as agreements from bill_run_exceptions group by run_id
), chunks as (
  select run_id, sum(billed) as billed from bill_run_chunks group by run_id
)
select * from (
  select 'open_items' as "table", concat('account ', account_id, ', bill ', bill_id) as key,
         coalesce(owed.open::text, 'none') as expected, coalesce(i.open::text, 'none') as found
  from owed full join open_items i using (account_id, bill_id)
  where owed.open is distinct from i.open
  union all
  select 'prepaid_balances', concat('account ', account_id, ', company ', company_id),
         coalesce(ahead.balance::text, 'none'), coalesce(p.balance::text, 'none')
  from ahead full join prepaid_balances p using (account_id, company_id)
  where ahead.balance is distinct from p.balance
  union all
  select 'bill_segments', concat('bill ', b.bill_no, ', segment ', s.n),
         case when b.live then 'live' else 'free' end, case when s.live then 'live' else 'free' end
  from bill_segments s join bills b on b.id = s.bill_id
  where s.live <> b.live
  union all
  select 'bill_runs', concat('run ', r.id, ' due'), (coalesce(made.bills, 0) + coalesce(out.agreements, 0))::text, r.due::text
  from bill_runs r left join made on made.run_id = r.id left join out on out.run_id = r.id
  where r.kind <> 'correction' and r.state not in ('frozen', 'aborted')
    and r.due <> coalesce(made.bills, 0) + coalesce(out.agreements, 0)
  union all
  select 'bill_run_chunks', concat('run ', r.id, ' billed'), coalesce(made.issued, 0)::text, chunks.billed::text
  from bill_runs r join chunks on chunks.run_id = r.id left join made on made.run_id = r.id
  where r.state = 'issued' and chunks.billed <> coalesce(made.issued, 0)
  union all
  select 'journal', concat('posting ', j.id), concat('bill ', j.bill_id), 'no such bill'
  from journal j where j.bill_id is not null and not exists (select from bills b where b.id = j.bill_id)
  union all
  select 'bill_inputs', concat('bill ', i.bill_id), 'a bill', 'no such bill'
  from bill_inputs i where not exists (select from bills b where b.id = i.bill_id)
) differences
order by 1, 2
limit 1000
