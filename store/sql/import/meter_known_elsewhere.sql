-- Which rows put a known meter somewhere anew and say something else about the meter itself than is stored?
select i.row_no, d.col, d.given, 'differs', coalesce(d.stored, '')
from incoming i
join meters t using (serial)
left join meters p on p.id = t.parent_id
cross join lateral (values
  ('maker', i.maker, t.maker), ('medium', i.medium, t.medium), ('model', i.model, t.model),
  ('protocol', i.protocol, t.protocol), ('address', i.address, t.address),
  ('size_mm', i.size_mm::text, t.size_mm::text), ('parent_serial', i.parent_serial, p.serial)
) d(col, given, stored)
where d.given is distinct from d.stored and d.given is not null
  and i.row_no not in (select row_no from differing)
