update readings r set value = o.value, quality = o.quality, received = date_trunc('second', now()), source = 6
from other_values o
where r.meter_id = o.meter_id and r.register_id = o.register_id and r.time = o.time
