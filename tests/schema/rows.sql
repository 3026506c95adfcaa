-- A row in each table, so that each constraint has something to stand before. Ids count from 1 in the order of the rows.
insert into users (name, role) values ('li', 'clerk');
insert into sessions (sha256, user_name, ends_at) values (decode(repeat('00', 32), 'hex'), 'li', now() + interval '1 hour');
insert into failed_sign_ins (user_name, os_account, at) values ('li', 'uid-0', now());
insert into wishes (key, action, who, wish_sha256, outcome) values ('k', 'payment.take', 'li', decode(repeat('00', 32), 'hex'), '{}');
insert into audit (who, action, subject) values ('li', 'run.start', '1'), ('li', 'run.start', '2');
insert into audit_seals (n, audit_id, sha256) values (1, 1, decode(repeat('00', 32), 'hex'));
insert into imports (kind, file_name, sha256, rows, who) values ('areas', 'areas.csv', '\x00', 1, 'li');

insert into companies (code, name) values ('C', 'Works');
insert into areas (code, name) values ('A', 'North');
insert into books (code, name, company_id, service, cycle) values ('B', 'One', 1, 'water', 'monthly');
insert into accounts (account_no, name, opened_on) values ('A1', 'Li', '2026-01-01');
insert into premises (area_id, address) values (1, '1 Long Street'), (null, '2 Long Street');
insert into agreements (service_no, account_id, service, company_id, premise_id, during)
  values ('S1', 1, 'water', 1, 1, '[2026-01-01,)'), ('S2', 1, 'water', 1, 2, '[2026-01-01,)');
insert into attributes (agreement_id, name, value, during, recorded_by) values (1, 'persons', '3', '[2026-01-01,)', 'li');
insert into meter_points (premise_id, service) values (1, 'water'), (2, 'water');
insert into agreement_points (agreement_id, meter_point_id, during) values (1, 1, '[2026-01-01,)');
insert into meters (serial, medium, protocol, address) values ('W1', 'water', 'cjt188', '01'), ('W2', 'water', 'cjt188', '02');
insert into registers (name, unit) values ('8-0:1.0.0', 'm3');
insert into meter_registers (meter_id, register_id, digits) values (1, 1, 5);
insert into installations (meter_id, meter_point_id, during) values (1, 1, '[2026-01-01 00:00+00,)');
insert into installation_registers (installation_id, register_id, opening) values (1, 1, 0);
insert into openings (agreement_id, item, amount, as_of) values (1, 'receivable', 5, '2026-01-01');
insert into lines (code, kind, host, port) values ('L', 'mbus-tcp', 'localhost', 502);
insert into devices (line_id, unit, meter_id) values (1, '1', 1);

insert into readings values (1, 1, '2026-10-01 00:00+00', 1000000, '2026-10-01 00:00+00', 0, 0);
insert into frames values (1, '2026-10-01 00:00+00', 0, 'json', '\x7b7d');
insert into conflicts (meter_id, register_id, time, stored_value, other_value, received, source, format, bytes)
  values (1, 1, '2026-10-01 00:00+00', 1000000, 2500000, '2026-10-03 00:00+00', 0, 'json', '\x7b7d');
insert into reading_replacements (meter_id, register_id, time, before_value, before_quality, before_source, before_received,
  value, quality, conflict_id, reason, who)
  values (1, 1, '2026-10-01 00:00+00', 900000, 0, 0, '2026-10-01 00:00+00', 1000000, 0, 1, 'photo', 'li');
insert into rejections (received, source, channel, format, kind, message, bytes)
  values ('2026-10-01 00:00+00', 0, 'c', 'json', 'structure', 'm', '\x00');
insert into refusals (meter_id, register, time, kind, message, received, source)
  values (1, '8-0:1.0.0', '2026-10-01 00:00+00', 'future_time', 'm', '2026-10-01 00:00+00', 0);
insert into frame_counts (node, writer, source, received, stored) values ('n', 0, 0, 1, 1);
insert into receipts (client, packet_id, sha256, received) values ('c', 1, '\x00', now());
insert into ingest_nodes (node, listening_since, heartbeat_at, spool_bytes, http_address) values ('n', now(), now(), 0, 'localhost:0');
insert into contacts (meter_id, last_received) values (1, now());
insert into alarms (meter_id, kind, severity, began_at, last_seen_at) values (1, 'silent', 'warning', now(), now());
insert into vee_hits (meter_id, register_id, time, rule, rule_version, detail) values (1, 1, '2026-10-01 00:00+00', 'V01', 1, '{}');

