-- The run that was started last, with what became of it. Leans on: bill_runs' key; the
-- chunks of a run know their bills.
select r.id, r.period, r.state, r.due,
       (select coalesce(sum(c.billed), 0) from bill_run_chunks c where c.run_id = r.id) as billed,
       (select count(*) from bill_run_exceptions e where e.run_id = r.id) as exceptions,
       (select to_char(coalesce(sum(c.total), 0), 'FM999999999999990.00') from bill_run_chunks c where c.run_id = r.id) as total
from bill_runs r
order by r.id desc
limit 1
