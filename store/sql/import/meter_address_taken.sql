-- Which addresses are already those of another meter of the same protocol, stored or in the file?
-- Leans on meters_address.
select i.row_no, 'address', i.address, 'taken', m.serial
from incoming i
join meters m on m.protocol is not distinct from i.protocol and m.address = i.address
where m.serial <> i.serial
union all
select row_no, 'address', address, 'taken', first
from (
  select row_no, serial, address, first_value(serial) over (partition by protocol, address order by row_no) as first
  from incoming where address is not null
) r
where first <> serial
