-- A part of the documents. $1 period or '', $2 number or beginning of a name or '', $3 only open ones, $4 rows, $5 the bill before
-- the part, or null.
-- Leans on: the key of bill_documents (newest first), open_items_pkey for what is open of each bill shown.
select b.id, b.bill_no, a.account_no, a.name, g.service_no, g.service, b.period, b.kind, b.state,
       to_char(b.total, 'FM999999999999990.0099') as total,
       to_char(coalesce(o.open, 0), 'FM999999999999990.0099') as open, b.due_on
from bills b
join accounts a on a.id = b.account_id
join agreements g on g.id = b.agreement_id
left join open_items o on (o.account_id, o.bill_id) = (b.account_id, b.id)
where ($1 = '' or b.period = $1)
  and ($2 = '' or b.bill_no = $2 or a.account_no = $2 or g.service_no = $2 or a.name like $2 || '%')
  and (not $3 or o.open > 0)
  and ($5::bigint is null or b.id < $5)
order by b.id desc
limit $4
