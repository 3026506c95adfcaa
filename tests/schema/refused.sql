-- What each constraint refuses: its name, the SQLSTATE, and the statement, by the owner, before the rows of rows.sql.
-- Primary keys are not here: each refuses a copy of its row.

-- V1: users, audit
-- users_name_check 23514
insert into users (name, role) values ('Li', 'clerk');
-- users_role_check 23514
insert into users (name, role) values ('wang', 'regent');
-- sessions_sha256_check 23514
insert into sessions (sha256, user_name, ends_at) values ('\x00', 'li', now() + interval '1 hour');
-- sessions_user_name_fkey 23503
insert into sessions (sha256, user_name, ends_at) values (decode(repeat('01', 32), 'hex'), 'wang', now() + interval '1 hour');
-- sessions_end_after_begin 23514
update sessions set ends_at = begun_at;
-- wishes_key_check 23514
insert into wishes (key, action, who, wish_sha256, outcome) values ('', 'a.b', 'li', decode(repeat('00', 32), 'hex'), '{}');
-- wishes_wish_sha256_check 23514
insert into wishes (key, action, who, wish_sha256, outcome) values ('l', 'a.b', 'li', '\x00', '{}');
-- audit_append_only 23001
update audit set who = 'wang';
-- audit_kept 23001
truncate audit cascade;
-- audit_seals_n_check 23514
insert into audit_seals (n, audit_id, sha256) values (0, 2, decode(repeat('00', 32), 'hex'));
-- audit_seals_sha256_check 23514
insert into audit_seals (n, audit_id, sha256) values (2, 2, '\x00');
-- audit_seals_audit_id_key 23505
insert into audit_seals (n, audit_id, sha256) values (2, 1, decode(repeat('00', 32), 'hex'));
-- audit_seals_audit_id_fkey 23503
insert into audit_seals (n, audit_id, sha256) values (2, 9, decode(repeat('00', 32), 'hex'));
-- audit_seals_append_only 23001
delete from audit_seals;
-- audit_seals_kept 23001
truncate audit_seals;

-- V2: who pays, for what, where, through which meter
-- companies_code_key 23505
insert into companies (code, name) values ('C', 'Other Works');
-- areas_code_key 23505
insert into areas (code, name) values ('A', 'South');
-- areas_parent_id_fkey 23503
insert into areas (code, name, parent_id) values ('A2', 'South', 9);
-- books_code_key 23505
insert into books (code, name, company_id, service, cycle) values ('B', 'Two', 1, 'water', 'monthly');
-- books_company_id_fkey 23503
insert into books (code, name, company_id, service, cycle) values ('B2', 'Two', 9, 'water', 'monthly');
-- books_service_check 23514
insert into books (code, name, company_id, service, cycle) values ('B2', 'Two', 1, 'steam', 'monthly');
-- books_cycle_check 23514
insert into books (code, name, company_id, service, cycle) values ('B2', 'Two', 1, 'water', 'weekly');
-- books_reading_day_check 23514
update books set reading_day = 32;
-- books_due_days_check 23514
update books set due_days = 366;
-- accounts_account_no_key 23505
insert into accounts (account_no, name, opened_on) values ('A1', 'Wang', '2026-01-01');
-- accounts_closed_after_opened 23514
update accounts set closed_on = opened_on - 1;
-- premises_area_id_fkey 23503
insert into premises (area_id, address) values (9, '3 Long Street');
-- premises_place 23505
insert into premises (area_id, address) values (null, '2 Long Street');
-- agreements_service_no_key 23505
insert into agreements (service_no, account_id, service, company_id, premise_id, during)
  values ('S1', 1, 'water', 1, 1, '[2026-01-01,)');
