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

-- Functions that read tables say `set search_path = public, pg_temp`: else a temporary table of the same name, which every role
-- may make, would stand before the real one, and a guard would look into it.

-- What was written stays, whoever asks. A refusal carries the name of its trigger, as that of a constraint does its name.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append only', tg_table_name using errcode = 'restrict_violation',
    table = tg_table_name, constraint = tg_name, hint = 'what was written stays; a later document corrects it';
end $$;

-- A table is never emptied as a whole. (TRUNCATE asks no trigger of rows.)
create procedure keep_table(variadic tables text[]) language plpgsql as $$
declare kept text;
begin
  foreach kept in array tables loop
    execute format('create trigger %I before truncate on %I for each statement execute function refuse_change()',
      kept || '_kept', kept);
  end loop;
end $$;

-- A table only grows: no row of it is changed or taken out.
create procedure append_only(variadic tables text[]) language plpgsql as $$
declare kept text;
begin
  foreach kept in array tables loop
    execute format('create trigger %I before update or delete on %I for each row execute function refuse_change()',
      kept || '_append_only', kept);
    call keep_table(kept);
  end loop;
end $$;
revoke execute on procedure keep_table, append_only from public;

create table users (
  name          text primary key check (name ~ '^[a-z][a-z0-9_.-]{0,31}$'),
  role          text not null check (role in ('clerk', 'supervisor', 'cashier', 'operator', 'auditor', 'admin')),
  password_hash text,                    -- argon2id; null: the name alone is believed, on the program's own machine
  created_at    timestamptz not null default now(),
  disabled_at   timestamptz
);

-- Sessions of people who have signed in, by the SHA-256 of a token that only they hold.
create table sessions (
  sha256     bytea primary key check (octet_length(sha256) = 32),
  user_name  text not null references users (name),
  begun_at   timestamptz not null default now(),
  ends_at    timestamptz not null,
  revoked_at timestamptz,
  constraint sessions_end_after_begin check (ends_at > begun_at)
);
create index sessions_of_user on sessions (user_name) where revoked_at is null;

-- Wrong passwords, for the bound on tries. Rows older than a day are of no use.
create table failed_sign_ins (
  id         bigint generated always as identity primary key,
  user_name  text not null,              -- as given: there may be no such user
  os_account text not null,
  at         timestamptz not null default now()
);
create index failed_sign_ins_recent on failed_sign_ins (user_name, at);

-- What was carried out under an idempotency key: the same wish again is this outcome. Kept for 30 days.
create table wishes (
  key         text primary key check (length(key) between 1 and 200),
  action      text not null,
  who         text not null,
  wish_sha256 bytea not null check (octet_length(wish_sha256) = 32),
  outcome     jsonb not null,
  at          timestamptz not null default now()
);
create index wishes_at on wishes (at);

-- One row for each change of money or master data. Never updated, never deleted. The database, not the program, says when a
-- row was written and through which login.
create table audit (
  id      bigint generated always as identity primary key,
  at      timestamptz not null default now(),
  who     text not null,                 -- a user's name, or os:ACCOUNT where no person had to sign
  os_account text,                       -- the account of the machine from which it was done
  action  text not null,                 -- '<noun>.<verb>', e.g. 'run.approve'
  subject text not null,                 -- the id or number that people know
  before  jsonb,
  after   jsonb,
  login   text not null default session_user
);
create index audit_subject on audit (subject, id);
-- Rows lie in the order of their times.
create index audit_at on audit using brin (at) with (pages_per_range = 16);

create function stamp_audit() returns trigger language plpgsql as $$
begin
  new.at := now();
  new.login := session_user;
  return new;
end $$;
create trigger audit_stamped before insert on audit for each row execute function stamp_audit();

-- One link a row of the trail: its hash holds the link before it, so that a row that was changed, taken out or put between
-- breaks every link after it. A job adds links in the order in which it finds rows committed.
create table audit_seals (
  n        bigint primary key check (n > 0),       -- without gaps
  audit_id bigint not null unique references audit,
  sha256   bytea not null check (octet_length(sha256) = 32),
  sealed_at timestamptz not null default now()
);
call append_only('audit', 'audit_seals');

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
