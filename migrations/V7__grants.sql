-- Who may do what, column by column: what a program's purpose does not need, its role cannot do, whatever the program is made
-- to send. Tables of later migrations carry their own grants.
grant usage on schema public to meterline_ingest, meterline_billing, meterline_read;

-- Ingest: stores what meters send. It sees master data of meters and no person, account or money, and acknowledges no alarm.
grant select on meters, meter_registers, meter_points, installations, installation_registers, lines, devices,
  agreement_points to meterline_ingest;
grant select, insert on registers, readings, frames, refusals, conflicts, rejections, frame_counts, contacts, alarms
  to meterline_ingest;
grant select, insert on receipts, ingest_nodes to meterline_ingest;
grant update (sha256, received) on receipts to meterline_ingest;
grant update (listening_since, heartbeat_at, oldest_uncommitted, spool_bytes, http_address) on ingest_nodes to meterline_ingest;
grant update (state, replayed_at) on rejections to meterline_ingest;
grant update (received, stored, duplicate, conflict, rejected) on frame_counts to meterline_ingest;
grant update (last_received, last_time) on contacts to meterline_ingest;
grant update (began_at, last_seen_at, ended_at) on alarms to meterline_ingest;

-- Billing: what people do. It reads readings and changes none but through a function that names the decision.
grant select on all tables in schema public to meterline_billing;
grant insert, delete on failed_sign_ins, wishes to meterline_billing;
grant insert, delete, update (revoked_at) on sessions to meterline_billing;
grant insert on companies, areas, books, accounts, premises, agreements, meter_points, agreement_points, meters, registers,
  meter_registers, installations, installation_registers, openings, lines, devices, bill_runs, conflicts, alarms, vee_hits,
  rejections, frame_counts to meterline_billing;
grant insert on audit, audit_seals, readings, frames to meterline_billing;
-- When it was recorded is the database's to say.
grant insert (name, role) on users to meterline_billing;
grant insert (agreement_id, name, value, during, evidence, recorded_by) on attributes to meterline_billing;
grant insert (code, during, medium, currency, document, sha256, published_by) on tariffs to meterline_billing;
grant insert (kind, code, during, document, sha256, published_by) on policies to meterline_billing;
grant insert (kind, file_name, sha256, rows, who) on imports to meterline_billing;
grant insert (company_id, month, closed_by) on closed_months to meterline_billing;
grant insert (id, channel, channel_ref, line, account_id, company_id, kind, amount, currency, paid_at, reverses, bill_no, tender,
  cashier, recorded_by) on payments to meterline_billing;
-- Open items and prepaid balances move with the journal alone.
grant insert (id, kind, company_id, currency, posting_date, value_date, account_id, bill_id, due_on, payment_id, reverses, line,
  acct, amount, recorded_by) on journal to meterline_billing;
grant execute on function replace_by_conflict, replace_by_correction, ledger_account to meterline_billing;
grant update (name, tax_no) on companies to meterline_billing;
grant update (name, parent_id) on areas to meterline_billing;
grant update (name, cycle, reader, reading_day, due_days) on books to meterline_billing;
grant update (name, phone, email, tax_title, tax_no, payer_group, opened_on, closed_on) on accounts to meterline_billing;
grant update (area_id) on premises to meterline_billing;
grant update (premise_id, during) on agreements to meterline_billing;
grant update (superseded_at) on attributes to meterline_billing;
grant update (premise_id) on meter_points to meterline_billing;
grant update (during) on agreement_points, installations, tariffs, policies to meterline_billing;
grant update (maker, model, protocol, address, size_mm, parent_id, expected_interval_s) on meters to meterline_billing;
grant update (digits) on meter_registers to meterline_billing;
grant update (closing) on installation_registers to meterline_billing;
grant update (kind, host, port, interval_s, timeout_ms, enabled) on lines to meterline_billing;
grant update (meter_id, profile) on devices to meterline_billing;
grant update (role, password_hash, disabled_at) on users to meterline_billing;
grant update (state, decided_by, decided_at, reason) on conflicts to meterline_billing;
grant update (acked_by, acked_at, began_at, last_seen_at, ended_at) on alarms to meterline_billing;
grant update (state, replayed_at) on rejections to meterline_billing;
grant update (received, stored, duplicate, conflict, rejected) on frame_counts to meterline_billing;
grant update (state, due, input_sha256, approved_by, approved_at, posting_date, back_dated, bills_sha256, issued_by, issued_at)
  on bill_runs to meterline_billing;
grant insert, delete, update (agreement_ids, state, billed, total, bills_sha256) on bill_run_chunks to meterline_billing;
grant insert, delete on bill_run_exceptions to meterline_billing;
-- A draft is written or taken out, never changed. Documents, and what moves with them, are written by functions alone (V9); an
-- opening comes with its file.
grant insert, delete on bill_drafts to meterline_billing;
grant insert on bill_documents, bill_shapes, dictionaries to meterline_billing;
grant execute on function open_drafts, drop_drafts, analyze_drafts to meterline_billing;

grant select on all tables in schema public to meterline_read;
revoke select on users, sessions, failed_sign_ins, wishes from meterline_read;
grant select (name, role, created_at, disabled_at) on users to meterline_read;

grant usage on all sequences in schema public to meterline_ingest, meterline_billing;
