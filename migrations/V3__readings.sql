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
  unique (meter_id, register_id, time, other_value)
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
  unique nulls not distinct (meter_id, register, time, kind)
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
  kind         text not null,
  severity     text not null check (severity in ('info', 'warning', 'critical')),
  began_at     timestamptz not null,
  ended_at     timestamptz check (ended_at >= began_at),
  last_seen_at timestamptz not null,
  evidence     jsonb not null default '{}',
  acked_by     text,
  acked_at     timestamptz
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
  unique (meter_id, register_id, time, rule, rule_version)
);

-- What people and dashboards look at: decimals and names.
create view reading_values as
select m.serial, g.name as register, r.time, (r.value::numeric / 1000000) as value, g.unit, r.quality, r.source,
       r.received, r.meter_id, r.register_id
from readings r
join meters m on m.id = r.meter_id
join registers g on g.id = r.register_id;
