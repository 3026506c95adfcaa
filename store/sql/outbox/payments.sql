-- What these payments are (payments_pkey): one event each. Amounts as they were given, exact, as text.
insert into outbox_events (kind, subject, payload)
select $1, p.id::text,
       jsonb_build_object('payment', p.id, 'channel', p.channel, 'channel_ref', p.channel_ref, 'line', p.line, 'kind', p.kind,
         'account', a.account_no, 'amount', p.amount::text, 'currency', p.currency, 'bill', p.bill_no, 'reverses', p.reverses,
         'paid_at', to_char(p.paid_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'by', p.recorded_by)
from payments p join accounts a on a.id = p.account_id
where p.id = any($2::bigint[])
order by p.id
