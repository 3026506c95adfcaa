-- What do the bills of a run come to? Documents, drafts, and the reversal that a correction is to make, counted, not remembered.
-- By bill_documents_run and the partition of the run. $1 run
with mine as (
  select b.total, b.amounts, true as is_issued from bill_documents b where b.run_id = $1
  union all
  select d.total, d.amounts, false from bill_drafts d where d.run_id = $1
  union all
  select -b.total, array(select -a from unnest(b.amounts) a), false
  from bill_runs r join bill_documents b on b.id = r.cancels
  where r.id = $1 and r.state in ('review', 'approved')
)
select (select due::bigint from bill_runs where id = $1) as due, count(*) as billed, coalesce(sum(total), 0) as total,
       decimal_amount(coalesce(sum((select sum(a) from unnest(amounts) a)), 0)::bigint) as lines,
       coalesce(sum(total) filter (where is_issued), 0) as issued, count(*) filter (where is_issued) as documents
from mine
