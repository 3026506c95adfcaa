grant usage on schema public to meterline_ingest, meterline_billing, meterline_read;

grant select on meters, meter_registers, meter_points, installations, installation_registers, lines, devices,
  agreement_points, contacts, users to meterline_ingest;
grant select, insert on registers, readings, frames, refusals to meterline_ingest;
grant select, insert, update on conflicts, rejections, frame_counts, contacts, alarms to meterline_ingest;
grant select, insert, update, delete on receipts, ingest_nodes to meterline_ingest;

grant select on all tables in schema public to meterline_billing;
grant insert, update on companies, areas, books, accounts, premises, agreements, attributes, meter_points,
  agreement_points, meters, registers, meter_registers, installations, installation_registers, openings, lines, devices,
  tariffs, policies, bill_runs, conflicts, alarms, users, vee_hits, rejections, frame_counts to meterline_billing;
grant insert on audit, imports, readings, frames, payments, transfers, closed_months, bill_counters, bill_run_exceptions
  to meterline_billing;
grant insert, update, delete on bills, bill_segments, bill_run_chunks to meterline_billing;
grant insert, delete on bill_lines, bill_inputs to meterline_billing;
grant delete on bill_counters, bill_run_exceptions to meterline_billing;
-- A supervisor's decision on a conflict replaces the value of one reading.
grant update (value, received, quality, source) on readings to meterline_billing;

grant select on all tables in schema public to meterline_read;
revoke select on users from meterline_read;
grant select (name, role, created_at, disabled_at) on users to meterline_read;

grant usage on all sequences in schema public to meterline_ingest, meterline_billing;