-- agreements_account_id_fkey 23503
update agreements set account_id = 9;
-- agreements_company_id_fkey 23503
update agreements set company_id = 9;
-- agreements_premise_id_fkey 23503
update agreements set premise_id = 9;
-- agreements_service_check 23514
update agreements set service = 'steam';
-- agreements_settlement_check 23514
update agreements set settlement = 'barter';
-- agreements_during_check 23514
update agreements set during = '(,2026-01-01)';
-- attributes_agreement_id_fkey 23503
update attributes set agreement_id = 9;
-- attributes_during_check 23514
update attributes set during = 'empty';
-- attributes_one_value_a_day 23P01
insert into attributes (agreement_id, name, value, during, recorded_by) values (1, 'persons', '4', '[2026-12-31,2027-01-01)', 'li');
-- meter_points_premise_id_fkey 23503
update meter_points set premise_id = 9;
-- meter_points_service_check 23514
update meter_points set service = 'steam';
-- agreement_points_agreement_id_fkey 23503
update agreement_points set agreement_id = 9;
-- agreement_points_meter_point_id_fkey 23503
update agreement_points set meter_point_id = 9;
-- agreement_points_during_check 23514
update agreement_points set during = 'empty';
-- agreement_points_one_payer_a_day 23P01
insert into agreement_points (agreement_id, meter_point_id, during) values (2, 1, '[2026-12-31,2027-01-01)');
-- meters_serial_key 23505
insert into meters (serial, medium) values ('W1', 'water');
-- meters_medium_check 23514
insert into meters (serial, medium) values ('W3', 'steam');
-- meters_parent_id_fkey 23503
update meters set parent_id = 9;
-- meters_expected_interval_s_check 23514
update meters set expected_interval_s = 0;
-- meters_address 23505
insert into meters (serial, medium, protocol, address) values ('W3', 'water', 'cjt188', '01');
-- registers_name_key 23505
insert into registers (name, unit) values ('8-0:1.0.0', 'l');
-- meter_registers_meter_id_fkey 23503
update meter_registers set meter_id = 9;
-- meter_registers_register_id_fkey 23503
update meter_registers set register_id = 9;
-- meter_registers_digits_check 23514
update meter_registers set digits = 0;
-- installations_meter_id_fkey 23503
update installations set meter_id = 9;
-- installations_meter_point_id_fkey 23503
update installations set meter_point_id = 9;
-- installations_during_check 23514
update installations set during = 'empty';
-- installations_multiplier_check 23514
update installations set multiplier = 0;
-- installations_meter_in_one_place 23P01
insert into installations (meter_id, meter_point_id, during) values (1, 2, '[2026-12-31 00:00+00,)');
-- installations_one_meter_a_point 23P01
insert into installations (meter_id, meter_point_id, during) values (2, 1, '[2026-12-31 00:00+00,)');
-- installation_registers_installation_id_fkey 23503
update installation_registers set installation_id = 9;
-- installation_registers_register_id_fkey 23503
update installation_registers set register_id = 9;
-- openings_agreement_id_fkey 23503
update openings set agreement_id = 9;
-- openings_item_check 23514
update openings set item = 'goodwill';
-- openings_agreement_id_item_ref_key 23505
insert into openings (agreement_id, item, amount, as_of) values (1, 'receivable', 6, '2026-01-01');
-- lines_code_key 23505
insert into lines (code, kind, host, port) values ('L', 'mbus-tcp', 'localhost', 502);
-- lines_kind_check 23514
update lines set kind = 'x25';
-- lines_port_check 23514
update lines set port = 65536;
-- lines_interval_s_check 23514
update lines set interval_s = 0;
-- lines_timeout_ms_check 23514
update lines set timeout_ms = 0;
-- devices_line_id_fkey 23503
update devices set line_id = 9;
-- devices_meter_id_fkey 23503
update devices set meter_id = 9;
-- devices_line_id_unit_key 23505
insert into devices (line_id, unit, meter_id) values (1, '1', 2);

