-- What must hold whoever writes: documents that stay, an audit trail that names its machine and time and is sealed, and
-- readings that only a named decision replaces. Triggers bind the owner too; what the owner's DDL could do beyond that shows
-- in `meterline audit verify` and `meterline bill verify`.

create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append only', tg_table_name using errcode = 'restrict_violation',
    hint = 'what was written stays; a later document corrects it';
end $$;

-- The audit trail: the database, not the program, says when a row was written and through which login.
alter table audit add column login text not null default session_user;

create function stamp_audit() returns trigger language plpgsql as $$
begin
  new.at := now();
  new.login := session_user;
  return new;
end $$;
create trigger audit_stamped before insert on audit for each row execute function stamp_audit();
create trigger audit_never_emptied before truncate on audit for each statement execute function refuse_change();

-- One link a row of the trail: its hash holds the link before it, so that a row that was changed, taken out or put between
-- breaks every link after it. A job adds links in the order in which it finds rows committed.
create table audit_seals (
  n        bigint primary key check (n > 0),       -- without gaps
  audit_id bigint not null unique references audit,
  sha256   bytea not null check (octet_length(sha256) = 32),
  sealed_at timestamptz not null default now()
);
create trigger audit_seals_append_only before update or delete on audit_seals for each row execute function refuse_change();
create trigger audit_seals_never_emptied before truncate on audit_seals for each statement execute function refuse_change();

-- Published documents: only their end may still be set.
create function refuse_document_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (to_jsonb(new) - 'during') = (to_jsonb(old) - 'during') and lower(new.during) = lower(old.during)
     and upper(old.during) is null then
    return new;
  end if;
  raise exception '% % is published and cannot be changed', tg_table_name, old.code using errcode = 'restrict_violation',
    hint = 'publish a new version';
end $$;
create trigger tariffs_stay before update or delete on tariffs for each row execute function refuse_document_change();
create trigger policies_stay before update or delete on policies for each row execute function refuse_document_change();
create trigger tariffs_never_emptied before truncate on tariffs for each statement execute function refuse_change();
create trigger policies_never_emptied before truncate on policies for each statement execute function refuse_change();

-- Bills. A trial bill is nobody's document yet; an issued one stays, with all that belongs to it. All that may still happen
-- to it is that another document cancels it, once.
create or replace function refuse_issued_change() returns trigger language plpgsql as $$
begin
  if old.state = 'trial' then
    if tg_op = 'DELETE' then
      return old;
    elsif new.state in ('trial', 'issued') then
      return new;
    end if;
  elsif tg_op = 'UPDATE' and old.state = 'issued' and new.state = 'cancelled' and not new.live
    and (to_jsonb(new) - 'state' - 'live') = (to_jsonb(old) - 'state' - 'live') then
    return new;
  end if;
  raise exception 'bill % is issued and cannot be changed', old.bill_no using errcode = 'restrict_violation',
    hint = 'cancel it and issue another, or adjust it';
end $$;

-- The parts of a bill come with it: into a trial bill, or in the transaction that issues it. By primary keys, whatever the
-- statistics say.
create function refuse_issued_parts() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare issued text;
begin
  select b.bill_no into issued
  from touched_rows t join bills b on b.id = t.bill_id
  where b.state = 'cancelled'
     or (b.state = 'issued' and (tg_op <> 'INSERT' or b.xmin <> pg_current_xact_id()::xid))
  limit 1;
  if found then
    raise exception 'bill % is issued: its % cannot be changed', issued, tg_table_name using errcode = 'restrict_violation',
      hint = 'cancel it and issue another, or adjust it';
  end if;
  return null;
end $$;

-- A cancelled bill gives its register time back, and nothing else of a segment changes.
create function refuse_segment_change() returns trigger language plpgsql as $$
begin
  if exists (
    select from old_rows o join new_rows n using (bill_id, n)
    where (to_jsonb(n.*) - 'live') = (to_jsonb(o.*) - 'live') and o.live and not n.live
    having count(*) = (select count(*) from old_rows)
  ) and not exists (select from old_rows o join bills b on b.id = o.bill_id where b.state <> 'cancelled') then
    return null;
  end if;
  if not exists (select from old_rows) then
    return null;
  end if;
  raise exception 'the segments of an issued bill cannot be changed' using errcode = 'restrict_violation',
    hint = 'cancel the bill and issue another';
end $$;

create trigger bill_lines_come_with_it after insert on bill_lines referencing new table as touched_rows
  for each statement execute function refuse_issued_parts();
create trigger bill_lines_stay after update on bill_lines referencing old table as touched_rows
  for each statement execute function refuse_issued_parts();
create trigger bill_lines_remain after delete on bill_lines referencing old table as touched_rows
  for each statement execute function refuse_issued_parts();
create trigger bill_inputs_come_with_it after insert on bill_inputs referencing new table as touched_rows
  for each statement execute function refuse_issued_parts();
create trigger bill_inputs_stay after update on bill_inputs referencing old table as touched_rows
  for each statement execute function refuse_issued_parts();
create trigger bill_inputs_remain after delete on bill_inputs referencing old table as touched_rows
  for each statement execute function refuse_issued_parts();
create trigger bill_counters_come_with_it after insert on bill_counters referencing new table as touched_rows
  for each statement execute function refuse_issued_parts();
create trigger bill_counters_stay after update on bill_counters referencing old table as touched_rows
  for each statement execute function refuse_issued_parts();
create trigger bill_counters_remain after delete on bill_counters referencing old table as touched_rows
  for each statement execute function refuse_issued_parts();
create trigger bill_segments_come_with_it after insert on bill_segments referencing new table as touched_rows
  for each statement execute function refuse_issued_parts();
create trigger bill_segments_stay after update on bill_segments referencing old table as old_rows new table as new_rows
  for each statement execute function refuse_segment_change();
create trigger bill_segments_remain after delete on bill_segments referencing old table as touched_rows
  for each statement execute function refuse_issued_parts();
create trigger bills_kept before truncate on bills for each statement execute function refuse_change();
create trigger bill_lines_kept before truncate on bill_lines for each statement execute function refuse_change();
create trigger bill_inputs_kept before truncate on bill_inputs for each statement execute function refuse_change();
create trigger bill_counters_kept before truncate on bill_counters for each statement execute function refuse_change();
create trigger bill_segments_kept before truncate on bill_segments for each statement execute function refuse_change();

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
create trigger reading_replacements_append_only before update or delete on reading_replacements
  for each row execute function refuse_change();
create trigger reading_replacements_never_emptied before truncate on reading_replacements
  for each statement execute function refuse_change();

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
grant execute on function replace_by_conflict, replace_by_correction to meterline_billing;

grant select, insert on audit_seals to meterline_billing;
grant select on reading_replacements to meterline_billing;
grant select on audit_seals, reading_replacements to meterline_read;
