-- Who pays, for what, where, and through which meter. account 1-n agreement 1-n meter point 1-n installation 1-n register.
create table companies (
  id       integer generated always as identity primary key,
  code     text not null unique,
  name     text not null,
  tax_no   text,
  currency char(3) not null default 'CNY'
);

create table areas (
  id        integer generated always as identity primary key,
  code      text not null unique,
  name      text not null,
  parent_id integer references areas
);

create table books (
  id          integer generated always as identity primary key,
  code        text not null unique,
  name        text not null,
  company_id  integer not null references companies,
  service     text not null check (service in ('water', 'heat', 'electricity')),
  cycle       text not null check (cycle in ('monthly', 'bimonthly-odd', 'bimonthly-even', 'quarterly', 'season')),
  reader      text,
  reading_day smallint check (reading_day between 1 and 31),
  due_days    smallint not null default 20 check (due_days between 0 and 365)
);

create table accounts (
  id          integer generated always as identity primary key,
  account_no  text not null unique,
  name        text not null,
  phone       text,
  email       text,
  tax_title   text,
  tax_no      text,
  payer_group text,
  opened_on   date not null,
  closed_on   date,
  constraint accounts_closed_after_opened check (closed_on >= opened_on)
);

create table premises (
  id      integer generated always as identity primary key,
  area_id integer references areas,
  address text not null default ''
);
-- Two premises whose address nobody knows are not the same place.
create unique index premises_place on premises (area_id, address) nulls not distinct where address <> '';

create table agreements (
  id         integer generated always as identity primary key,
  service_no text not null unique,
  account_id integer not null references accounts,
  service    text not null check (service in ('water', 'heat', 'electricity')),
  company_id integer not null references companies,
  premise_id integer not null references premises,
  settlement text not null default 'postpaid' check (settlement in ('postpaid')),
  during     daterange not null check (not isempty(during) and lower(during) is not null)
);
create index agreements_account on agreements (account_id);

-- Dated facts that change the price: use_class, tariff, book, persons, heated_area_m2, … Each with its validity
-- and the time it was recorded. A corrected fact is superseded, never changed, so that any day's knowledge can be
-- asked for later.
create table attributes (
  id            bigint generated always as identity primary key,
  agreement_id  integer not null references agreements,
  name          text not null,
  value         text not null,
  during        daterange not null check (not isempty(during) and lower(during) is not null),
  evidence      text,
  recorded_at   timestamptz not null default now(),
  recorded_by   text not null,
  superseded_at timestamptz,
  constraint attributes_one_value_a_day
    exclude using gist (agreement_id with =, name with =, during with &&) where (superseded_at is null)
);
create index attributes_agreement on attributes (agreement_id);

-- Where supply is measured; outlives meters and agreements.
create table meter_points (
  id         integer generated always as identity primary key,
  premise_id integer not null references premises,
  service    text not null check (service in ('water', 'heat', 'electricity'))
);

create table agreement_points (
  agreement_id   integer not null references agreements,
  meter_point_id integer not null references meter_points,
  during         daterange not null check (not isempty(during)),
  primary key (agreement_id, meter_point_id, during),
  constraint agreement_points_one_payer_a_day exclude using gist (meter_point_id with =, during with &&)
);
create index agreement_points_point on agreement_points (meter_point_id);

create table meters (
  id                  integer generated always as identity primary key,
  serial              text not null unique,
  maker               text not null default '',
  medium              text not null check (medium in ('water', 'hot_water', 'heat', 'cooling', 'electricity', 'gas', 'other')),
  model               text not null default '',
  protocol            text,                -- a format of `meterline decode`
  address             text,                -- on the wire, upper case
  size_mm             smallint,
  parent_id           integer references meters,
  expected_interval_s integer not null default 86400 check (expected_interval_s > 0)
);
create unique index meters_address on meters (protocol, address) where address is not null;
create index meters_by_address on meters (address);

-- Kinds of register, shared by all meters: a name (OBIS or x:…) and its canonical unit.
create table registers (
  id   smallint generated always as identity primary key,
  name text not null unique,
  unit text not null
);

create table meter_registers (
  meter_id    integer not null references meters,
  register_id smallint not null references registers,
  digits      smallint check (digits between 1 and 12), -- integer digits of what the meter shows, for rollover
  unit        text,                                     -- the unit that it shows, where that is not the register's
  primary key (meter_id, register_id)
);

create table installations (
  id             integer generated always as identity primary key,
  meter_id       integer not null references meters,
  meter_point_id integer not null references meter_points,
  during         tstzrange not null check (not isempty(during) and lower(during) is not null),
  multiplier     numeric(12, 6) not null default 1 check (multiplier > 0),
  constraint installations_meter_in_one_place exclude using gist (meter_id with =, during with &&),
  constraint installations_one_meter_a_point exclude using gist (meter_point_id with =, during with &&)
);
create index installations_point on installations (meter_point_id);

-- The index of each register when its meter was put in and taken out, in millionths of the canonical unit.
create table installation_registers (
  installation_id integer not null references installations,
  register_id     smallint not null references registers,
  opening         bigint not null,
  closing         bigint,
  primary key (installation_id, register_id)
);

-- Go-live: what the old system knew.
create table openings (
  id           integer generated always as identity primary key,
  agreement_id integer not null references agreements,
  item         text not null check (item in ('receivable', 'prepaid', 'tier_counter', 'last_billed_index')),
  amount       numeric(20, 6) not null,
  as_of        date not null,
  due_on       date,
  ref          text not null default '',
  unique (agreement_id, item, ref)
);

-- Polled lines (a TCP connection to a concentrator or gateway) and the devices that hang on them.
create table lines (
  id         integer generated always as identity primary key,
  code       text not null unique,
  kind       text not null check (kind in ('modbus-tcp', 'modbus-rtu-tcp', 'dlt645-tcp', 'cjt188-tcp', 'mbus-tcp')),
  host       text not null,
  port       integer not null check (port between 1 and 65535),
  interval_s integer not null default 900 check (interval_s > 0),
  timeout_ms integer not null default 3000 check (timeout_ms > 0),
  enabled    boolean not null default true
);

create table devices (
  id       integer generated always as identity primary key,
  line_id  integer not null references lines,
  unit     text not null,                -- unit id or bus address on that line
  meter_id integer not null references meters,
  profile  text,
  unique (line_id, unit)
);

-- Ingest keeps the meters it has met in memory and forgets them when this tells it that something has changed.
-- Once a statement, and once a transaction: the server folds equal notifications into one.
create function tell_directory() returns trigger language plpgsql as $$
begin
  notify meterline_directory;
  return null;
end $$;
create trigger meters_tell after insert or update or delete on meters
  for each statement execute function tell_directory();
create trigger meter_registers_tell after insert or update or delete on meter_registers
  for each statement execute function tell_directory();
create trigger installations_tell after insert or update or delete on installations
  for each statement execute function tell_directory();
create trigger devices_tell after insert or update or delete on devices
  for each statement execute function tell_directory();
create trigger lines_tell after insert or update or delete on lines
  for each statement execute function tell_directory();
