-- What was read for a bill. Leans on: bill_segments' key.
select m.id, m.serial, r.name, r.unit, lower(s.during), upper(s.during),
       trim_scale(s.open_value::numeric / 1000000)::text, trim_scale(s.close_value::numeric / 1000000)::text,
       trim_scale(i.multiplier)::text, s.rollover
from bill_segments s
join installations i on i.id = s.installation_id
join meters m on m.id = i.meter_id
join registers r on r.id = s.register_id
where s.bill_id = $1
order by s.n
