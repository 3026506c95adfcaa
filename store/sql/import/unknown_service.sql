-- Which rows name a service that there is not, and which was perhaps meant? Leans on agreements (service_no).
select i.row_no, 'service_no', i.service_no, 'unknown',
       (select a.service_no from agreements a
        where a.service_no like '0%' and ltrim(a.service_no, '0') = ltrim(i.service_no, '0') limit 1)
from incoming i
where not exists (select 1 from agreements a where a.service_no = i.service_no)
