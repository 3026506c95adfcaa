-- A schedule stands, with today's interval; unchanged rows are not written again.
insert into jobs (kind, dedup_key, priority, every_s, max_attempts, backoff_s) values ($1, '', $2, $3, $4, $5)
on conflict (kind, dedup_key) where state in ('waiting', 'running')
  do update set priority = excluded.priority, every_s = excluded.every_s
  where (jobs.priority, jobs.every_s) is distinct from (excluded.priority, excluded.every_s)
