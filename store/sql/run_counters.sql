-- Where do the tier counters of these agreements stand? What live bills have moved them by, by primary key; and what the old
-- system handed over, by the reference it came with: only a tariff says which counter that means. $1 agreements, $2 tier years
select t.agreement_id, t.counter as name, t.tier_year, t.value as sum, false as is_opening
from tier_counters t
where t.agreement_id = any($1) and t.tier_year = any($2)
union all
select o.agreement_id, o.ref, extract(year from o.as_of)::smallint, sum(o.amount), true
from openings o
where o.agreement_id = any($1) and o.item = 'tier_counter' and extract(year from o.as_of) = any($2)
group by o.agreement_id, o.ref, extract(year from o.as_of)
