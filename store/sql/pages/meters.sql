-- A page of meters. $1 serial, address, agreement or the beginning of one, or ''; $2 only silent ones; $3 rows;
-- $4 serial before the part, or null; $5 now; $6 zone. Leans on: meters_serial_key, contacts' key, installations by meter.
select m.serial, m.medium, coalesce(m.protocol, '') as protocol, coalesce(m.address, '') as address, g.service_no, p.address as place, c.last_received,
       coalesce(c.last_received < $5::timestamptz - 2 * make_interval(secs => m.expected_interval_s), i.id is not null) as silent
from meters m
left join contacts c on c.meter_id = m.id
left join installations i on i.meter_id = m.id and i.during @> $5::timestamptz
left join meter_points mp on mp.id = i.meter_point_id
left join premises p on p.id = mp.premise_id
left join agreement_points ap on ap.meter_point_id = mp.id and ap.during @> ($5::timestamptz at time zone $6)::date
left join agreements g on g.id = ap.agreement_id
where ($1 = '' or m.serial like $1 || '%' or m.address = upper($1) or g.service_no = $1)
  and (not $2 or (i.id is not null
       and coalesce(c.last_received < $5::timestamptz - 2 * make_interval(secs => m.expected_interval_s), true)))
  and ($4::text is null or m.serial > $4)
order by m.serial
limit $3
