-- Readings whose key is not taken. Source 6 is `import`.
insert into readings (meter_id, register_id, time, value, received, quality, source)
select meter_id, register_id, time, value, date_trunc('second', now()), quality, 6
from accepted
order by meter_id, register_id, time
on conflict do nothing
