-- A login for each unit, so that none connects as the owner of the tables: ingest stores readings and sees no person and no
-- money, work and serve do what people and schedules ask, and only `meterline migrate` uses the owner's login.
--
--   psql "$OWNER_URL" -v ON_ERROR_STOP=1 -v ingest_password=… -v work_password=… -v serve_password=… -f deploy/roles.sql
--
-- after `meterline migrate`, once, and again to set other passwords.
select format('create role %I login noinherit', name) from unnest(array['meterline_unit_ingest', 'meterline_unit_work',
  'meterline_unit_serve']) name where not exists (select 1 from pg_roles where rolname = name) \gexec
alter role meterline_unit_ingest password :'ingest_password';
alter role meterline_unit_work password :'work_password';
alter role meterline_unit_serve password :'serve_password';
grant meterline_ingest to meterline_unit_ingest;
grant meterline_billing, meterline_read to meterline_unit_work, meterline_unit_serve;
