-- A job came out: it is done, or waits for its next time.
update jobs
set state = case when again or every_s is not null then 'waiting' else 'done' end,
    run_after = case when again then now()
                     when every_s is not null then now() + make_interval(secs => every_s)
                     else run_after end,
    ended_at = case when again or every_s is not null then null else now() end,
    attempts = case when again or every_s is not null then 0 else attempts end,
    again = false, lease_owner = null, lease_until = null, error_kind = null, error_text = null
where id = $1 and lease_owner = $2 and state = 'running'
