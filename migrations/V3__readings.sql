-- Readings and everything a frame can become: stored, duplicate, conflict, rejected.

-- value: millionths of the register's canonical unit, as a 64-bit integer: 7 bytes a row when compressed, where
-- NUMERIC takes 13. received in whole seconds for the same reason. No foreign keys: ingest resolves the meter
-- before it writes, and a check per row would halve the throughput.
create table readings (
  meter_id    integer not null,
  register_id smallint not null,
  time        timestamptz not null,
  value       bigint not null,
  received    timestamptz not null,
  quality     smallint not null,
  source      smallint not null,
  primary key (meter_id, register_id, time)
);
select create_hypertable('readings', by_range('time', interval '7 days'), create_default_indexes => false);

-- The bytes of each stored frame, so that a bill can be followed down to them. Found by meter and second of
-- receipt, which each reading carries.
create table frames (
  meter_id integer not null,
  received timestamptz not null,
  source   smallint not null,
  format   text not null,
  bytes    bytea not null
);
select create_hypertable('frames', by_range('received', interval '7 days'), create_default_indexes => false);
create index frames_meter on frames (meter_id, received);

-- Same key, other value. The stored one stays until a supervisor decides.
create table conflicts (
  id           bigint generated always as identity primary key,
  meter_id     integer not null,
  register_id  smallint not null,
  time         timestamptz not null,
  stored_value bigint not null,
  other_value  bigint not null,
  received     timestamptz not null,
  source       smallint not null,
  format       text not null,
  bytes        bytea not null,
  state        text not null default 'open' check (state in ('open', 'kept', 'replaced')),
  decided_by   text,
  decided_at   timestamptz,
  reason       text,
  constraint conflicts_one_a_value unique (meter_id, register_id, time, other_value)
);
create index conflicts_open on conflicts (meter_id, time) where state = 'open';

-- Frames of which nothing could be used.
create table rejections (
  id          bigint generated always as identity primary key,
  received    timestamptz not null,
  source      smallint not null,
  channel     text not null,             -- topic, path, peer
  format      text not null,
  address     text,
  kind        text not null,             -- an error kind of `decode`, or unknown_meter, future_time, …
  at_offset   integer not null default 0,
  message     text not null,
  bytes       bytea not null,
  sent_at     timestamptz,               -- when the concentrator took it in, where its document says so
  profile     text,                      -- what a Modbus answer needs to be read again
  start       integer check (start between 0 and 65535),
  state       text not null default 'open' check (state in ('open', 'replayed')),
  replayed_at timestamptz
);
create index rejections_open on rejections (kind, id) where state = 'open';

-- Parts of a frame that could not be used while the rest of it was stored: a record that is finer than its register
-- holds, one from before the meter was there, a second frame in the buffer that is broken. The bytes are in `frames`.
-- A meter that repeats an old value each day is refused once.
create table refusals (
  id          bigint generated always as identity primary key,
  meter_id    integer,
  register    text not null default '',
  time        timestamptz,
  kind        text not null,
  message     text not null,
  received    timestamptz not null,
  source      smallint not null,
  constraint refusals_once unique nulls not distinct (meter_id, register, time, kind)
);

-- The conservation law as a constraint. One row a writer, updated in the transaction that stores the batch.
create table frame_counts (
  node      text not null,
  writer    smallint not null,
  source    smallint not null,
  received  bigint not null default 0,
  stored    bigint not null default 0,
  duplicate bigint not null default 0,
  conflict  bigint not null default 0,
  rejected  bigint not null default 0,
  primary key (node, writer, source),
  constraint frame_counts_conserved check (received = stored + duplicate + conflict + rejected)
);

-- Receipts of frames without a device clock, by MQTT delivery: a redelivery takes the receive time of the first.
-- A packet id is used again, so a client has at most 65,535 rows. (The spool keeps the receive time itself.)
create table receipts (
  client    text not null,
  packet_id integer not null check (packet_id between 1 and 65535),
  sha256    bytea not null,
  received  timestamptz not null,
  primary key (client, packet_id)
);

-- What each ingest process says of itself, about once a second: `meterline status` reads it.
create table ingest_nodes (
  node               text primary key,
  listening_since    timestamptz not null,  -- carried over a restart that was short: silence is counted from it
  heartbeat_at       timestamptz not null,
  oldest_uncommitted timestamptz,        -- receive time; null: nothing waits
  spool_bytes        bigint not null,
  http_address       text not null
);

-- When each meter was last heard. Flushed lazily; silence is confirmed against the readings.
create table contacts (
  meter_id      integer primary key references meters,
  last_received timestamptz not null,
  last_time     timestamptz
);

