-- Bill runs, bills, lines, billed segments, tier counters.
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
  constraint bill_runs_four_eyes check (approved_by <> started_by)
);
-- The same key twice at once is the same run. A correction is about one bill and has no key.
create unique index bill_runs_one_open on bill_runs (service, book_id, period) nulls not distinct
  where state not in ('issued', 'aborted') and kind <> 'correction';

-- The unit of work: about 500 agreements, claimed FOR UPDATE SKIP LOCKED.
create table bill_run_chunks (
  run_id          bigint not null references bill_runs,
  n               integer not null,
  agreement_ids   integer[] not null,
  state           text not null default 'open' check (state in ('open', 'trial', 'returned', 'issued')),
  billed          integer not null default 0,
  bills_sha256    bytea,                 -- over its trial bills: what is approved, and what issue looks for
  worker          text,
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

create table bills (
  id           bigint generated always as identity primary key,
  bill_no      text not null unique,
  run_id       bigint references bill_runs,
  agreement_id integer not null references agreements,
  account_id   integer not null references accounts,
  company_id   integer not null references companies,
  kind         text not null check (kind in ('regular', 'supplementary', 'reversal', 'correction', 'opening')),
  period       text not null,
  sequence     smallint not null default 1,
  state        text not null check (state in ('trial', 'issued', 'cancelled')),
  live         boolean not null default true, -- false once aborted or reversed
  service_from timestamptz not null,
  service_to   timestamptz not null check (service_to > service_from),
  tariff_id    integer references tariffs,
  currency     char(3) not null,
  total        numeric not null check (scale(total) <= 4), -- as printed, with its decimals
  issued_on    date,
  due_on       date,
  due_days     smallint not null default 0,
  review       text not null default '', -- names of the rules that want a person's eye, by comma
  reverses     bigint unique references bills
) with (fillfactor = 60); -- issuing updates each row once, in place
create unique index bills_one_live on bills (agreement_id, period, kind, sequence) where live;
create index bills_run on bills (run_id, agreement_id);
create index bills_account on bills (account_id);

-- What a bill was rated from, frozen: the same text gives the same bill. Apart from the bill, so that issuing
-- doesn't write it again.
create table bill_inputs (
  bill_id bigint primary key,            -- of bills; written and deleted with it
  inputs  text not null,                 -- canonical JSON
  sha256  bytea not null
);

create table bill_lines (
  bill_id bigint not null references bills on delete cascade,
  n       smallint not null,
  code    text not null,
  qty     numeric not null,
  unit    text not null,
  price   numeric,
  amount  numeric not null check (scale(amount) <= 4),
  payee   text,                          -- whose money it is, where not the company's
  payer   text,                          -- who pays it in the account's place
  primary key (bill_id, n)
);

-- No register's time is billed twice. Values in millionths of the canonical unit, as read.
create table bill_segments (
  bill_id         bigint not null references bills on delete cascade,
  n               smallint not null,
  installation_id integer not null references installations,
  register_id     smallint not null references registers,
  during          tstzrange not null check (not isempty(during)),
  open_value      bigint not null,
  close_value     bigint not null,
  open_quality    smallint not null,
  close_quality   smallint not null,
  rollover        boolean not null default false,
  live            boolean not null default true,
  primary key (bill_id, n),
  constraint bill_segments_billed_once
    exclude using gist (installation_id with =, register_id with =, during with &&) where (live)
);
-- Where the next bill opens.
create index bill_segments_last on bill_segments (installation_id, register_id, upper(during)) where live;

-- Movements of tier counters. A counter's state is the sum of its live, issued movements and its opening.
create table bill_counters (
  bill_id      bigint not null references bills on delete cascade,
  agreement_id integer not null references agreements,
  counter      text not null,
  tier_year    smallint not null,
  prior        numeric not null,
  moved        numeric not null,
  primary key (bill_id, counter, tier_year)
);
create index bill_counters_of on bill_counters (agreement_id, counter, tier_year);

-- The hash over the trial bills of these agreements in a run, in order: every column that a document will have, and all its
-- parts, in the binary form of the protocol, which no session's time zone or format changes (the program's encoding is always
-- UTF-8). By primary keys, whatever the statistics say: right after a trial there are none.
create function trial_bills_sha256(run bigint, agreements integer[]) returns bytea language sql stable
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
  with mine as materialized (
    select b.* from bills b where b.run_id = run and b.agreement_id = any(agreements) and b.state = 'trial'
  )
  select sha256(sha256(array_send(agreements))
    || (select sha256(coalesce(string_agg(record_send(m), '' order by m.id), '')) from mine m)
    || (select sha256(coalesce(string_agg(record_send(i), '' order by i.bill_id), ''))
        from mine m join bill_inputs i on i.bill_id = m.id)
    || (select sha256(coalesce(string_agg(record_send(l), '' order by l.bill_id, l.n), ''))
        from mine m join bill_lines l on l.bill_id = m.id)
    || (select sha256(coalesce(string_agg(record_send(s), '' order by s.bill_id, s.n), ''))
        from mine m join bill_segments s on s.bill_id = m.id)
    || (select sha256(coalesce(string_agg(record_send(c), '' order by c.bill_id, c.counter, c.tier_year), ''))
        from mine m join bill_counters c on c.bill_id = m.id))
$$;
