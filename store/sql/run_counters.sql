-- Where do the tier counters of these agreements stand? Movements of issued bills that still live, by counter; and what
-- the old system handed over, by the reference it came with: only a tariff says which counter that means. By
-- bill_counters_of and the primary key of bills. $1 agreements, $2 tier years
select c.agreement_id, c.counter as name, c.tier_year, sum(c.moved) as sum, false as is_opening
from bill_counters c
join bills b on b.id = c.bill_id
where c.agreement_id = any($1) and c.tier_year = any($2) and b.state = 'issued' and b.live
group by c.agreement_id, c.counter, c.tier_year
union all
select o.agreement_id, o.ref, extract(year from o.as_of)::smallint, sum(o.amount), true
from openings o
where o.agreement_id = any($1) and o.item = 'tier_counter' and extract(year from o.as_of) = any($2)
group by o.agreement_id, o.ref, extract(year from o.as_of)
