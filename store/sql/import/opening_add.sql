-- New openings: the rows themselves, then the money: receivables as bills of one line, and their postings.
create temp table opened on commit drop as
select i.*, a.id as agreement_id, a.account_id, a.company_id, c.currency, coalesce(i.ref, '') as reference,
       open_day(a.company_id, i.as_of) as posting_date,
       (i.as_of::timestamp at time zone current_setting('meterline.time_zone')) as instant,
       case when i.item = 'receivable' then nextval('bill_numbers') end as bill_id
from (select * from incoming order by row_no) i
join agreements a using (service_no)
join companies c on c.id = a.company_id
where not exists (select 1 from openings t where t.agreement_id = a.id and t.item = i.item and t.ref = coalesce(i.ref, ''));

insert into openings (agreement_id, item, amount, as_of, due_on, ref)
select agreement_id, item, amount::numeric, as_of, due_on, reference from opened;

insert into bill_documents (id, number, agreement_id, account_id, company_id, kind, period, sequence, live,
                            service_from, service_to, currency, total, issued_on, posted_on, due_on, shape, quantities, amounts,
                            content, sha256)
select bill_id, 'O-' || service_no || case when reference = '' then '' else '-' || reference end,
       agreement_id, account_id, company_id, 'opening', to_char(as_of, 'YYYY-MM'),
       coalesce((select max(b.sequence) from bill_documents b where b.agreement_id = o.agreement_id and b.kind = 'opening'
                 and b.period = to_char(o.as_of, 'YYYY-MM')), 0)
         + row_number() over (partition by agreement_id, to_char(as_of, 'YYYY-MM') order by row_no),
       true, instant - interval '1 day', instant, currency, amount::numeric, as_of, posting_date, coalesce(due_on, as_of),
       (select id from bill_shapes where codes = '{opening}'), '{1}', array[(amount::numeric * 10000)::bigint],
       content, sha256(content)
from opened o
cross join lateral (select convert_to(format(E'\n{"lines":[{"code":"opening","qty":"1","unit":"1","amount":"%s"}]}',
                                             amount::numeric), 'UTF8') as content) c
where item = 'receivable';
insert into journal (kind, company_id, currency, posting_date, value_date, account_id, bill_id, due_on, line, acct,
                     amount, recorded_by)
select 'opening', company_id, currency, posting_date, as_of, account_id, bill_id,
       case item when 'receivable' then coalesce(due_on, as_of) end,
       case item when 'receivable' then array[1, 1] else array[0, 0] end,
       case item when 'receivable' then array[ledger_account('receivable'), ledger_account('opening')]
                 else array[ledger_account('opening'), ledger_account('prepaid')] end,
       array[amount::numeric * 10000, -amount::numeric * 10000], current_setting('meterline.who')
from opened where item in ('receivable', 'prepaid') and amount::numeric > 0 order by row_no
