-- Which row of a derived table is not what its sources make of it? Each table is counted anew, whole, from journal, documents and
-- exceptions, and compared. At most 1,000 differences. Register ends, gaps and tier counters are made of what documents hold,
-- packed: the program counts them.
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
  select run_id, count(*) as bills, count(*) filter (where state <> 'trial') as issued, sum(total) as total,
         sum(total) filter (where state <> 'trial') as issued_total
  from bill_heads where kind <> 'reversal' and run_id is not null group by run_id
), out as (
  select run_id, count(*) as agreements from bill_run_exceptions group by run_id
), chunks as (
  select run_id, sum(billed) as billed, sum(total) as total from bill_run_chunks group by run_id
), billed as (
  select d.run_id, date_trunc('month', d.posted_on)::date as month, d.company_id, d.book, d.area, d.use_class,
         split_part(s.codes[n], '#', 1) as item, s.units[n] as unit, s.accounts[n] as account, count(*) as lines,
         sum(d.quantities[n]) as quantity, sum(d.amounts[n]) as amount
  from bill_documents d
  join bill_shapes s on s.id = d.shape
  left join bill_documents o on o.id = d.reverses
  cross join lateral generate_subscripts(d.amounts, 1) n
  where d.run_id is not null and coalesce(o.kind, d.kind) <> 'opening'
  group by 1, 2, 3, 4, 5, 6, 7, 8, 9
), facts as (
  select run_id, month, company_id, book, area, use_class, item, unit, account, sum(lines) as lines, sum(quantity) as quantity,
         sum(amount) as amount
  from bill_facts group by 1, 2, 3, 4, 5, 6, 7, 8, 9
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
  select 'bill_runs', concat('run ', r.id, ' due'), (coalesce(made.bills, 0) + coalesce(out.agreements, 0))::text, r.due::text
  from bill_runs r left join made on made.run_id = r.id left join out on out.run_id = r.id
  where r.kind <> 'correction' and r.state not in ('frozen', 'aborted')
    and r.due <> coalesce(made.bills, 0) + coalesce(out.agreements, 0)
  union all
  select 'bill_run_chunks', concat('run ', r.id, ' billed'), concat_ws(' ', coalesce(made.issued, 0), coalesce(made.issued_total, 0)),
         concat_ws(' ', chunks.billed, chunks.total)
  from bill_runs r join chunks on chunks.run_id = r.id left join made on made.run_id = r.id
  where r.state = 'issued'
    and (chunks.billed <> coalesce(made.issued, 0) or chunks.total <> coalesce(made.issued_total, 0))
  union all
  select 'bill_facts', concat_ws(', ', concat('run ', run_id), to_char(month, 'YYYY-MM'), item, nullif(book, ''),
                                 nullif(area, ''), nullif(use_class, ''), concat('ledger account ', account)),
         coalesce(concat_ws(' ', billed.lines, billed.quantity, decimal_amount(billed.amount::bigint)), 'none'),
         coalesce(concat_ws(' ', facts.lines, facts.quantity, decimal_amount(facts.amount::bigint)), 'none')
  from billed full join facts using (run_id, month, company_id, book, area, use_class, item, unit, account)
  where (billed.lines, billed.quantity, billed.amount) is distinct from (facts.lines, facts.quantity, facts.amount)
  union all
  select 'journal', concat('posting ', j.id), concat('bill ', j.bill_id), 'no such bill'
  from journal j where j.bill_id is not null and not exists (select from bill_documents b where b.id = j.bill_id)
  union all
  select 'bill_documents', concat('bill ', b.id), 'a draft or a document', 'both'
  from bill_documents b join bill_drafts d on d.id = b.id
  union all
  select 'bill_documents', concat('bill ', b.id), case when b.reversed then 'taken back' else 'stands' end,
         case when b.live then 'stands' else 'taken back' end
  from (select d.id, d.live, exists (select from bill_documents r where r.reverses = d.id) as reversed
        from bill_documents d where d.kind <> 'reversal') b
  where b.live = b.reversed
  union all
  select 'bill_documents', concat('bill ', b.id), k.what, 'not there'
  from bill_documents b
  cross join lateral (
    select 'account ' || b.account_id as what where not exists (select from accounts where id = b.account_id)
    union all
    select 'agreement ' || b.agreement_id where not exists (select from agreements where id = b.agreement_id)
    union all
    select 'company ' || b.company_id where not exists (select from companies where id = b.company_id)
    union all
    select 'dictionary ' || b.dictionary
    where b.dictionary is not null and not exists (select from dictionaries where id = b.dictionary)
  ) k
) differences
order by 1, 2
limit 1000
