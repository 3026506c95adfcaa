-- What is owed at the end of a civil day, as known at an instant, bill by bill? A bill can be open then only if it is open
-- now (open_items), or if something moved it later (journal_days); of those, the journal by journal_bill, the rest by
-- primary keys. $1 the day, $2 the instant, $3 one account or null for all
with candidate as (
  select i.bill_id from open_items i where i.open <> 0 and ($3::integer is null or i.account_id = $3)
  union
  select j.bill_id from journal j
  where (j.value_date > $1 or j.recorded_at > $2) and j.bill_id is not null and ($3::integer is null or j.account_id = $3)
)
