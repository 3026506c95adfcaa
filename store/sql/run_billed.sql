-- To which index is each of these registers billed? The last live segment, by bill_segments_last.
-- $1 installations, $2 their registers
select q.installation_id, q.register_id, s.from_at, s.to_at, s.open_value, s.close_value, s.close_quality, s.rollover
from unnest($1::integer[], $2::smallint[]) as q(installation_id, register_id)
cross join lateral (
  select lower(s.during) as from_at, upper(s.during) as to_at, s.open_value, s.close_value, s.close_quality, s.rollover
  from bill_segments s
  where s.installation_id = q.installation_id and s.register_id = q.register_id and s.live
  order by upper(s.during) desc
  limit 1
) s
