-- One bill by its number, with what is open of it. Leans on: bills_bill_no_key, open_items_pkey.
select b.id, b.bill_no, a.account_no, a.name, g.service_no, g.service, b.period, b.kind, b.state,
       to_char(b.total, 'FM999999999999990.0099'),
       to_char(coalesce(o.open, 0), 'FM999999999999990.0099'),
       b.due_on, p.address, b.service_from, b.service_to, b.issued_on, b.currency::text, coalesce(t.code, '')
from bills b
join accounts a on a.id = b.account_id
join agreements g on g.id = b.agreement_id
join premises p on p.id = g.premise_id
left join tariffs t on t.id = b.tariff_id
left join open_items o on (o.account_id, o.bill_id) = (b.account_id, b.id)
where b.bill_no = $1
