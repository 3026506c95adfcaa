-- A job for a wish: a new one, or the one that waits or runs under its key (jobs_one_at_a_time).
with job as (
  insert into jobs (kind, dedup_key, payload, priority, every_s, max_attempts, backoff_s)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (kind, dedup_key) where state in ('waiting', 'running')
    do update set again = jobs.state = 'running'
  returning id, xmax = 0 as is_new
)
select id, is_new, pg_notify($8, '') from job
