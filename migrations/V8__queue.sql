-- What is to be done by whichever worker comes first (jobs), and what others outside are to hear of (outbox).

-- One row a job. It is claimed FOR UPDATE SKIP LOCKED and leased: a worker that is heard of no more loses it.
create table jobs (
  id           bigint generated always as identity primary key,
  kind         text not null check (kind in ('bill_trial', 'bill_issue', 'bill_pickup', 'alarm_report', 'outbox_spread', 'outbox_send', 'audit_seal', 'retention')),
  dedup_key    text not null check (length(dedup_key) <= 300), -- one job of a kind waits or runs under it
  payload      jsonb not null default '{}' check (octet_length(payload::text) <= 8192),
  priority     smallint not null,        -- the greater one goes first
  state        text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
  run_after    timestamptz not null default now(),
  every_s      integer check (every_s > 0),   -- of a schedule, which waits again after each run; null: runs once
  again        boolean not null default false, -- wished for once more while it ran
  lease_owner  text,
  lease_until  timestamptz,
  attempts     smallint not null default 0 check (attempts >= 0),
  max_attempts smallint not null check (max_attempts > 0),
  backoff_s    integer not null check (backoff_s > 0), -- before the second attempt; doubled before each further one
  error_kind   text,                     -- of the last attempt that failed
  error_text   text check (length(error_text) <= 2000),
  created_at   timestamptz not null default now(),
  started_at   timestamptz,              -- the last attempt
  ended_at     timestamptz,
  constraint jobs_leased_while_running
    check ((state = 'running') = (lease_owner is not null) and (lease_owner is null) = (lease_until is null)),
  constraint jobs_ended check ((state in ('done', 'failed')) = (ended_at is not null)),
  constraint jobs_schedule_never_ends check (every_s is null or ended_at is null)
);
create unique index jobs_one_at_a_time on jobs (kind, dedup_key) where state in ('waiting', 'running');
create index jobs_next on jobs (priority desc, run_after, id) where state = 'waiting';
create index jobs_leases on jobs (lease_until) where state = 'running';
create index jobs_ended on jobs (state, ended_at) where state in ('done', 'failed');

-- What has happened and others may want to hear, written in the transaction in which it happened.
create table outbox_events (
  id         bigint generated always as identity primary key,
  kind       text not null check (kind in ('run.issued', 'payment.recorded', 'alarm.opened', 'alarm.ended')),
  subject    text not null check (length(subject) <= 200), -- the id or number that people know
  payload    jsonb not null check (octet_length(payload::text) <= 8192),
  created_at timestamptz not null default now(),
  spread_at  timestamptz                 -- when its deliveries were written down; null: not yet
);
create index outbox_events_new on outbox_events (id) where spread_at is null;
create index outbox_events_age on outbox_events (created_at);

-- Whom the settings name. One that has answered "gone" hears no more until the settings give it another address.
create table outbox_destinations (
  name        text primary key check (length(name) <= 300),
  fingerprint bytea not null,            -- sha256 of its address
  gone_at     timestamptz
);

-- One event for one destination.
create table outbox_deliveries (
  event_id    bigint not null references outbox_events on delete cascade,
  destination text not null references outbox_destinations,
  state       text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
  attempts    smallint not null default 0,
  due_at      timestamptz not null default now(), -- it is not offered again before then
  answer      text check (length(answer) <= 500), -- the last one: a status, or what went wrong
  changed_at  timestamptz not null default now(),
  primary key (event_id, destination)
);
create index outbox_deliveries_waiting on outbox_deliveries (destination, event_id) where state = 'waiting';

-- When an event was written of an alarm's beginning, and of its end; null: not yet.
alter table alarms add column reported_at timestamptz;
alter table alarms add column end_reported_at timestamptz;
create index alarms_unreported on alarms (id) where reported_at is null;
create index alarms_end_unreported on alarms (id) where ended_at is not null and end_reported_at is null;

grant select on jobs, outbox_events, outbox_destinations, outbox_deliveries to meterline_billing, meterline_read;
grant update (reported_at, end_reported_at) on alarms to meterline_billing;
grant insert (kind, dedup_key, payload, priority, every_s, max_attempts, backoff_s), delete on jobs to meterline_billing;
grant update (payload, priority, state, run_after, every_s, again, lease_owner, lease_until, attempts, error_kind, error_text,
  started_at, ended_at) on jobs to meterline_billing;
grant insert (kind, subject, payload), delete, update (spread_at) on outbox_events to meterline_billing;
grant insert (name, fingerprint), update (fingerprint, gone_at) on outbox_destinations to meterline_billing;
grant insert (event_id, destination), update (state, attempts, due_at, answer, changed_at) on outbox_deliveries to meterline_billing;
