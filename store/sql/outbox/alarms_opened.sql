-- Which alarms does no event report yet (alarms_unreported)? One event each.
with alarm as (
  select a.id from alarms a where a.reported_at is null order by a.id limit $2 for update skip locked
), reported as (
  update alarms a set reported_at = now() from alarm where a.id = alarm.id
  returning a.id, a.meter_id, a.kind, a.severity, a.began_at
)
insert into outbox_events (kind, subject, payload)
select $1, r.id::text,
       jsonb_build_object('alarm', r.id, 'kind', r.kind, 'severity', r.severity, 'meter', m.serial,
         'began_at', to_char(r.began_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
from reported r left join meters m on m.id = r.meter_id
order by r.id
