-- Money: payments, and a double-entry journal, append only.
create table payments (
  id          bigint generated always as identity primary key,
  channel     text not null,
  channel_ref text not null,
  line        smallint not null default 1,
  account_id  integer not null references accounts,
  company_id  integer not null references companies,
  kind        text not null check (kind in ('pay', 'deposit', 'refund', 'reversal')),
  amount      numeric not null check (amount > 0 and scale(amount) <= 4),
  currency    char(3) not null,
  paid_at     timestamptz not null,
  reverses    bigint unique references payments,
  bill_no     text,
  tender      text,
  cashier     text,
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  constraint payments_once unique (channel, channel_ref, line)
);
create index payments_account on payments (account_id, paid_at);
create index payments_paid_at on payments (paid_at);

-- The ledger accounts: `receivable`, `agency:sewage`. The number is the class times 10,000 (billing::ledger::AccountClass)
-- and a number inside the class, 0 where the class is one account: so the class of a leg needs no look-up.
create function ledger_class(acct integer) returns integer language sql immutable strict parallel safe
  return acct / 10000;
create table ledger_accounts (
  id   integer primary key,
  name text not null unique,
  constraint ledger_accounts_class check (
    split_part(name, ':', 1) = (array['receivable', 'prepaid', 'income', 'agency', 'late_fee', 'bank', 'opening',
                                      'subsidy', 'write_off'])[ledger_class(id)]
    and (id % 10000 > 0) = (name like '%:_%'))
);
insert into ledger_accounts values
  (10000, 'receivable'), (20000, 'prepaid'), (30000, 'income'), (50000, 'late_fee'), (70000, 'opening'),
  (90000, 'write_off');

-- The number of a ledger account; one that has a name of its own (`agency:`, `bank:`, `subsidy:`) is added on demand.
create function ledger_account(of_name text) returns integer language plpgsql
  security definer set search_path = public, pg_temp as $$
declare known integer;
begin
  select id into known from ledger_accounts where name = of_name;
  if known is null then
    lock table ledger_accounts in share row exclusive mode;
    select id into known from ledger_accounts where name = of_name;
  end if;
  if known is null then
    insert into ledger_accounts (id, name)
    select c.class * 10000 + coalesce(max(a.id) % 10000, 0) + 1, of_name
    from (values ('agency', 4), ('bank', 6), ('subsidy', 8)) c (name, class)
    left join ledger_accounts a on ledger_class(a.id) = c.class
    where c.name = split_part(of_name, ':', 1) and of_name like '%:_%'
    group by c.class
    returning id into known;
  end if;
  if known is null then
    raise exception 'unknown ledger account %', of_name using errcode = 'check_violation';
  end if;
  return known;
end $$;
revoke execute on function ledger_account from public;

-- Which account a posting of a kind may debit, and which credit. Equal to billing::ledger::LAWFUL, by a test.
create function lawful_pair(kind text, debit integer, credit integer) returns boolean
  language sql immutable strict parallel safe
  return case kind
    when 'bill'       then (debit = 1 and credit in (3, 4, 8)) or (debit in (3, 4, 8) and credit = 1)
    when 'opening'    then (debit = 1 and credit = 7) or (debit = 7 and credit = 2)
    when 'payment'    then debit = 6 and credit in (1, 2)
    when 'deposit'    then debit = 6 and credit = 2
    when 'refund'     then debit = 2 and credit = 6
    when 'reversal'   then (debit in (1, 2) and credit = 6) or (debit = 5 and credit = 1) or (debit = 6 and credit = 2)
    when 'late_fee'   then debit = 1 and credit = 5
    when 'settle'     then (debit = 2 and credit = 1) or (debit = 1 and credit = 2)
    when 'cancel'     then (debit in (2, 3, 4, 5, 7, 8) and credit = 1) or (debit = 1 and credit in (2, 3, 4, 8, 9))
    when 'write_off'  then debit = 9 and credit = 1
    else false
  end;

-- Legs come in pairs on one line: a debit above zero, then its credit of the same size. So they add up to zero.
create function legs_balance(line smallint[], acct integer[], amount bigint[]) returns boolean
  language plpgsql immutable strict parallel safe as $$
begin
  if cardinality(amount) = 0 or cardinality(amount) % 2 <> 0
     or cardinality(line) <> cardinality(amount) or cardinality(acct) <> cardinality(amount) then
    return false;
  end if;
  for n in 1 .. cardinality(amount) by 2 loop
    if (amount[n] > 0 and amount[n + 1] = -amount[n] and line[n] = line[n + 1]) is not true then
      return false;
    end if;
  end loop;
  return true;
end $$;

create function legs_lawful(kind text, acct integer[]) returns boolean
  language plpgsql immutable strict parallel safe as $$
begin
  for n in 1 .. cardinality(acct) by 2 loop
    if lawful_pair(kind, ledger_class(acct[n]), ledger_class(acct[n + 1])) is not true then
      return false;
    end if;
  end loop;
  return true;
end $$;

