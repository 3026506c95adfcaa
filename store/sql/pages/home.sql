-- The numbers of the console's first page. $1 first instant of the month, $2 that of the next, $3 today.
-- Leans on: contacts (one row a meter), open_items_due, alarms_one_open, rejections_open, conflicts_open.
with in_place as (
  select distinct i.meter_id from installations i where i.during && tstzrange($1, null)
),
open_bills as (
  select due_on, open from open_items where open <> 0
)
select
  (select count(*) from in_place) as meters,
  (select count(*) from in_place p join contacts c using (meter_id) where c.last_received >= $1 or c.last_time >= $1) as heard,
  (select to_char(coalesce(sum(o.open), 0), 'FM999999999999990.00') from open_bills o) as receivable,
  (select to_char(coalesce(sum(o.open), 0), 'FM999999999999990.00')
     from open_bills o where o.due_on < $3 and o.open > 0) as overdue,
  (select to_char(coalesce(sum(case when p.kind in ('pay', 'deposit') then p.amount else -p.amount end), 0), 'FM999999999999990.00')
     from payments p where p.paid_at >= $1 and p.paid_at < $2) as received,
  (select count(*) from alarms where ended_at is null) as alarms,
  (select count(*) from alarms where ended_at is null and severity = 'critical') as critical,
  (select count(*) from rejections where state = 'open') as rejections,
  (select count(*) from conflicts where state = 'open') as conflicts
