-- Known facts with another content: superseded, and recorded anew.
create temp table corrected on commit drop as
select i.*, t.id as old_id, t.evidence as old_evidence, coalesce(i.to_on, upper(t.during)) as until
from facts i
join attributes t on t.agreement_id = i.agreement_id and t.name = i.name and lower(t.during) = i.from_on
  and t.superseded_at is null
where i.row_no in (select row_no from differing);
update attributes t set superseded_at = now() from corrected c where t.id = c.old_id;
insert into attributes (agreement_id, name, value, during, evidence, recorded_by)
select agreement_id, name, value, daterange(from_on, until), coalesce(evidence, old_evidence),
       current_setting('meterline.who')
from corrected
