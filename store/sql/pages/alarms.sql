-- A page of alarms. $1 those that have ended, $2 rows, $3 offset. Leans on: alarms_one_open for the open ones.
select a.id, m.serial, a.kind, a.severity, a.began_at, a.ended_at, a.acked_by
from alarms a
left join meters m on m.id = a.meter_id
where (a.ended_at is not null) = $1
order by array_position(array['critical', 'warning', 'info'], a.severity), a.began_at desc, a.id
limit $2 offset $3