-- V3: readings, and whatever else a frame can become
-- conflicts_state_check 23514
update conflicts set state = 'forgotten';
-- conflicts_one_a_value 23505
insert into conflicts (meter_id, register_id, time, stored_value, other_value, received, source, format, bytes)
  values (1, 1, '2026-10-01 00:00+00', 1000000, 2500000, now(), 0, 'json', '\x');
-- reading_replacements_conflict_id_fkey 23503
insert into reading_replacements (meter_id, register_id, time, before_value, before_quality, before_source, before_received,
  value, quality, conflict_id, reason, who) values (1, 1, now(), 0, 0, 0, now(), 0, 0, 9, 'photo', 'li');
-- reading_replacements_reason_check 23514
insert into reading_replacements (meter_id, register_id, time, before_value, before_quality, before_source, before_received,
  value, quality, reason, who) values (1, 1, now(), 0, 0, 0, now(), 0, 0, ' ', 'li');
-- reading_replacements_append_only 23001
update reading_replacements set reason = 'none';
-- reading_replacements_kept 23001
truncate reading_replacements;
-- rejections_start_check 23514
update rejections set start = 65536;
-- rejections_state_check 23514
update rejections set state = 'forgotten';
-- refusals_once 23505
insert into refusals (meter_id, register, time, kind, message, received, source)
  values (1, '8-0:1.0.0', '2026-10-01 00:00+00', 'future_time', 'other', now(), 1);
-- frame_counts_conserved 23514
update frame_counts set received = received + 1;
-- receipts_packet_id_check 23514
update receipts set packet_id = 0;
-- contacts_meter_id_fkey 23503
update contacts set meter_id = 9;
-- alarms_meter_id_fkey 23503
update alarms set meter_id = 9;
-- alarms_kind_check 23514
update alarms set kind = 'boredom';
-- alarms_severity_check 23514
update alarms set severity = 'fatal';
-- alarms_ended_after_began 23514
update alarms set ended_at = began_at - interval '1 second';
-- alarms_one_open 23505
insert into alarms (meter_id, kind, severity, began_at, last_seen_at) values (1, 'silent', 'warning', now(), now());
-- vee_hits_once 23505
insert into vee_hits (meter_id, register_id, time, rule, rule_version, detail) values (1, 1, '2026-10-01 00:00+00', 'V01', 1, '[]');

-- V4: published documents
-- tariffs_during_check 23514
insert into tariffs (code, during, medium, currency, document, sha256, published_by) values ('U', '(,2026-01-01)', 'water', 'CNY', '{}', '\x', 'li');
-- tariffs_one_version_a_day 23P01
insert into tariffs (code, during, medium, currency, document, sha256, published_by) values ('T', '[2026-12-31,)', 'water', 'CNY', '{}', '\x', 'li');
-- tariffs_stay 23001
update tariffs set document = '{"code":"U"}';
-- tariffs_kept 23001
truncate tariffs cascade;
-- policies_during_check 23514
insert into policies (kind, code, during, document, sha256, published_by) values ('late_fee', 'M', 'empty', '{}', '\x', 'li');
-- policies_one_version_a_day 23P01
insert into policies (kind, code, during, document, sha256, published_by) values ('late_fee', 'L', '[2026-12-31,)', '{}', '\x', 'li');
-- policies_stay 23001
delete from policies;
-- policies_kept 23001
truncate policies;

-- V6: payments and the journal
-- payments_account_id_fkey 23503
insert into payments (channel, channel_ref, account_id, company_id, kind, amount, currency, paid_at, recorded_by)
  values ('cash', '3', 9, 1, 'pay', 1, 'CNY', now(), 'li');
-- payments_company_id_fkey 23503
insert into payments (channel, channel_ref, account_id, company_id, kind, amount, currency, paid_at, recorded_by)
  values ('cash', '3', 1, 9, 'pay', 1, 'CNY', now(), 'li');
