-- Which drafts of a chunk can no longer be issued? Those whose registers are billed to elsewhere than they found, and those whose
-- bill stands already. By primary keys and bill_documents_one_live, row by row: an EXISTS may be answered by reading the table
-- whole. $1 run, $2 chunk
select d.agreement_id
from bill_drafts d
where d.run_id = $1 and d.chunk = $2
  and ((select b.id from bill_documents b
        where b.period = d.period and b.agreement_id = d.agreement_id and b.kind = 'regular' and b.sequence = 1 and b.live) is not null
       or (select count(*)
           from unnest(d.installations, d.registers, d.before_to) c (installation, register, before_to)
           where coalesce((select e.billed_to from register_ends e
                           where (e.installation_id, e.register_id) = (c.installation, c.register)), '-infinity') <> c.before_to) > 0)