-- A row is a posting: what a deed moves at once, all of it for one bill or for none. Amounts in ten-thousandths of the
-- currency. What a receivable is owed for stands in bill_id and the leg's line (0: its late fee), whose it is in account_id.
create table journal (
  id           bigint generated by default as identity primary key,
  kind         text not null check (kind in ('bill', 'opening', 'payment', 'deposit', 'refund', 'reversal', 'late_fee',
                                             'settle', 'cancel', 'write_off')),
  company_id   integer not null,
  currency     char(3) not null,
  posting_date date not null,            -- in an open month
  value_date   date not null,            -- of the fact
  account_id   integer not null,
  bill_id      bigint,
  due_on       date,                     -- of what it makes owed: of a bill and of a receivable that was handed over
  payment_id   bigint,
  reverses     bigint,                   -- the posting that it takes back, leg by leg in the same order
  line         smallint[] not null,
  acct         integer[] not null,
  amount       bigint[] not null,
  recorded_at  timestamptz not null default now(),
  recorded_by  text not null,
  constraint journal_balances check (legs_balance(line, acct, amount)),
  constraint journal_lawful check (legs_lawful(kind, acct)),
  constraint journal_due check (due_on is null or (kind in ('bill', 'opening') and bill_id is not null))
);
create index journal_account on journal (account_id, id);
create index journal_bill on journal (bill_id) where bill_id is not null;
create index journal_payment on journal (payment_id) where payment_id is not null;
-- A posting is taken back once.
create unique index journal_reverses on journal (reverses) where reverses is not null;
-- Rows lie in the order in which they were recorded, nearly in that of their days: what moved after a day is found fast.
create index journal_days on journal using brin (posting_date, value_date, recorded_at) with (pages_per_range = 16);

-- Derived from the journal by its own trigger, and compared with it by `verify`: what an account has open of a bill …
create table open_items (
  account_id integer not null,
  bill_id    bigint not null,
  company_id integer not null,
  currency   char(3) not null,
  due_on     date not null,
  open       numeric not null,           -- below zero: overpaid
  primary key (account_id, bill_id)
) with (fillfactor = 70);
create index open_items_due on open_items (due_on, bill_id) where open <> 0;
-- … and what it has paid ahead to a company.
create table prepaid_balances (
  account_id integer not null,
  company_id integer not null,
  balance    numeric not null constraint prepaid_never_below_zero check (balance >= 0),
  primary key (account_id, company_id)
) with (fillfactor = 70);

-- Ten-thousandths as printed: two decimals, or as many more as there are.
create function decimal_amount(amount bigint) returns numeric language sql immutable strict parallel safe
  return case when amount % 100 = 0 then round(amount * 0.0001, 2)
              when amount % 10 = 0 then round(amount * 0.0001, 3)
              else amount * 0.0001 end;

-- The journal for people, reports and checkers: a row a pair of legs, with a positive amount.
create view transfers as
select j.id * 100000 + n as id, j.company_id, j.currency::text as currency, j.posting_date, j.value_date,
       d.name as debit, c.name as credit, decimal_amount(j.amount[2 * n - 1]) as amount, j.account_id, j.bill_id,
       case when j.bill_id is not null then j.line[2 * n - 1] end as bill_line, j.payment_id,
       j.reverses * 100000 + n as reverses, j.recorded_at, j.recorded_by, j.kind
from journal j
cross join lateral generate_series(1, cardinality(j.acct) / 2) n
join ledger_accounts d on d.id = j.acct[2 * n - 1]
join ledger_accounts c on c.id = j.acct[2 * n];

-- A closed month never changes. Whoever posts into a month holds it open until their transaction ends; whoever closes it
-- waits for them, and keeps the next ones waiting. Keys: company, and months since the year 0.
create table closed_months (
  company_id integer not null references companies,
  month      date not null check (extract(day from month) = 1),
  closed_at  timestamptz not null default now(),
  closed_by  text not null,
  primary key (company_id, month)
);

create function month_number(day date) returns integer language sql immutable strict parallel safe
  return (extract(year from day) * 12 + extract(month from day))::integer;

create function lock_month() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(new.company_id, month_number(new.month));
  return new;
end $$;
create trigger closed_months_wait before insert on closed_months for each row execute function lock_month();

-- A day, where its month is open, else the first day of the first open month after it (billing::ledger::PostingDay).
create function open_day(company integer, wished date) returns date language plpgsql set search_path = public, pg_temp as $$
declare day date := wished;
begin
  loop
    perform pg_advisory_xact_lock_shared(company, month_number(day));
    exit when not exists (select from closed_months c where c.company_id = company
                          and c.month = date_trunc('month', day)::date);
    day := (date_trunc('month', day) + interval '1 month')::date;
  end loop;
  return day;
end $$;

