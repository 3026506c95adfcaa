-- Bill runs; trial bills, which are drafts; issued bills, which are documents; how far registers and tier counters are billed.
create table bill_runs (
  id           bigint generated always as identity primary key,
  service      text check (service in ('water', 'heat', 'electricity')), -- null: all
  book_id      integer references books,                                   -- null: all
  period       text not null,                                              -- the label
  rules        text not null default '{}', -- the settings that it goes by, frozen
  reason       text,                     -- of a correction
  kind         text not null default 'regular' check (kind in ('regular', 'correction')),
  state        text not null check (state in ('frozen', 'review', 'approved', 'issuing', 'issued', 'aborted')),
  as_of        timestamptz not null,     -- what was recorded after this does not count
  started_by   text not null,
  started_at   timestamptz not null default now(),
  approved_by  text,
  approved_at  timestamptz,
  issued_at    timestamptz,
  posting_date date,                     -- the day that its bills carry: part of what was approved
  back_dated   text,                     -- why that day lies far back; null where it does not
  issued_by    text,                     -- who gave the step; workers carry it on in this name
  due          integer not null default 0,
  input_sha256 bytea,
  bills_sha256 bytea,                    -- over the hashes of its chunks, as approved
  cancels      bigint,                   -- of a correction: the bill that it takes back
  constraint bill_runs_correct_one check ((kind = 'correction') = (cancels is not null)),
  constraint bill_runs_four_eyes check (approved_by <> started_by)
);
-- The same key twice at once is the same run. A correction is about one bill and has no key.
create unique index bill_runs_one_open on bill_runs (service, book_id, period) nulls not distinct
  where state not in ('issued', 'aborted') and kind <> 'correction';
-- A bill is taken back once.
create unique index bill_runs_one_cancellation on bill_runs (cancels) where cancels is not null and state <> 'aborted';

-- The unit of work: about 500 agreements, claimed FOR UPDATE SKIP LOCKED.
create table bill_run_chunks (
  run_id          bigint not null references bill_runs,
  n               integer not null,
  agreement_ids   integer[] not null,
  state           text not null default 'open' check (state in ('open', 'trial', 'returned', 'issued')),
  billed          integer not null default 0,
  total           numeric not null default 0,
  bills_sha256    bytea,                 -- over its drafts: what is approved, and what issue looks for
  primary key (run_id, n)
);
create index bill_run_chunks_open on bill_run_chunks (run_id, state, n);

-- Who is due and gets no bill, with the reason. due = bills + these.
create table bill_run_exceptions (
  run_id       bigint not null references bill_runs,
  agreement_id integer not null references agreements,
  outcome      text not null check (outcome in ('parked', 'excluded')),
  reason       text not null,
  detail       text not null default '',
  primary key (run_id, agreement_id)
);

-- Which lines a bill has: their codes, units, and the ledger account that each is posted against. A few for each tariff.
create table bill_shapes (
  id       integer generated always as identity primary key,
  codes    text[] not null,
  units    text[] not null,
  accounts integer[] not null,           -- of ledger_accounts
  sha256   bytea not null constraint bill_shapes_once unique, -- over [[code, unit, account], …] as JSON
  constraint bill_shapes_even
    check (cardinality(units) = cardinality(codes) and cardinality(accounts) = cardinality(codes))
);

-- What zstd knows of bills beforehand. A bill that was packed with one needs it for as long as the bill is kept.
create table dictionaries (
  id      smallint primary key check (id > 0),
  bytes   bytea not null,
  sha256  bytea not null,
  made_at timestamptz not null default now()
);

-- Drafts and documents share their numbers: a bill has in review the number that it will be issued under. A draft that is
-- not issued leaves a gap.
create sequence bill_numbers;

-- The number that is printed on a bill: its own, with zeros in front, or the one that the old system gave it.
create function bill_no(id bigint, given text) returns text language sql immutable parallel safe
  return coalesce(given, lpad(id::text, greatest(10, length(id::text)), '0'));

-- Whether lines add up to a total, in ten-thousandths.
create function lines_add_up(amounts bigint[], total numeric) returns boolean language sql immutable parallel safe
  return coalesce((select sum(a) from unnest(amounts) a), 0) = total * 10000;