create table alarms (
  id           bigint generated always as identity primary key,
  meter_id     integer references meters, -- null: of the system
  kind         text not null,           -- metering::AlarmKind
  severity     text not null check (severity in ('info', 'warning', 'critical')),
  began_at     timestamptz not null,
  ended_at     timestamptz,
  last_seen_at timestamptz not null,
  evidence     jsonb not null default '{}',
  acked_by     text,
  acked_at     timestamptz,
  constraint alarms_ended_after_began check (ended_at >= began_at),
  constraint alarms_kind_check check (kind in (
    'battery_low', 'power_low', 'valve_closed', 'valve_fault', 'tamper', 'magnetic_field', 'removed', 'reverse_flow',
    'leak', 'burst', 'empty_pipe', 'dry', 'overload', 'flow_sensor_fault', 'temperature_sensor_fault', 'frost',
    'pressure_alarm', 'temperature_alarm', 'power_failure', 'phase_loss', 'phase_reversal', 'over_voltage',
    'under_voltage', 'over_current', 'cover_open', 'relay_open', 'clock_fault', 'memory_fault', 'permanent_error',
    'temporary_error', 'alarm', 'busy', 'restart', 'signal_weak', 'silent'))
);
create unique index alarms_one_open on alarms (meter_id, kind) nulls not distinct where ended_at is null;
create index alarms_past on alarms (meter_id, kind, ended_at) where ended_at is not null;

-- Named validation rules' hits.
create table vee_hits (
  id           bigint generated always as identity primary key,
  meter_id     integer not null,
  register_id  smallint not null,
  time         timestamptz not null,
  rule         text not null,
  rule_version smallint not null,
  detail       jsonb not null,
  at           timestamptz not null default now(),
  constraint vee_hits_once unique (meter_id, register_id, time, rule, rule_version)
);

-- What was put in the place of a reading, by which decision, and what stood there before.
create table reading_replacements (
  id              bigint generated always as identity primary key,
  meter_id        integer not null,
  register_id     smallint not null,
  time            timestamptz not null,
  before_value    bigint not null,
  before_quality  smallint not null,
  before_source   smallint not null,
  before_received timestamptz not null,
  value           bigint not null,
  quality         smallint not null,
  conflict_id     bigint references conflicts,
  reason          text not null check (btrim(reason) <> ''),
  who             text not null,
  at              timestamptz not null default now()
);
create index reading_replacements_of on reading_replacements (meter_id, register_id, time);
call append_only('reading_replacements');

-- The one way in which a stored reading changes. `conflict`: the open conflict whose other value counts from now on.
create function replace_by_conflict(conflict bigint, who text, reason text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  c conflicts;
  old readings;
begin
  select * into c from conflicts x where x.id = conflict and x.state = 'open' for update;
  if not found then
    raise exception 'conflict % is not open', conflict using errcode = 'restrict_violation';
  end if;
  select * into old from readings r
  where r.meter_id = c.meter_id and r.register_id = c.register_id and r.time = c.time for update;
  if not found then
    raise exception 'conflict % is about a reading that is not there', conflict using errcode = 'restrict_violation';
  end if;
  insert into reading_replacements (meter_id, register_id, time, before_value, before_quality, before_source,
    before_received, value, quality, conflict_id, reason, who)
  values (c.meter_id, c.register_id, c.time, old.value, old.quality, old.source, old.received, c.other_value, old.quality,
    conflict, reason, who);
  update readings r set value = c.other_value, received = date_trunc('second', c.received), source = c.source
  where r.meter_id = c.meter_id and r.register_id = c.register_id and r.time = c.time;
  -- Other values for the same key are now at odds with this one.
  update conflicts o set stored_value = c.other_value
  where o.id <> conflict and o.state = 'open' and o.meter_id = c.meter_id and o.register_id = c.register_id and o.time = c.time;
end $$;

-- A correction by people: other values for stored readings, each with its reason. `source`: the door of the correction.
create function replace_by_correction(meters integer[], registers smallint[], times timestamptz[], new_values bigint[],
  qualities smallint[], source smallint, who text, reason text) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare replaced bigint;
begin
  insert into reading_replacements (meter_id, register_id, time, before_value, before_quality, before_source,
    before_received, value, quality, reason, who)
  select r.meter_id, r.register_id, r.time, r.value, r.quality, r.source, r.received, n.value, n.quality,
    replace_by_correction.reason, replace_by_correction.who
  from unnest(meters, registers, times, new_values, qualities) n (meter_id, register_id, time, value, quality)
  join readings r on r.meter_id = n.meter_id and r.register_id = n.register_id and r.time = n.time;
  update readings r set value = n.value, quality = n.quality, received = date_trunc('second', now()),
    source = replace_by_correction.source
  from unnest(meters, registers, times, new_values, qualities) n (meter_id, register_id, time, value, quality)
  where r.meter_id = n.meter_id and r.register_id = n.register_id and r.time = n.time;
  get diagnostics replaced = row_count;
  return replaced;
end $$;

revoke execute on function replace_by_conflict, replace_by_correction from public;

-- What people and dashboards look at: decimals and names.
create view reading_values as
select m.serial, g.name as register, r.time, (r.value::numeric / 1000000) as value, g.unit, r.quality, r.source,
       r.received, r.meter_id, r.register_id
from readings r
join meters m on m.id = r.meter_id
join registers g on g.id = r.register_id;
