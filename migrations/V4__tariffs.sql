-- Tariff and policy documents: data, dated, immutable once published but for their end.
create table tariffs (
  id           integer generated always as identity primary key,
  code         text not null,
  during       daterange not null check (not isempty(during) and lower(during) is not null),
  medium       text not null,
  currency     char(3) not null,
  document     text not null,            -- as published, byte for byte
  sha256       bytea not null,
  published_by text not null,
  published_at timestamptz not null default now(),
  constraint tariffs_one_version_a_day exclude using gist (code with =, during with &&)
);

create table policies (
  id           integer generated always as identity primary key,
  kind         text not null,
  code         text not null,
  during       daterange not null check (not isempty(during) and lower(during) is not null),
  document     text not null,
  sha256       bytea not null,
  published_by text not null,
  published_at timestamptz not null default now(),
  constraint policies_one_version_a_day exclude using gist (kind with =, code with =, during with &&)
);
