-- Which new facts begin before a stored one of the same name, or inside one that says when it ends?
-- Leans on attributes_one_value_a_day.
select f.row_no, 'from', f.from_on::text,
       case when lower(t.during) > f.from_on then 'backwards' else 'overlaps' end,
       t.value || ' ' || t.during
from facts f
join lateral (
  select t.value, t.during from attributes t
  where t.agreement_id = f.agreement_id and t.name = f.name and t.superseded_at is null
    and (lower(t.during) > f.from_on or (lower(t.during) < f.from_on and upper(t.during) > f.from_on))
  order by lower(t.during) desc limit 1
) t on true
where not f.is_known