-- A trial bill: one row, nobody's document, in no ledger. In a partition of its run, which is dropped when the run is over.
-- Written once, or taken out; what stands in it is what a second person approves, by its hash.
create table bill_drafts (
  run_id       bigint not null,
  chunk        integer not null,
  id           bigint not null,          -- of bill_numbers
  agreement_id integer not null,
  account_id   integer not null,
  company_id   integer not null,
  period       text not null,
  currency     char(3) not null,
  tariff_id    integer not null,
  service_from timestamptz not null,
  service_to   timestamptz not null,
  total        numeric not null,
  due_days     smallint not null,
  review       text not null default '', -- names of the rules that want a person's eye, by comma
  book         text not null default '',
  area         text not null default '',
  use_class    text not null default '',
  shape        integer not null,
  quantities   numeric[] not null,       -- by line
  amounts      bigint[] not null,        -- by line, in ten-thousandths
  -- What the bill posts, and what one that gives back more than it takes posts besides.
  leg_lines       smallint[] not null,
  leg_accounts    integer[] not null,
  leg_amounts     bigint[] not null,
  credit_lines    smallint[] not null,
  credit_accounts integer[] not null,
  credit_amounts  bigint[] not null,
  -- Register time that it bills, and to where that was billed before ('-infinity': never).
  installations   integer[] not null,
  registers       smallint[] not null,
  billed_from     timestamptz[] not null,
  billed_to       timestamptz[] not null,
  opens           bigint[] not null,
  closes          bigint[] not null,
  qualities       smallint[] not null,
  rolled          boolean[] not null,
  before_to       timestamptz[] not null,
  -- Tier counters: what the bills before had moved them by, where they stood with what was handed over, what it moves them by.
  counters     text[] not null,
  tier_years   smallint[] not null,
  stood        numeric[] not null,
  priors       numeric[] not null,
  moved        numeric[] not null,
  content      bytea not null,           -- billing::content, packed
  dictionary   smallint,                 -- with which; null: without one
  sha256       bytea not null,           -- of the unpacked bytes
  primary key (agreement_id, run_id),
  constraint bill_drafts_number unique (id, run_id),
  constraint bill_drafts_service check (service_to > service_from),
  constraint bill_drafts_total check (scale(total) <= 4 and lines_add_up(amounts, total))
) partition by list (run_id);
create index bill_drafts_chunk on bill_drafts (run_id, chunk);

-- A bill. Inserted once, by the function that issues it (or with an opening); never changed, but that another document takes
-- it back.
create table bill_documents (
  id           bigint primary key,       -- of bill_numbers
  number       text constraint bill_documents_given_number unique, -- where the old system gave it one
  run_id       bigint,
  agreement_id integer not null,
  account_id   integer not null,
  company_id   integer not null,
  kind         text not null
    constraint bill_documents_kind check (kind in ('regular', 'supplementary', 'reversal', 'correction', 'opening')),
  period       text not null,
  sequence     smallint not null default 1,
  live         boolean not null,         -- it stands: no reversal, and none has taken it back
  service_from timestamptz not null,
  service_to   timestamptz not null,
  tariff_id    integer,
  currency     char(3) not null,
  total        numeric not null,         -- as printed, with its decimals
  issued_on    date not null,
  posted_on    date not null,            -- in a month that was open
  due_on       date not null,
  review       text not null default '',
  book         text not null default '',
  area         text not null default '',
  use_class    text not null default '',
  reverses     bigint constraint bill_documents_reversed_once unique,
  shape        integer not null,
  quantities   numeric[] not null,
  amounts      bigint[] not null,
  content      bytea not null,
  dictionary   smallint,
  sha256       bytea not null,
  constraint bill_documents_service check (service_to > service_from),
  constraint bill_documents_total check (scale(total) <= 4 and lines_add_up(amounts, total)),
  constraint bill_documents_reversal check ((kind = 'reversal') = (reverses is not null) and not (live and kind = 'reversal'))
);
create unique index bill_documents_one_live on bill_documents (period, agreement_id, kind, sequence) where live;
create index bill_documents_agreement on bill_documents (agreement_id, service_to);
create index bill_documents_account on bill_documents (account_id);
create index bill_documents_run on bill_documents (run_id) where run_id is not null;

-- To where each register is billed: the last stretch that a live bill bills. Moved by compare-and-set alone, so that no
-- register's time is billed twice. Values in millionths of the register's unit, as read.
create table register_ends (
  installation_id integer not null,
  register_id     smallint not null,
  billed_from     timestamptz not null,
  billed_to       timestamptz not null,
  open_value      bigint not null,
  close_value     bigint not null,
  close_quality   smallint not null,
  rolled          boolean not null,
  bill_id         bigint not null,
  found_to        timestamptz not null,  -- to where that bill found it billed; '-infinity': never
  primary key (installation_id, register_id),
  constraint register_ends_stretch check (billed_to > billed_from)
) with (fillfactor = 50);

