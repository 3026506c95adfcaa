-- A part of the payments of a time, newest first. $1 from, $2 to, $3 rows, $4 and $5 instant and number of the payment
-- before the part, or null. Leans on: payments_paid_at.
select p.paid_at, p.channel, p.channel_ref, a.account_no, a.name, p.kind, p.amount::text as amount, p.bill_no, p.recorded_by, p.id
from payments p join accounts a on a.id = p.account_id
where p.paid_at >= $1 and p.paid_at < $2 and ($4::timestamptz is null or (p.paid_at, p.id) < ($4, $5::bigint))
order by p.paid_at desc, p.id desc
limit $3
