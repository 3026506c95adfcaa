-- How a bill becomes a document, and how another one takes it back: the only two ways, whoever writes. Register ends, tier
-- counters and facts move with them and by nothing else.

create function refuse_document_of_bill() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' and old.live and not new.live and (to_jsonb(new) - 'live') = (to_jsonb(old) - 'live')
     and exists (select from bill_documents r where r.reverses = old.id) then
    return new;
  end if;
  raise exception 'bill % is issued and cannot be changed', bill_no(old.id, old.number) using errcode = 'restrict_violation',
    table = tg_table_name, constraint = tg_name, hint = 'cancel it and issue another, or adjust it';
end $$;
create trigger bill_documents_stay before update or delete on bill_documents
  for each row execute function refuse_document_of_bill();
call keep_table('bill_documents');
call append_only('bill_shapes', 'dictionaries', 'bill_facts');

-- The foreign keys of documents, as one check a statement; and that all but openings come from the functions below. By primary
-- keys, whatever the statistics say: a scalar subquery is looked up row by row, an EXISTS may be answered by reading the table whole.
create function documents_keys_known() returns trigger language plpgsql
  set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare missing text;
begin
  if current_user <> (select relowner::regrole::text from pg_class where oid = tg_relid)
     and exists (select from new_rows where kind <> 'opening') then
    raise exception 'a bill is issued by issue_drafts or cancel_document alone' using errcode = 'insufficient_privilege';
  end if;
  select case when (select c.id from companies c where c.id = n.company_id) is null then 'company ' || n.company_id
              when (select a.id from accounts a where a.id = n.account_id) is null then 'account ' || n.account_id
              when (select a.id from agreements a where a.id = n.agreement_id) is null then 'agreement ' || n.agreement_id
              when (select s.id from bill_shapes s where s.id = n.shape) is null then 'shape ' || n.shape
              when n.run_id is not null and (select r.id from bill_runs r where r.id = n.run_id) is null then 'run ' || n.run_id
              when n.tariff_id is not null and (select t.id from tariffs t where t.id = n.tariff_id) is null
                then 'tariff ' || n.tariff_id
              when n.reverses is not null and (select b.id from bill_documents b where b.id = n.reverses) is null
                then 'bill ' || n.reverses
              else 'dictionary ' || n.dictionary end
  into missing
  from new_rows n
  where (select c.id from companies c where c.id = n.company_id) is null
     or (select a.id from accounts a where a.id = n.account_id) is null
     or (select a.id from agreements a where a.id = n.agreement_id) is null
     or (select s.id from bill_shapes s where s.id = n.shape) is null
     or (n.run_id is not null and (select r.id from bill_runs r where r.id = n.run_id) is null)
     or (n.tariff_id is not null and (select t.id from tariffs t where t.id = n.tariff_id) is null)
     or (n.reverses is not null and (select b.id from bill_documents b where b.id = n.reverses) is null)
     or (n.dictionary is not null and (select d.id from dictionaries d where d.id = n.dictionary) is null)
  limit 1;
  if found then
    raise exception 'a bill names a % that is not there', missing using errcode = 'foreign_key_violation',
      table = tg_table_name, constraint = tg_name;
  end if;
  return null;
end $$;
create trigger bill_documents_keys after insert on bill_documents referencing new table as new_rows
  for each statement execute function documents_keys_known();

-- What documents come to, by what reports ask for.
create function document_facts(ids bigint[]) returns table (month date, company_id integer, book text, area text, use_class text,
  item text, unit text, account integer, lines integer, quantity numeric, amount bigint) language sql stable
  set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
  select date_trunc('month', d.posted_on)::date, d.company_id, d.book, d.area, d.use_class, split_part(s.codes[n], '#', 1),
         s.units[n], s.accounts[n], count(*)::integer, sum(d.quantities[n]), sum(d.amounts[n])::bigint
  from bill_documents d
  join bill_shapes s on s.id = d.shape
  cross join lateral generate_subscripts(d.amounts, 1) n
  where d.id = any(ids)
  group by 1, 2, 3, 4, 5, 6, 7, 8
$$;

-- Makes documents of the drafts of a chunk, on a day, with all that moves with them; how many, and their sum. Refused for a run
-- whose issue nobody has ordered; as a clash, to be looked at again, where a register or a counter is no longer where the
-- drafts found it. By primary keys, whatever the statistics say.
create function issue_drafts(run bigint, of_chunk integer, on_day date, who text, out bills integer, out total numeric)
language plpgsql security definer set search_path = public, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  ids bigint[];
  written bigint;
  wanted_counters bigint;
  wanted_registers bigint;
