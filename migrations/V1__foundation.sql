-- Extensions, roles, users, audit. Everything needs the Apache edition of TimescaleDB only.
create extension if not exists timescaledb;
create extension if not exists btree_gist;

-- Least privilege: the program connects as a member of these and does SET ROLE. They own nothing.
--   meterline_ingest   stores readings, rejections, conflicts, counts, alarms; sees master data; no money
--   meterline_billing  bills, ledger, payments, master data; reads readings, never changes one
--   meterline_read     dashboards and the console's pages: reads all but passwords
do $$
declare role_name text;
begin
  foreach role_name in array array['meterline_ingest', 'meterline_billing', 'meterline_read'] loop
    begin
      execute format('create role %I nologin', role_name);
    exception when duplicate_object or unique_violation then null; -- another database of this cluster made it
    end;
  end loop;
end $$;

create table users (
  name          text primary key check (name ~ '^[a-z][a-z0-9_.-]{0,31}$'),
  role          text not null check (role in ('clerk', 'supervisor', 'cashier', 'operator', 'auditor', 'admin')),
  password_hash text,                    -- argon2id; null: command line only
  created_at    timestamptz not null default now(),
  disabled_at   timestamptz
);

-- One row for each change of money or master data. Never updated, never deleted.
create table audit (
  id      bigint generated always as identity primary key,
  at      timestamptz not null default now(),
  who     text not null,
  action  text not null,                 -- '<noun>.<verb>', e.g. 'run.approve'
  subject text not null,                 -- the id or number that people know
  before  jsonb,
  after   jsonb
);
create index audit_subject on audit (subject, id);

-- What has been imported: the same file again is recognised by its hash.
create table imports (
  id        bigint generated always as identity primary key,
  kind      text not null,
  file_name text not null,
  sha256    bytea not null,
  rows      integer not null,
  at        timestamptz not null default now(),
  who       text not null
);