-- Once a statement, not once a row: a run posts thousands of rows at a time. Two queries, so that the second sees what the
-- closer, for whom the first has waited, has written.
create function refuse_closed_month() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare closed record;
begin
  perform pg_advisory_xact_lock_shared(m.company_id, m.month)
  from (select distinct company_id, month_number(posting_date) as month from new_rows order by 1, 2) m;
  select c.company_id, c.month into closed
  from (select distinct company_id, date_trunc('month', posting_date)::date as month from new_rows) n
  join closed_months c using (company_id, month)
  limit 1;
  if found then
    raise exception 'month % of company % is closed', to_char(closed.month, 'YYYY-MM'), closed.company_id
      using errcode = 'check_violation', table = tg_table_name, constraint = tg_name,
        detail = to_char(closed.month, 'YYYY-MM'),
        hint = 'post into an open month; the value date keeps the day of the fact';
  end if;
  return null;
end $$;
create trigger journal_open_month after insert on journal referencing new table as new_rows
  for each statement execute function refuse_closed_month();

-- The foreign keys of the journal, as one check a statement. By primary keys, whatever the statistics say: a scalar subquery is
-- looked up row by row, an EXISTS may be answered by reading the table whole.
create function journal_keys_known() returns trigger language plpgsql
  set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare missing text;
begin
  select case when (select c.id from companies c where c.id = n.company_id) is null then 'company ' || n.company_id
              when (select a.id from accounts a where a.id = n.account_id) is null then 'account ' || n.account_id
              when n.bill_id is not null and (select b.id from bill_documents b where b.id = n.bill_id) is null
                then 'bill ' || n.bill_id
              when n.payment_id is not null and (select p.id from payments p where p.id = n.payment_id) is null
                then 'payment ' || n.payment_id
              when n.reverses is not null and (select j.id from journal j where j.id = n.reverses) is null
                then 'posting ' || n.reverses
              else 'ledger account ' || (select min(a) from unnest(n.acct) a
                                         where (select l.id from ledger_accounts l where l.id = a) is null) end
  into missing
  from new_rows n
  where (select c.id from companies c where c.id = n.company_id) is null
     or (select a.id from accounts a where a.id = n.account_id) is null
     or (n.bill_id is not null and (select b.id from bill_documents b where b.id = n.bill_id) is null)
     or (n.payment_id is not null and (select p.id from payments p where p.id = n.payment_id) is null)
     or (n.reverses is not null and (select j.id from journal j where j.id = n.reverses) is null)
     or (select count(*) from unnest(n.acct) a where (select l.id from ledger_accounts l where l.id = a) is null) > 0
  limit 1;
  if found then
    raise exception 'the journal names a % that is not there', missing using errcode = 'foreign_key_violation',
      table = tg_table_name, constraint = tg_name;
  end if;
  return null;
end $$;
create trigger journal_keys after insert on journal referencing new table as new_rows
  for each statement execute function journal_keys_known();

-- Open items and prepaid balances move with the journal and by nothing else: no role but the owner may write them.
create function journal_moves() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into open_items as o (account_id, bill_id, company_id, currency, due_on, open)
  select n.account_id, n.bill_id, n.company_id, n.currency,
         coalesce(max(n.due_on), (select i.due_on from open_items i
                                  where (i.account_id, i.bill_id) = (n.account_id, n.bill_id))),
         decimal_amount(sum(l.amount)::bigint)
  from new_rows n cross join lateral unnest(n.acct, n.amount) l (acct, amount)
  where n.bill_id is not null and ledger_class(l.acct) = 1
  group by n.account_id, n.bill_id, n.company_id, n.currency
  order by n.account_id, n.bill_id
  on conflict (account_id, bill_id) do update set open = o.open + excluded.open;
  -- Not as one upsert: the CHECK would look at what is added before it looks at the sum.
  with moved as (
    select n.account_id, n.company_id, decimal_amount(-sum(l.amount)::bigint) as amount
    from new_rows n cross join lateral unnest(n.acct, n.amount) l (acct, amount)
    where ledger_class(l.acct) = 2
    group by n.account_id, n.company_id
  ), known as (
    update prepaid_balances p set balance = p.balance + m.amount
    from moved m where (p.account_id, p.company_id) = (m.account_id, m.company_id)
    returning p.account_id, p.company_id
  )
  insert into prepaid_balances as p (account_id, company_id, balance)
  select m.account_id, m.company_id, m.amount from moved m
  where not exists (select from known k where (k.account_id, k.company_id) = (m.account_id, m.company_id))
  order by 1, 2
  on conflict (account_id, company_id) do update set balance = p.balance + excluded.balance;
  return null;
end $$;
create trigger journal_moves after insert on journal referencing new table as new_rows
  for each statement execute function journal_moves();

call append_only('journal', 'ledger_accounts', 'payments', 'closed_months');

-- The lines of documents, for people, reports and checkers.
create view bill_lines as
select d.id as bill_id, n::smallint as n, s.codes[n] as code, a.name as account, decimal_amount(d.amounts[n]) as amount,
       d.quantities[n] as qty, s.units[n] as unit
from bill_documents d
join bill_shapes s on s.id = d.shape
cross join lateral generate_subscripts(d.amounts, 1) n
left join ledger_accounts a on a.id = s.accounts[n];

-- The line of every opening.
insert into bill_shapes (codes, units, accounts, sha256)
values ('{opening}', '{1}', '{70000}', sha256(convert_to('[["opening","1",70000]]', 'UTF8')));
