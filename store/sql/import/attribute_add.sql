-- The open fact that a new one follows ends where the first new one begins; then the new ones.
create temp table followed on commit drop as
select t.id, t.agreement_id, t.name, t.value, t.evidence, lower(t.during) as from_on, f.first_on
from (select agreement_id, name, min(from_on) as first_on from facts where not is_known group by 1, 2) f
join attributes t on t.agreement_id = f.agreement_id and t.name = f.name and t.superseded_at is null
where lower(t.during) < f.first_on and upper(t.during) is null;
update attributes t set superseded_at = now() from followed f where t.id = f.id;
insert into attributes (agreement_id, name, value, during, evidence, recorded_by)
select agreement_id, name, value, daterange(from_on, first_on), evidence, current_setting('meterline.who')
from followed;
insert into attributes (agreement_id, name, value, during, evidence, recorded_by)
select agreement_id, name, value, daterange(from_on, coalesce(to_on, next_on)), evidence, current_setting('meterline.who')
from facts where not is_known order by row_no
