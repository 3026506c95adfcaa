-- Running jobs after an attempt in vain: they wait for their back-off, or are failed.
update jobs j
set (state, run_after, ended_at, attempts) = (
      select case when s.ends then 'failed' else 'waiting' end,
             case when j.again then now()
                  else now() + make_interval(secs => greatest(coalesce(j.every_s, 0), least($3::integer, j.backoff_s * power(2, least(j.attempts - 1, 20))))) end,
             case when s.ends then now() end,
             case when j.again then 0 else j.attempts end
      from (select j.every_s is null and not j.again and j.attempts >= j.max_attempts) s(ends)),
    again = false, lease_owner = null, lease_until = null, error_kind = $1, error_text = $2
where j.state = 'running' and {which}
returning j.kind, j.state
