-- Which rows say something else about their meter, or about its installation, than the first row that does?
select row_no, col, given, 'disagrees', first_row::text
from (
  select i.row_no, d.col, d.given,
         min(i.row_no) over (partition by i.serial, d.per, d.col) as first_row,
         first_value(d.given) over (partition by i.serial, d.per, d.col order by i.row_no) as first
  from incoming i
  cross join lateral (values
    ('maker', null::timestamptz, i.maker), ('medium', null, i.medium), ('model', null, i.model),
    ('protocol', null, i.protocol), ('address', null, i.address), ('size_mm', null, i.size_mm::text),
    ('parent_serial', null, i.parent_serial), ('service_no', i.installed_at, i.service_no),
    ('removed_at', i.installed_at, i.removed_at::text), ('multiplier', i.installed_at, i.multiplier),
    ('point', i.installed_at, i.point::text)
  ) d(col, per, given)
  where d.given is not null
) r
where given <> first
