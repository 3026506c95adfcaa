-- Which rows name a meter that there is not, and which was perhaps meant? Leans on meters (serial).
select i.row_no, 'serial', i.serial, 'unknown',
       (select m.serial from meters m
        where m.serial like '0%' and ltrim(m.serial, '0') = ltrim(i.serial, '0') limit 1)
from incoming i
where not exists (select 1 from meters m where m.serial = i.serial)
