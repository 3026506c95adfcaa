-- Whom the settings name, by primary key; one with another address than before is there again.
insert into outbox_destinations (name, fingerprint)
select distinct on (name) name, fingerprint from unnest($1::text[], $2::bytea[]) t(name, fingerprint)
on conflict (name) do update set fingerprint = excluded.fingerprint, gone_at = null
  where outbox_destinations.fingerprint <> excluded.fingerprint
