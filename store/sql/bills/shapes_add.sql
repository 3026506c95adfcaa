-- Shapes that are not there yet. $1 each as JSON: [[code, unit, account], …]
insert into bill_shapes (codes, units, accounts, sha256)
select array(select e ->> 0 from jsonb_array_elements(s.shape::jsonb) with ordinality l (e, n) order by n),
       array(select e ->> 1 from jsonb_array_elements(s.shape::jsonb) with ordinality l (e, n) order by n),
       array(select (e ->> 2)::integer from jsonb_array_elements(s.shape::jsonb) with ordinality l (e, n) order by n),
       sha256(convert_to(s.shape, 'UTF8'))
from unnest($1::text[]) s (shape)
where not exists (select from bill_shapes k where k.sha256 = sha256(convert_to(s.shape, 'UTF8')))
order by 4
on conflict (sha256) do nothing
