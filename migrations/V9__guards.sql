-- What must hold whoever writes: issued bills stay, with all that belongs to them. Triggers bind the owner too; what the
-- owner's DDL could do beyond that shows in `meterline bill verify`.

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
