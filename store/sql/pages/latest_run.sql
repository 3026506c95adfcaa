-- The run that was started last, with what became of it. Leans on: bill_runs' key, bills_run.
select r.id, r.period, r.state, r.due,
       (select count(*) from bills b where b.run_id = r.id and b.live),
       (select count(*) from bill_run_exceptions e where e.run_id = r.id),
       (select to_char(coalesce(sum(b.total), 0), 'FM999999999999990.00') from bills b where b.run_id = r.id and b.live)
from bill_runs r
order by r.id desc
limit 1
