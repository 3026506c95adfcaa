-- Which agreements are due in a run? Into chunks of $7 by agreement, for workers to claim.
-- A book is that of the last day of the period; its cycle says from which day the period is. Without a book an
-- agreement is billed as a monthly one. Reads agreements and their book facts once, whole: hash joins.
-- $1 run, $2 service or null, $3 book or null, $4 cycles, $5 their first days, $6 the day after the last
with cycles as (
  select * from unnest($4::text[], $5::date[]) as c(cycle, first_day)
), due as (
  select a.id, row_number() over (order by b.id nulls last, a.id) - 1 as place
  from agreements a
  left join attributes t on t.agreement_id = a.id and t.name = 'book' and t.superseded_at is null
    and t.during @> least($6::date, coalesce(upper(a.during), $6::date)) - 1
  left join books b on b.code = t.value
  join cycles c on c.cycle = coalesce(b.cycle, 'monthly')
  where a.during && daterange(c.first_day, $6::date)
    and ($2::text is null or a.service = $2)
    and ($3::integer is null or b.id = $3)
)
insert into bill_run_chunks (run_id, n, agreement_ids)
select $1, place / $7, array_agg(id order by id) from due group by 2
