-- Where do the tier counters of these agreements stand? Movements of issued bills that still live, and what the
-- old system handed over (an opening without ref is of the counter usage). By bill_counters_of and the primary key of bills. $1 agreements, $2 tier years
select agreement_id, counter, tier_year, sum(moved)
from (
  select c.agreement_id, c.counter, c.tier_year, c.moved
  from bill_counters c
  join bills b on b.id = c.bill_id
  where c.agreement_id = any($1) and c.tier_year = any($2) and b.state = 'issued' and b.live
  union all
  select o.agreement_id, coalesce(nullif(o.ref, ''), 'usage'), extract(year from o.as_of)::smallint, o.amount
  from openings o
  where o.agreement_id = any($1) and o.item = 'tier_counter' and extract(year from o.as_of) = any($2)
) moved
group by agreement_id, counter, tier_year
