-- Money: payments and a double-entry ledger, append only.
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
  unique (channel, channel_ref, line)
);
create index payments_account on payments (account_id, paid_at);
create index payments_paid_at on payments (paid_at);

-- A row is a transfer: debit and credit of one positive amount, and so balanced by its form.
-- Ledger accounts: receivable, prepaid, income, agency:<payee>, late_fee, bank:<channel>, opening, subsidy:<payer>.
-- What a receivable is owed for stands in bill_id and bill_line (0: its late fee), whose it is in account_id.
create table transfers (
  id           bigint generated always as identity primary key,
  company_id   integer not null references companies,
  currency     char(3) not null,
  posting_date date not null,            -- in an open month
  value_date   date not null,            -- of the fact
  debit        text not null,
  credit       text not null check (credit <> debit),
  amount       numeric not null check (amount > 0 and scale(amount) <= 4),
  account_id   integer references accounts,
  bill_id      bigint references bills,
  bill_line    smallint,
  payment_id   bigint references payments,
  reverses     bigint references transfers,
  recorded_at  timestamptz not null default now(),
  recorded_by  text not null
);
create index transfers_bill on transfers (bill_id);
create index transfers_account on transfers (account_id, value_date);
create index transfers_payment on transfers (payment_id) where payment_id is not null;
create index transfers_posting on transfers (posting_date);
-- The prepaid balance of an account, without its whole history.
create index transfers_prepaid on transfers (account_id) where debit = 'prepaid' or credit = 'prepaid';

-- A closed month never changes.
create table closed_months (
  company_id integer not null references companies,
  month      date not null check (extract(day from month) = 1),
  closed_at  timestamptz not null default now(),
  closed_by  text not null,
  primary key (company_id, month)
);

-- Once a statement, not once a row: a run posts thousands of transfers at a time.
create function refuse_closed_month() returns trigger language plpgsql as $$
declare closed record;
begin
  select c.company_id, c.month into closed
  from (select distinct company_id, date_trunc('month', posting_date)::date as month from new_transfers) n
  join closed_months c using (company_id, month)
  limit 1;
  if found then
    raise exception 'month % of company % is closed', to_char(closed.month, 'YYYY-MM'), closed.company_id
      using errcode = 'check_violation', hint = 'post into an open month; the value date keeps the day of the fact';
  end if;
  return null;
end $$;
create trigger transfers_open_month after insert on transfers referencing new table as new_transfers
  for each statement execute function refuse_closed_month();

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger transfers_append_only before update or delete on transfers for each row execute function refuse_change();
create trigger payments_append_only before update or delete on payments for each row execute function refuse_change();
create trigger audit_append_only before update or delete on audit for each row execute function refuse_change();

-- An issued bill never changes, but for being reversed.
create function refuse_issued_change() returns trigger language plpgsql as $$
begin
  if old.state = 'trial' then
    return coalesce(new, old);
  end if;
  if tg_op = 'UPDATE' and (to_jsonb(new) - 'state' - 'live') = (to_jsonb(old) - 'state' - 'live')
     and not (new.live and not old.live) then
    return new;
  end if;
  raise exception 'bill % is issued and cannot be changed', old.bill_no using errcode = 'restrict_violation',
    hint = 'cancel it and issue another, or adjust it';
end $$;
create trigger bills_issued_stay before update or delete on bills for each row execute function refuse_issued_change();
