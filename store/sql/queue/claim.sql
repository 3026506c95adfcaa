-- The next job of these kinds whose time has come, for this worker (jobs_next).
with next as (
  select id from jobs
  where state = 'waiting' and run_after <= now() and kind = any($2)
  order by priority desc, run_after, id
  limit 1
  for update skip locked
)
update jobs j
set state = 'running', lease_owner = $1, lease_until = now() + make_interval(secs => $3),
    attempts = attempts + 1, started_at = now()
from next where j.id = next.id
returning j.id, j.kind, j.payload, j.attempts, j.every_s
