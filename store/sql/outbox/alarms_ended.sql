-- Which alarms have ended, and no event reports it yet (alarms_end_unreported)? One event each, after the one of the beginning.
with alarm as (
  select a.id from alarms a
  where a.ended_at is not null and a.end_reported_at is null and a.reported_at is not null
  order by a.id limit $2 for update skip locked
), reported as (
  update alarms a set end_reported_at = now() from alarm where a.id = alarm.id
  returning a.id, a.meter_id, a.kind, a.severity, a.began_at, a.ended_at
)
insert into outbox_events (kind, subject, payload)
select $1, r.id::text,
       jsonb_build_object('alarm', r.id, 'kind', r.kind, 'severity', r.severity, 'meter', m.serial,
         'began_at', to_char(r.began_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
         'ended_at', to_char(r.ended_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
from reported r left join meters m on m.id = r.meter_id
order by r.id