-- payments_kind_check 23514
insert into payments (channel, channel_ref, account_id, company_id, kind, amount, currency, paid_at, recorded_by)
  values ('cash', '3', 1, 1, 'gift', 1, 'CNY', now(), 'li');
-- payments_amount_check 23514
insert into payments (channel, channel_ref, account_id, company_id, kind, amount, currency, paid_at, recorded_by)
  values ('cash', '3', 1, 1, 'pay', 0.00001, 'CNY', now(), 'li');
-- payments_once 23505
insert into payments (channel, channel_ref, account_id, company_id, kind, amount, currency, paid_at, recorded_by)
  values ('cash', '1', 1, 1, 'pay', 2, 'CNY', now(), 'li');
-- payments_reverses_fkey 23503
insert into payments (channel, channel_ref, account_id, company_id, kind, amount, currency, paid_at, reverses, recorded_by)
  values ('cash', '3', 1, 1, 'reversal', 1, 'CNY', now(), 9, 'li');
-- payments_reverses_key 23505
insert into payments (channel, channel_ref, account_id, company_id, kind, amount, currency, paid_at, reverses, recorded_by)
  values ('cash', '3', 1, 1, 'reversal', 1, 'CNY', now(), 1, 'li');
-- payments_append_only 23001
delete from payments;
-- payments_kept 23001
truncate payments;
-- ledger_accounts_class 23514
insert into ledger_accounts (id, name) values (10001, 'bank:post');
-- ledger_accounts_name_key 23505
insert into ledger_accounts (id, name) values (60002, 'bank:cash');
-- ledger_accounts_append_only 23001
update ledger_accounts set name = 'bank:post' where name = 'bank:cash';
-- ledger_accounts_kept 23001
truncate ledger_accounts;
-- journal_kind_check 23514
insert into journal (kind, company_id, currency, posting_date, value_date, account_id, line, acct, amount, recorded_by)
  values ('gift', 1, 'CNY', '2026-10-06', '2026-10-06', 1, '{0,0}', '{60001,20000}', '{100,-100}', 'li');
-- journal_balances 23514
insert into journal (kind, company_id, currency, posting_date, value_date, account_id, line, acct, amount, recorded_by)
  values ('deposit', 1, 'CNY', '2026-10-06', '2026-10-06', 1, '{0,0}', '{60001,20000}', '{100,-99}', 'li');
-- journal_lawful 23514
insert into journal (kind, company_id, currency, posting_date, value_date, account_id, line, acct, amount, recorded_by)
  values ('refund', 1, 'CNY', '2026-10-06', '2026-10-06', 1, '{0,0}', '{60001,20000}', '{100,-100}', 'li');
-- journal_due 23514
insert into journal (kind, company_id, currency, posting_date, value_date, account_id, due_on, line, acct, amount, recorded_by)
  values ('deposit', 1, 'CNY', '2026-10-06', '2026-10-06', 1, '2026-11-01', '{0,0}', '{60001,20000}', '{100,-100}', 'li');
-- journal_reverses 23505
insert into journal (kind, company_id, currency, posting_date, value_date, account_id, reverses, line, acct, amount, recorded_by)
  values ('deposit', 1, 'CNY', '2026-10-06', '2026-10-06', 1, 1, '{0,0}', '{60001,20000}', '{100,-100}', 'li');
-- journal_keys 23503
insert into journal (kind, company_id, currency, posting_date, value_date, account_id, line, acct, amount, recorded_by)
  values ('deposit', 1, 'CNY', '2026-10-06', '2026-10-06', 9, '{0,0}', '{60001,20000}', '{100,-100}', 'li');
-- journal_open_month 23514
insert into journal (kind, company_id, currency, posting_date, value_date, account_id, line, acct, amount, recorded_by)
  values ('deposit', 1, 'CNY', '2026-01-31', '2026-01-31', 1, '{0,0}', '{60001,20000}', '{100,-100}', 'li');
