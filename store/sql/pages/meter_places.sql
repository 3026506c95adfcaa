-- Where a meter has been, newest first. $1 meter, $2 zone. Leans on: installations_meter_in_one_place.
select g.service_no, lower(i.during) as installed_at, upper(i.during) as removed_at
from installations i
left join agreement_points ap on ap.meter_point_id = i.meter_point_id and ap.during @> (lower(i.during) at time zone $2)::date
left join agreements g on g.id = ap.agreement_id
where i.meter_id = $1
order by lower(i.during) desc
limit 50