begin
  if not exists (select from bill_runs r where r.id = run and r.state = 'issuing' and r.posting_date = on_day) then
    raise exception 'run % is not to be issued on %', run, on_day using errcode = 'restrict_violation';
  end if;
  select array_agg(d.id order by d.id), coalesce(sum(cardinality(d.counters)), 0), coalesce(sum(cardinality(d.installations)), 0)
  into ids, wanted_counters, wanted_registers
  from bill_drafts d where d.run_id = run and d.chunk = of_chunk;
  bills := coalesce(cardinality(ids), 0);
  total := 0;
  if bills = 0 then
    return;
  end if;

  insert into tier_counters as t (agreement_id, counter, tier_year, value, prior)
  select d.agreement_id, c.counter, c.tier_year, c.stood + c.moved, c.stood
  from bill_drafts d
  cross join lateral unnest(d.counters, d.tier_years, d.stood, d.moved) c (counter, tier_year, stood, moved)
  where d.run_id = run and d.chunk = of_chunk
    and (c.stood = 0 or (select k.agreement_id from tier_counters k where (k.agreement_id, k.counter, k.tier_year)
                                                                        = (d.agreement_id, c.counter, c.tier_year)) is not null)
  order by 1, 2, 3
  on conflict (agreement_id, counter, tier_year) do update set value = excluded.value, prior = excluded.prior
  where t.value = excluded.prior;
  get diagnostics written = row_count;
  if written <> wanted_counters then
    raise exception 'a tier counter has moved' using errcode = 'serialization_failure';
  end if;

  insert into register_ends as e (installation_id, register_id, billed_from, billed_to, open_value, close_value, close_quality,
                                  rolled, bill_id, found_to)
  select c.installation, c.register, c.billed_from, c.billed_to, c.open, c.close, c.quality, c.rolled, d.id, c.before_to
  from bill_drafts d
  cross join lateral unnest(d.installations, d.registers, d.billed_from, d.billed_to, d.opens, d.closes, d.qualities, d.rolled,
                            d.before_to)
    c (installation, register, billed_from, billed_to, open, close, quality, rolled, before_to)
  where d.run_id = run and d.chunk = of_chunk
    and (c.before_to = '-infinity' or (select k.bill_id from register_ends k where (k.installation_id, k.register_id)
                                                                                  = (c.installation, c.register)) is not null)
  order by 1, 2
  on conflict (installation_id, register_id) do update set billed_from = excluded.billed_from, billed_to = excluded.billed_to,
    open_value = excluded.open_value, close_value = excluded.close_value, close_quality = excluded.close_quality,
    rolled = excluded.rolled, bill_id = excluded.bill_id, found_to = excluded.found_to
  where e.billed_to = excluded.found_to and e.billed_to <= excluded.billed_from;
  get diagnostics written = row_count;
  if written <> wanted_registers then
    raise exception 'a register has been billed by another' using errcode = 'serialization_failure';
  end if;

  insert into bill_documents (id, run_id, agreement_id, account_id, company_id, kind, period, live, service_from, service_to,
    tariff_id, currency, total, issued_on, posted_on, due_on, review, book, area, use_class, shape, quantities, amounts, content,
    dictionary, sha256)
  select d.id, d.run_id, d.agreement_id, d.account_id, d.company_id, 'regular', d.period, true, d.service_from, d.service_to,
         d.tariff_id, d.currency, d.total, on_day, p.day, on_day + d.due_days, d.review, d.book, d.area, d.use_class, d.shape,
         d.quantities, d.amounts, d.content, d.dictionary, d.sha256
  from bill_drafts d
  join (select c.company_id, open_day(c.company_id, on_day) as day
        from (select distinct b.company_id from bill_drafts b where b.run_id = run and b.chunk = of_chunk) c) p
    on p.company_id = d.company_id
  where d.run_id = run and d.chunk = of_chunk
  order by d.id;

  insert into journal (kind, company_id, currency, posting_date, value_date, account_id, bill_id, due_on, line, acct, amount,
                       recorded_by)
  select l.kind, d.company_id, d.currency, b.posted_on, on_day, d.account_id, d.id, case l.kind when 'bill' then b.due_on end,
         l.line, l.acct, l.amount, who
  from bill_drafts d
  join bill_documents b on b.id = d.id
  cross join lateral (values ('bill', d.leg_lines, d.leg_accounts, d.leg_amounts),
                             ('settle', d.credit_lines, d.credit_accounts, d.credit_amounts)) l (kind, line, acct, amount)
  where d.run_id = run and d.chunk = of_chunk and cardinality(l.line) > 0
  order by d.id, l.kind;

  insert into bill_facts (run_id, chunk, month, company_id, book, area, use_class, item, unit, account, lines, quantity, amount)
  select run, of_chunk, f.* from document_facts(ids) f;

  -- What is a document is no draft.
  delete from bill_drafts d where d.run_id = run and d.chunk = of_chunk;
  select coalesce(sum(b.total), 0) into total from bill_documents b where b.id = any(ids);
