-- The rows with their agreement, and where in the file each is followed by the next of its name: a fact that does
-- not say when it ends holds until the next one begins.
create temp table facts on commit drop as
select i.*, a.id as agreement_id, a.during as agreement_during,
       min(i.row_no) over (partition by i.service_no, i.name, i.from_on) as first,
       lead(i.from_on) over (partition by i.service_no, i.name order by i.from_on, i.row_no) as next_on,
       exists (select 1 from attributes t where t.agreement_id = a.id and t.name = i.name
               and lower(t.during) = i.from_on and t.superseded_at is null) as is_known
from incoming i
join agreements a using (service_no);
analyze facts
