-- Which events are new (outbox_events_new), and who is to hear of each?
with event as (
  select id, kind from outbox_events where spread_at is null order by id limit $3 for update skip locked
), spread as (
  update outbox_events e set spread_at = now() from event where e.id = event.id
), delivery as (
  insert into outbox_deliveries (event_id, destination)
  select event.id, t.name
  from event
  join unnest($1::text[], $2::text[]) t(name, kind) on t.kind = event.kind
  join outbox_destinations d on d.name = t.name and d.gone_at is null
  on conflict do nothing
  returning destination
)
select (select count(*) from event) as events, array(select distinct destination from delivery order by 1) as destinations
