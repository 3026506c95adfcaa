-- A part of the bills. $1 period or '', $2 number or beginning of a name or '', $3 only open ones, $4 rows, $5 the bill before
-- the part, or null.
-- Leans on: bills' key (newest first), open_items_pkey for what is open of each bill shown.
select b.bill_no, a.account_no, a.name, g.service_no, g.service, b.period, b.kind, b.state,
       to_char(b.total, 'FM999999999999990.0099'),
       to_char(coalesce(o.open, 0), 'FM999999999999990.0099'),
       b.due_on, b.id
from bills b
join accounts a on a.id = b.account_id
join agreements g on g.id = b.agreement_id
left join open_items o on (o.account_id, o.bill_id) = (b.account_id, b.id)
where ($1 = '' or b.period = $1)
  and ($2 = '' or b.bill_no = $2 or a.account_no = $2 or g.service_no = $2 or a.name like $2 || '%')
  and (not $3 or o.open > 0)
  and (b.live or b.state <> 'trial')
  and ($5::bigint is null or b.id < $5)
order by b.id desc
limit $4