-- Time before that end which no live bill bills: a bill was taken back that was not the register's last.
create table register_gaps (
  installation_id integer not null,
  register_id     smallint not null,
  during          tstzrange not null constraint register_gaps_stretch check (not isempty(during)),
  bill_id         bigint not null,       -- that was taken back
  constraint register_gaps_once exclude using gist (installation_id with =, register_id with =, during with &&)
);

-- What live bills have moved a tier counter by. Moved by compare-and-set.
create table tier_counters (
  agreement_id integer not null,
  counter      text not null,
  tier_year    smallint not null,
  value        numeric not null,
  prior        numeric not null,         -- before the last bill
  primary key (agreement_id, counter, tier_year)
) with (fillfactor = 50);

-- What issued documents come to, for reports: rows of a chunk, so that no two workers write the same one. A reversal counts
-- below zero, in chunk 0 of its run.
create table bill_facts (
  run_id     bigint not null,
  chunk      integer not null,
  month      date not null,              -- of the posting date: its first day
  company_id integer not null,
  book       text not null,
  area       text not null,
  use_class  text not null,
  item       text not null,              -- the component
  unit       text not null,
  account    integer not null,           -- the ledger account that it is posted against: whose money it is
  lines      integer not null,
  quantity   numeric not null,
  amount     bigint not null,            -- in ten-thousandths
  constraint bill_facts_one unique (run_id, chunk, month, company_id, book, area, use_class, item, unit, account)
);
create index bill_facts_month on bill_facts (month, company_id);

-- For people, reports and checkers: the documents.
create view bills as
select d.id, bill_no(d.id, d.number) as bill_no, d.run_id, d.agreement_id, d.account_id, d.company_id, d.kind, d.period, d.sequence,
       case when d.live or d.kind = 'reversal' then 'issued' else 'cancelled' end as state, d.live, d.service_from, d.service_to,
       d.tariff_id, d.currency::text as currency, d.total, d.issued_on, d.due_on, d.reverses, d.review
from bill_documents d;

-- Documents and drafts alike, for those who look at a bill before it is one.
create view bill_heads as
select d.id, bill_no(d.id, d.number) as bill_no, d.run_id, d.agreement_id, d.account_id, d.company_id, d.kind, d.period,
       case when d.live or d.kind = 'reversal' then 'issued' else 'cancelled' end as state, d.service_from, d.service_to,
       d.tariff_id, d.currency::text as currency, d.total, d.issued_on, d.due_on, d.reverses, d.review
from bill_documents d
union all
select t.id, bill_no(t.id, null), t.run_id, t.agreement_id, t.account_id, t.company_id, 'regular', t.period,
       'trial', t.service_from, t.service_to,
       t.tariff_id, t.currency::text, t.total, null, null, null, t.review
from bill_drafts t;

-- The hash over a chunk: whose bills it makes, and its drafts in order, every column that a document will have, in the binary
-- form of the protocol, which no session's time zone or format changes (the program's encoding is always UTF-8).
create function drafts_sha256(run bigint, of_chunk integer) returns bytea language sql stable
  set enable_seqscan = off set jit = off
  return sha256((select sha256(array_send(c.agreement_ids)) from bill_run_chunks c where c.run_id = run and c.n = of_chunk)
    || (select sha256(coalesce(string_agg(record_send(d), '' order by d.agreement_id), ''))
        from bill_drafts d where d.run_id = run and d.chunk = of_chunk));

-- The partition of a run's drafts: made when it starts, dropped once it is over.
create function open_drafts(run bigint) returns void language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  execute format('create table %I (like bill_drafts including defaults including constraints)', 'bill_drafts_' || run);
  execute format('alter table bill_drafts attach partition %I for values in (%s)', 'bill_drafts_' || run, run);
end $$;

-- Whoever reads drafts at that moment keeps it waiting, and it keeps everybody else: so it gives up soon, to be tried again.
create function drop_drafts(run bigint) returns void language plpgsql
  security definer set search_path = public, pg_temp set lock_timeout = '1s' as $$
begin
  if exists (select from bill_runs r where r.id = run and r.state not in ('issued', 'aborted')) then
    raise exception 'run % is not over: its drafts stay', run using errcode = 'restrict_violation';
  end if;
  execute format('drop table if exists %I', 'bill_drafts_' || run);
end $$;

-- Right after a trial there are no statistics of what was written, and plans would be made without them.
create function analyze_drafts(run bigint) returns void language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  execute format('analyze %I', 'bill_drafts_' || run);
end $$;
revoke execute on function open_drafts, drop_drafts, analyze_drafts from public;