end $$;

-- Takes a bill back by another document, on a day; whether it stood until then. `names`, `years`, `moves`: what it had moved
-- tier counters by.
create function cancel_document(bill bigint, run bigint, reversal bigint, on_day date, packed bytea, with_dictionary smallint,
  hash bytea, names text[], years smallint[], moves numeric[]) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare old bill_documents;
begin
  select * into old from bill_documents b where b.id = bill and b.live for update;
  if not found or old.kind = 'reversal' then
    return false;
  end if;
  if not exists (select from bill_runs r where r.id = run and r.cancels = bill and r.state = 'approved') then
    raise exception 'nobody has approved that bill % is taken back', bill using errcode = 'restrict_violation';
  end if;
  insert into bill_documents (id, run_id, agreement_id, account_id, company_id, kind, period, sequence, live, service_from,
    service_to, tariff_id, currency, total, issued_on, posted_on, due_on, book, area, use_class, reverses, shape, quantities,
    amounts, content, dictionary, sha256)
  values (reversal, run, old.agreement_id, old.account_id, old.company_id, 'reversal', old.period, old.sequence, false,
    old.service_from, old.service_to, old.tariff_id, old.currency, -old.total, on_day, open_day(old.company_id, on_day), on_day,
    old.book, old.area, old.use_class, bill, old.shape,
    array(select -q from unnest(old.quantities) with ordinality u (q, n) order by n),
    array(select -a from unnest(old.amounts) with ordinality u (a, n) order by n), packed, with_dictionary, hash);
  update bill_documents b set live = false where b.id = bill;
  update tier_counters t set value = t.value - m.moved, prior = t.value - m.moved
  from unnest(names, years, moves) m (counter, tier_year, moved)
  where (t.agreement_id, t.counter, t.tier_year) = (old.agreement_id, m.counter, m.tier_year);
  if old.kind <> 'opening' then
    insert into bill_facts (run_id, chunk, month, company_id, book, area, use_class, item, unit, account, lines, quantity, amount)
    select run, 0, f.* from document_facts(array[reversal]) f;
  end if;
  return true;
end $$;

-- Sets free the time of a register that a cancelled bill had billed: the end goes back to the stretch that a live bill bills
-- before it, if there is one (`back_bill`), and the gaps of the bills between go with it; before a later bill it is a gap.
create function free_register_time(bill bigint, of_installation integer, of_register smallint, freed_from timestamptz,
  freed_to timestamptz, back_bill bigint, back_from timestamptz, back_to timestamptz, back_open bigint, back_close bigint,
  back_quality smallint, back_rolled boolean) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (select from bill_documents b where b.id = bill and b.live) then
    raise exception 'bill % stands: its register time is not free', bill using errcode = 'restrict_violation';
  end if;
  if back_bill is not null and not exists (select from bill_documents b where b.id = back_bill and b.live) then
    raise exception 'bill % does not stand: no register is billed by it', back_bill using errcode = 'restrict_violation';
  end if;
  if not exists (select from register_ends e where (e.installation_id, e.register_id) = (of_installation, of_register)
                 and e.bill_id = bill) then
    insert into register_gaps values (of_installation, of_register, tstzrange(freed_from, freed_to), bill);
  elsif back_bill is null then
    delete from register_ends e where (e.installation_id, e.register_id) = (of_installation, of_register);
    delete from register_gaps g where (g.installation_id, g.register_id) = (of_installation, of_register);
  else
    update register_ends e set billed_from = back_from, billed_to = back_to, open_value = back_open, close_value = back_close,
      close_quality = back_quality, rolled = back_rolled, bill_id = back_bill, found_to = '-infinity'
    where (e.installation_id, e.register_id) = (of_installation, of_register);
    delete from register_gaps g
    where (g.installation_id, g.register_id) = (of_installation, of_register) and lower(g.during) >= back_to;
  end if;
end $$;

revoke execute on function issue_drafts, cancel_document, free_register_time from public;
grant execute on function issue_drafts, cancel_document, free_register_time to meterline_billing;