-- journal_append_only 23001
update journal set recorded_at = now();
-- journal_kept 23001
truncate journal;
-- prepaid_never_below_zero 23514
insert into journal (kind, company_id, currency, posting_date, value_date, account_id, line, acct, amount, recorded_by)
  values ('refund', 1, 'CNY', '2026-10-06', '2026-10-06', 1, '{0,0}', '{20000,60001}', '{100,-100}', 'li');
-- closed_months_company_id_fkey 23503
insert into closed_months (company_id, month, closed_by) values (9, '2026-02-01', 'li');
-- closed_months_month_check 23514
insert into closed_months (company_id, month, closed_by) values (1, '2026-02-02', 'li');
-- closed_months_append_only 23001
delete from closed_months;
-- closed_months_kept 23001
truncate closed_months;

-- V5, V9: runs, drafts, documents
-- bill_runs_service_check 23514
update bill_runs set service = 'steam';
-- bill_runs_book_id_fkey 23503
update bill_runs set book_id = 9;
-- bill_runs_kind_check 23514
update bill_runs set kind = 'other' where id = 1;
-- bill_runs_state_check 23514
update bill_runs set state = 'lost' where id = 1;
-- bill_runs_four_eyes 23514
update bill_runs set approved_by = started_by;
-- bill_runs_correct_one 23514
update bill_runs set cancels = 1 where id = 1;
-- bill_runs_one_open 23505
insert into bill_runs (period, state, as_of, started_by) values ('2026-10', 'review', now(), 'li');
-- bill_runs_one_cancellation 23505
insert into bill_runs (period, kind, state, as_of, started_by, cancels) values ('2026-09', 'correction', 'review', now(), 'li', 1);
-- bill_run_chunks_run_id_fkey 23503
insert into bill_run_chunks (run_id, n, agreement_ids) values (9, 0, '{1}');
-- bill_run_chunks_state_check 23514
update bill_run_chunks set state = 'lost';
-- bill_run_exceptions_run_id_fkey 23503
insert into bill_run_exceptions (run_id, agreement_id, outcome, reason) values (9, 1, 'parked', 'no_reading');
-- bill_run_exceptions_agreement_id_fkey 23503
insert into bill_run_exceptions (run_id, agreement_id, outcome, reason) values (1, 9, 'parked', 'no_reading');
-- bill_run_exceptions_outcome_check 23514
update bill_run_exceptions set outcome = 'lost';
-- bill_shapes_once 23505
insert into bill_shapes (codes, units, accounts, sha256) select codes, units, accounts, sha256 from bill_shapes;
-- bill_shapes_even 23514
insert into bill_shapes (codes, units, accounts, sha256) values ('{a,b}', '{m3}', '{30000,30000}', '\x01');
-- bill_shapes_append_only 23001
update bill_shapes set codes = '{x}';
-- bill_shapes_kept 23001
truncate bill_shapes;
-- dictionaries_id_check 23514
insert into dictionaries (id, bytes, sha256) values (0, '\x00', '\x00');
-- dictionaries_append_only 23001
delete from dictionaries;
-- dictionaries_kept 23001
truncate dictionaries;
-- bill_drafts_service 23514
update bill_drafts set service_to = service_from;
-- bill_drafts_total 23514
update bill_drafts set total = 2;
-- bill_drafts_1_id_run_id_key 23505
insert into bill_drafts select (jsonb_populate_record(d, '{"agreement_id":2}')).* from bill_drafts d;
-- bill_documents_given_number 23505
insert into bill_documents select (jsonb_populate_record(d, '{"id":2,"period":"2026-08"}')).* from bill_documents d;
-- bill_documents_kind 23514
insert into bill_documents select (jsonb_populate_record(d, '{"id":2,"number":null,"kind":"lost"}')).* from bill_documents d;
-- bill_documents_service 23514
insert into bill_documents select (jsonb_populate_record(d, '{"id":2,"number":null,"service_to":"2026-01-01"}')).* from bill_documents d;
-- bill_documents_total 23514
insert into bill_documents select (jsonb_populate_record(d, '{"id":2,"number":null,"total":2}')).* from bill_documents d;
-- bill_documents_reversal 23514
insert into bill_documents select (jsonb_populate_record(d, '{"id":2,"number":null,"kind":"reversal"}')).* from bill_documents d;
-- bill_documents_reversed_once 23505
insert into bill_documents select (jsonb_populate_record(d, r)).*
from bill_documents d, jsonb_array_elements('[{"id":2,"number":null,"kind":"reversal","live":false,"reverses":1},
  {"id":3,"number":null,"kind":"reversal","live":false,"reverses":1}]') r;
