-- What is owed of these bills? $1 the day, $2 the instant, $3 the bills. The rest is arrears_of.sql.
with candidate as (select unnest($3::bigint[]) as bill_id)
