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

-- Published documents: only their end may still be set.
create function refuse_document_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (to_jsonb(new) - 'during') = (to_jsonb(old) - 'during') and lower(new.during) = lower(old.during)
     and upper(old.during) is null then
    return new;
  end if;
  raise exception '% % is published and cannot be changed', tg_table_name, old.code using errcode = 'restrict_violation',
    table = tg_table_name, constraint = tg_name, hint = 'publish a new version';
end $$;
create trigger tariffs_stay before update or delete on tariffs for each row execute function refuse_document_change();
create trigger policies_stay before update or delete on policies for each row execute function refuse_document_change();
call keep_table('tariffs', 'policies');