-- bill_documents_one_live 23505
insert into bill_documents select (jsonb_populate_record(d, '{"id":2,"number":null}')).* from bill_documents d;
-- bill_documents_keys 23503
insert into bill_documents select (jsonb_populate_record(d, '{"id":2,"number":null,"period":"2026-08","account_id":9}')).* from bill_documents d;
-- bill_documents_stay 23001
update bill_documents set live = false;
-- bill_documents_kept 23001
truncate bill_documents;
-- register_ends_stretch 23514
update register_ends set billed_to = billed_from;
-- register_gaps_stretch 23514
update register_gaps set during = 'empty';
-- register_gaps_once 23P01
insert into register_gaps values (1, 1, '[2026-08-31 00:00+00,2026-09-01 00:00+00)', 1);
-- bill_facts_one 23505
insert into bill_facts select * from bill_facts;
-- bill_facts_append_only 23001
update bill_facts set amount = 0;
-- bill_facts_kept 23001
truncate bill_facts;

-- V8: the queue and the outbox
-- jobs_kind_check 23514
update jobs set kind = 'tea';
-- jobs_dedup_key_check 23514
update jobs set dedup_key = repeat('x', 301);
-- jobs_payload_check 23514
update jobs set payload = to_jsonb(repeat('x', 8192));
-- jobs_state_check 23514
update jobs set state = 'lost';
-- jobs_every_s_check 23514
update jobs set every_s = 0;
-- jobs_attempts_check 23514
update jobs set attempts = -1;
-- jobs_max_attempts_check 23514
update jobs set max_attempts = 0;
-- jobs_backoff_s_check 23514
update jobs set backoff_s = 0;
-- jobs_error_text_check 23514
update jobs set error_text = repeat('x', 2001);
-- jobs_leased_while_running 23514
update jobs set state = 'running';
-- jobs_ended 23514
update jobs set state = 'done';
-- jobs_schedule_never_ends 23514
update jobs set state = 'done', ended_at = now(), every_s = 60;
-- jobs_one_at_a_time 23505
insert into jobs (kind, dedup_key, priority, max_attempts, backoff_s) values ('outbox_send', 'webhook:erp', 10, 5, 10);
-- outbox_events_kind_check 23514
update outbox_events set kind = 'tea.served';
-- outbox_events_subject_check 23514
update outbox_events set subject = repeat('x', 201);
-- outbox_events_payload_check 23514
update outbox_events set payload = to_jsonb(repeat('x', 8192));
-- outbox_destinations_name_check 23514
insert into outbox_destinations (name, fingerprint) values (repeat('x', 301), '\x00');
-- outbox_deliveries_event_id_fkey 23503
insert into outbox_deliveries (event_id, destination) values (9, 'webhook:erp');
-- outbox_deliveries_destination_fkey 23503
insert into outbox_deliveries (event_id, destination) values (2, 'webhook:crm');
-- outbox_deliveries_state_check 23514
update outbox_deliveries set state = 'lost';
-- outbox_deliveries_answer_check 23514
update outbox_deliveries set answer = repeat('x', 501);