insert into tariffs (code, during, medium, currency, document, sha256, published_by)
  values ('T', '[2026-01-01,)', 'water', 'CNY', '{}', '\x00', 'li');
insert into policies (kind, code, during, document, sha256, published_by)
  values ('late_fee', 'L', '[2026-01-01,)', '{}', '\x00', 'li');

insert into bill_runs (period, state, as_of, started_by) values ('2026-10', 'frozen', now(), 'li');
insert into bill_run_chunks (run_id, n, agreement_ids) values (1, 0, '{1}');
insert into bill_run_exceptions (run_id, agreement_id, outcome, reason) values (1, 2, 'parked', 'no_reading');
insert into bill_documents (id, number, run_id, agreement_id, account_id, company_id, kind, period, live, service_from, service_to,
    tariff_id, currency, total, issued_on, posted_on, due_on, shape, quantities, amounts, content, sha256)
  values (1, 'O-1', 1, 1, 1, 1, 'opening', '2026-09', true, '2026-09-01 00:00+00', '2026-10-01 00:00+00',
    1, 'CNY', 1.00, '2026-10-02', '2026-10-02', '2026-10-22', 1, '{1}', '{10000}', '\x00', '\x00');
insert into bill_runs (period, kind, state, as_of, started_by, cancels) values ('2026-09', 'correction', 'review', now(), 'li', 1);
select open_drafts(1);
insert into bill_drafts (run_id, chunk, id, agreement_id, account_id, company_id, period, currency, tariff_id, service_from,
    service_to, total, due_days, shape, quantities, amounts, leg_lines, leg_accounts, leg_amounts, credit_lines, credit_accounts,
    credit_amounts, installations, registers, billed_from, billed_to, opens, closes, qualities, rolled, before_to, counters,
    tier_years, stood, priors, moved, content, sha256)
  values (1, 0, 7, 1, 1, 1, '2026-10', 'CNY', 1, '2026-10-01 00:00+00', '2026-11-01 00:00+00', 1.00, 20, 1, '{1}', '{10000}',
    '{1,1}', '{10000,30000}', '{10000,-10000}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
    '{}', '{}', '{}', '\x00', '\x00');
insert into dictionaries (id, bytes, sha256) values (1, '\x00', '\x00');
insert into bill_facts values (1, 0, '2026-10-01', 1, '', '', '', 'water', 'm3', 30000, 1, 1, 10000);
insert into register_ends values (1, 1, '2026-09-01 00:00+00', '2026-10-01 00:00+00', 0, 1, 0, false, 1, '-infinity');
insert into register_gaps values (1, 1, '[2026-08-01 00:00+00,2026-09-01 00:00+00)', 1);
insert into tier_counters values (1, 'water', 2026, 1, 0);

insert into payments (channel, channel_ref, account_id, company_id, kind, amount, currency, paid_at, recorded_by)
  values ('cash', '1', 1, 1, 'deposit', 1.00, 'CNY', '2026-10-05 00:00+00', 'li');
insert into payments (channel, channel_ref, account_id, company_id, kind, amount, currency, paid_at, reverses, recorded_by)
  values ('cash', '2', 1, 1, 'reversal', 1.00, 'CNY', '2026-10-05 00:00+00', 1, 'li');
select ledger_account('bank:cash');
insert into journal (kind, company_id, currency, posting_date, value_date, account_id, payment_id, reverses, line, acct, amount,
  recorded_by)
  values ('deposit', 1, 'CNY', '2026-10-05', '2026-10-05', 1, 1, null, '{0,0}', '{60001,20000}', '{10000,-10000}', 'li');
insert into journal (kind, company_id, currency, posting_date, value_date, account_id, payment_id, reverses, line, acct, amount,
  recorded_by)
  values ('reversal', 1, 'CNY', '2026-10-05', '2026-10-05', 1, 2, 1, '{0,0}', '{20000,60001}', '{10000,-10000}', 'li');
insert into open_items (account_id, bill_id, company_id, currency, due_on, open) values (1, 1, 1, 'CNY', '2026-11-20', 0);
insert into closed_months (company_id, month, closed_by) values (1, '2026-01-01', 'li');

insert into jobs (kind, dedup_key, priority, max_attempts, backoff_s) values ('outbox_send', 'webhook:erp', 10, 5, 10);
insert into outbox_events (kind, subject, payload) values ('run.issued', '1', '{}'), ('run.issued', '2', '{}');
insert into outbox_destinations (name, fingerprint) values ('webhook:erp', '\x00');
insert into outbox_deliveries (event_id, destination) values (1, 'webhook:erp');
