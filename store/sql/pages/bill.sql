-- One bill, document or draft, with what is open of it. Leans on: the key of bill_documents, bill_drafts_number, open_items_pkey.
-- $1 its number here
select b.id, b.bill_no, a.account_no, a.name, g.service_no, g.service, b.period, b.kind, b.state,
       to_char(b.total, 'FM999999999999990.0099') as total,
       to_char(coalesce(o.open, 0), 'FM999999999999990.0099') as open,
       b.due_on, p.address, b.service_from, b.service_to, b.issued_on, b.currency, coalesce(t.code, '') as tariff
from bill_heads b
join accounts a on a.id = b.account_id
join agreements g on g.id = b.agreement_id
join premises p on p.id = g.premise_id
left join tariffs t on t.id = b.tariff_id
left join open_items o on (o.account_id, o.bill_id) = (b.account_id, b.id)
where b.id = $1
