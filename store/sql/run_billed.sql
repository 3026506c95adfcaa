-- To where is each of these registers billed? By primary key. $1 installations, $2 their registers
select e.installation_id, e.register_id, e.billed_from, e.billed_to, e.open_value, e.close_value, e.close_quality, e.rolled, e.bill_id
from unnest($1::integer[], $2::smallint[]) as q(installation_id, register_id)
join register_ends e on (e.installation_id, e.register_id) = (q.installation_id, q.register_id)
