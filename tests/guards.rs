//! What no role of the program may do, whatever it is made to send; and an audit trail that shows who touched it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::process::Command;

use store::seals::{self, Reach, SealFault};
use store::{Client, Role, connect};
use support::{Database, Program};

/// Some rows for the guards to stand before.
const ROWS: &str = "
insert into users (name, role) values ('li', 'clerk');
insert into audit (who, action, subject) values ('li', 'run.start', '1'), ('wang', 'run.approve', '1');
insert into tariffs (code, during, medium, currency, document, sha256, published_by)
  values ('T', '[2026-01-01,)', 'water', 'CNY', '{}', '\\x00', 'li');
insert into policies (kind, code, during, document, sha256, published_by) values ('late_fee', 'L', '[2026-01-01,)', '{}', '\\x00', 'li');
insert into registers (name, unit) values ('8-0:1.0.0', 'm3');
insert into meters (serial, medium) values ('W1', 'water');
insert into readings values (1, 1, '2026-10-01 00:00+00', 1000000, '2026-10-01 00:00+00', 0, 0),
  (1, 1, '2026-10-02 00:00+00', 2000000, '2026-10-02 00:00+00', 0, 0);
insert into conflicts (meter_id, register_id, time, stored_value, other_value, received, source, format, bytes)
  values (1, 1, '2026-10-02 00:00+00', 2000000, 2500000, '2026-10-03 00:00+00', 0, 'json', '\\x7b7d');
insert into alarms (meter_id, kind, severity, began_at, last_seen_at) values (1, 'silent', 'warning', now(), now());
insert into rejections (received, source, channel, format, kind, message, bytes) values (now(), 0, 'c', 'json', 'structure', 'm', '\\x00');
insert into frame_counts (node, writer, source, received, stored) values ('n', 0, 0, 1, 1);
insert into companies (code, name) values ('C', 'Works');
insert into accounts (account_no, name, opened_on) values ('A1', 'Li', '2026-01-01');
insert into premises (address) values ('somewhere');
insert into agreements (service_no, account_id, service, company_id, premise_id, during) values ('S1', 1, 'water', 1, 1, '[2026-01-01,)');
insert into meter_points (premise_id, service) values (1, 'water');
insert into installations (meter_id, meter_point_id, during) values (1, 1, '[2026-01-01 00:00+00,)');
insert into bill_runs (period, state, as_of, started_by, posting_date) values ('2026-10', 'issuing', now(), 'li', '2026-11-02');
insert into bill_shapes (codes, units, accounts, sha256) values ('{water}', '{m3}', '{30000}', '\\x00');
insert into bill_documents (id, run_id, agreement_id, account_id, company_id, kind, period, live, service_from, service_to, currency,
    total, issued_on, posted_on, due_on, shape, quantities, amounts, content, sha256)
  values (1, 1, 1, 1, 1, 'regular', '2026-10', true, '2026-10-01 00:00+00', '2026-11-01 00:00+00', 'CNY', 8.00, '2026-11-02',
    '2026-11-02', '2026-11-22', 2, '{4}', '{80000}', '\\x00', '\\x00');
insert into bill_facts values (1, 1, '2026-11-01', 1, '', '', '', 'water', 'm3', 30000, 1, 4, 80000);
insert into register_ends values (1, 1, '2026-10-01 00:00+00', '2026-11-01 00:00+00', 0, 4000000, 0, false, 1, '-infinity');
insert into tier_counters values (1, 'water', 2026, 4, 0);
insert into dictionaries (id, bytes, sha256) values (1, '\\x00', '\\x00');
insert into frames values (1, '2026-10-01 00:00+00', 0, 'json', '\\x7b7d');
";

/// Who tries what, and by what it is held: a grant that is not there (`42501`), or a trigger (`23001`).
const REFUSED: &[(Role, &str, &str)] = &[
    // The network's side sees no person, no account and no money, and writes nothing that people decide.
    (Role::Ingest, "select name from users", "42501"),
    (Role::Ingest, "select 1 from accounts", "42501"),
    (Role::Ingest, "select 1 from payments", "42501"),
    (Role::Ingest, "select 1 from audit", "42501"),
    (Role::Ingest, "update alarms set acked_by = 'li', acked_at = now()", "42501"),
    (Role::Ingest, "update readings set value = 0", "42501"),
    (Role::Ingest, "delete from readings", "42501"),
    (Role::Ingest, "update conflicts set state = 'kept'", "42501"),
    (Role::Ingest, "update rejections set bytes = 'x'", "42501"),
    (Role::Ingest, "select replace_by_conflict(1, 'li', 'x')", "42501"),
    (Role::Ingest, "select ledger_account('bank:x')", "42501"),
    (Role::Read, "select ledger_account('bank:x')", "42501"),
    // People's side changes no reading, no document, no trail, whatever it is made to send.
    (Role::Billing, "update readings set value = 0", "42501"),
    (Role::Billing, "delete from readings", "42501"),
    (Role::Billing, "delete from frames", "42501"),
    (Role::Billing, "update tariffs set document = '{\"code\":\"X\"}'", "42501"),
    (Role::Billing, "update policies set document = '{\"code\":\"X\"}'", "42501"),
    (Role::Billing, "delete from tariffs", "42501"),
    (Role::Billing, "update tariffs set during = '[2025-01-01,2027-01-01)'", "23001"),
    (Role::Billing, "update users set name = 'wang'", "42501"),
    (Role::Billing, "update users set created_at = now()", "42501"),
    (Role::Billing, "delete from users", "42501"),
    (Role::Billing, "update attributes set value = '0'", "42501"),
    (Role::Billing, "update installation_registers set opening = 0", "42501"),
    (Role::Billing, "update installations set multiplier = 1", "42501"),
    (Role::Billing, "update rejections set bytes = 'x'", "42501"),
    (Role::Billing, "update conflicts set other_value = 0", "42501"),
    (Role::Billing, "update audit set who = 'wang'", "42501"),
    (Role::Billing, "delete from audit", "42501"),
    (Role::Billing, "truncate audit", "42501"),
    (Role::Billing, "update audit_seals set n = 9", "42501"),
    (Role::Billing, "insert into reading_replacements (meter_id) values (1)", "42501"),
    (Role::Billing, "delete from payments", "42501"),
    (Role::Billing, "alter table audit disable trigger all", "42501"),
    (Role::Billing, "set session_replication_role = 'replica'", "42501"),
    // Nobody says when something was recorded but the database.
    (
        Role::Billing,
        "insert into payments (channel, channel_ref, account_id, company_id, kind, amount, currency, paid_at, recorded_by, \
         recorded_at) values ('cash', '1', 1, 1, 'pay', 1, 'CNY', now(), 'li', '2020-01-01')",
        "42501",
    ),
    (
        Role::Billing,
        "insert into attributes (agreement_id, name, value, during, recorded_by, recorded_at) \
         values (1, 'persons', '3', '[2026-01-01,)', 'li', '2020-01-01')",
        "42501",
    ),
    (
        Role::Billing,
        "insert into closed_months (company_id, month, closed_by, closed_at) values (1, '2026-01-01', 'li', '2020-01-01')",
        "42501",
    ),
    (Role::Billing, "update outbox_events set payload = '{}'", "42501"),
    (Role::Billing, "update outbox_deliveries set destination = 'webhook:x'", "42501"),
    (Role::Billing, "update jobs set created_at = now()", "42501"),
    (Role::Billing, "delete from outbox_deliveries", "42501"),
    (Role::Ingest, "update receipts set client = 'x'", "42501"),
    (Role::Ingest, "delete from ingest_nodes", "42501"),
    // An issued bill, and all that belongs to it.
    (Role::Billing, "update bill_documents set live = false", "42501"),
    (Role::Billing, "update bill_documents set total = 0", "42501"),
    (Role::Billing, "delete from bill_documents", "42501"),
    (
        Role::Billing,
        "insert into bill_documents select 2, number, run_id, agreement_id, account_id, company_id, kind, period, 2, live, \
         service_from, service_to, tariff_id, currency, total, issued_on, posted_on, due_on, review, book, area, use_class, \
         reverses, shape, quantities, amounts, content, dictionary, sha256 from bill_documents",
        "42501",
    ),
    (Role::Billing, "update bill_drafts set total = 0", "42501"),
    (Role::Billing, "update bill_shapes set codes = '{x}'", "42501"),
    (Role::Billing, "delete from dictionaries", "42501"),
    (Role::Billing, "insert into bill_facts select * from bill_facts", "42501"),
    (Role::Billing, "update register_ends set billed_to = now()", "42501"),
    (Role::Billing, "delete from register_ends", "42501"),
    (Role::Billing, "update tier_counters set value = 0", "42501"),
    (Role::Billing, "delete from register_gaps", "42501"),
    (Role::Billing, "update bill_runs set started_by = 'wang'", "42501"),
    (Role::Billing, "update bill_runs set as_of = now()", "42501"),
    // The functions that write them ask who has approved what.
    (Role::Billing, "select issue_drafts(1, 1, '2026-11-03', 'li')", "23001"),
    (Role::Billing, "select cancel_document(1, 1, 9, '2026-11-03', '', null, '', '{}', '{}', '{}')", "23001"),
    (
        Role::Billing,
        "select free_register_time(1, 1, 1::smallint, now(), now(), null, null, null, null, null, null, null)",
        "23001",
    ),
    (Role::Billing, "select drop_drafts(1)", "23001"),
    (Role::Ingest, "select issue_drafts(1, 1, '2026-11-02', 'li')", "42501"),
    (Role::Owner, "update bill_documents set total = 0", "23001"),
    (Role::Owner, "update bill_documents set live = false", "23001"),
    (Role::Owner, "update bill_documents set content = '\\x01'", "23001"),
    (Role::Owner, "delete from bill_documents", "23001"),
    (Role::Owner, "update bill_facts set amount = 0", "23001"),
    (Role::Owner, "update bill_shapes set codes = '{x}'", "23001"),
    (Role::Owner, "update dictionaries set bytes = '\\x01'", "23001"),
    (Role::Owner, "truncate bill_documents cascade", "23001"),
    (Role::Owner, "truncate bill_facts", "23001"),
    (Role::Owner, "truncate dictionaries", "23001"),
    (Role::Read, "select password_hash from users", "42501"),
    (Role::Read, "insert into audit (who, action, subject) values ('li', 'x.y', '1')", "42501"),
    (Role::Read, "update users set role = 'admin'", "42501"),
    // The owner, by mistake: what is written stays.
    (Role::Owner, "update audit set who = 'wang'", "23001"),
    (Role::Owner, "delete from audit", "23001"),
    (Role::Owner, "truncate audit cascade", "23001"),
    (Role::Owner, "truncate audit_seals", "23001"),
    (Role::Owner, "update tariffs set document = '{}', code = 'U'", "23001"),
    (Role::Owner, "delete from tariffs", "23001"),
    (Role::Owner, "truncate tariffs cascade", "23001"),
    (Role::Owner, "update policies set document = '{\"code\":\"X\"}'", "23001"),
    (Role::Owner, "delete from policies", "23001"),
    (Role::Owner, "truncate policies", "23001"),
    (Role::Owner, "truncate reading_replacements", "23001"),
];

#[tokio::test]
async fn each_guard_refuses() {
    let Some(database) = Database::fresh().await else { return };
    database.owner().await.batch_execute(ROWS).await.unwrap();
    for (role, statement, code) in REFUSED {
        let client = connect(database.url(), *role).await.unwrap();
        let refused =
            client.batch_execute(statement).await.map_err(|error| error.code().unwrap().code().to_owned());
        assert_eq!(refused, Err((*code).to_owned()), "{role:?}: {statement}");
    }
}

/// Each role may make temporary tables. They stand before the real ones where a name has no schema: a guard that looked into
/// one would believe whatever its maker wrote.
#[tokio::test]
async fn a_guard_is_not_deceived_by_a_temporary_table() {
    let Some(database) = Database::fresh().await else { return };
    let owner = database.owner().await;
    owner.batch_execute(ROWS).await.unwrap();
    owner
        .batch_execute(
            "select ledger_account('bank:cash'); \
             insert into closed_months (company_id, month, closed_by) values (1, '2026-01-01', 'li')",
        )
        .await
        .unwrap();
    let deposit = |account: i32, day: &str| {
        format!(
            "insert into journal (kind, company_id, currency, posting_date, value_date, account_id, line, acct, amount, recorded_by) \
             values ('deposit', 1, 'CNY', '{day}', '{day}', {account}, '{{0,0}}', '{{60001,20000}}', '{{100,-100}}', 'li')"
        )
    };
    for (deceit, statement, code) in [
        ("create temp table closed_months (like public.closed_months)", deposit(1, "2026-01-31"), "23514"),
        (
            "create temp table accounts (id integer); insert into pg_temp.accounts values (99)",
            deposit(99, "2026-10-06"),
            "23503",
        ),
    ] {
        let billing = connect(database.url(), Role::Billing).await.unwrap();
        billing.batch_execute(deceit).await.unwrap();
        let refused =
            billing.batch_execute(&statement).await.map_err(|error| error.code().unwrap().code().to_owned());
        assert_eq!(refused, Err(code.to_owned()), "{deceit}: {statement}");
    }
}

#[tokio::test]
async fn the_database_says_when_and_through_which_login_a_row_was_written() {
    let Some(database) = Database::fresh().await else { return };
    let billing = connect(database.url(), Role::Billing).await.unwrap();
    let forged = "insert into audit (at, who, action, subject, login) values ('2020-01-01', 'wang', 'run.approve', '1', 'root')";
    billing.batch_execute(forged).await.unwrap();
    let asked = "select at > now() - interval '1 minute', login = session_user from audit";
    let row = billing.query_one(asked, &[]).await.unwrap();
    assert!(row.get::<_, bool>(0) && row.get::<_, bool>(1));
}

#[tokio::test]
async fn a_reading_is_replaced_by_a_decision_that_has_a_name_and_keeps_what_stood_there() {
    let Some(database) = Database::fresh().await else { return };
    let owner = database.owner().await;
    owner.batch_execute(ROWS).await.unwrap();
    let billing = connect(database.url(), Role::Billing).await.unwrap();
    billing.batch_execute("select replace_by_conflict(1, 'wang', 'photo of the dial')").await.unwrap();
    billing
        .batch_execute(
            "select replace_by_correction(array[1], array[1::smallint], array['2026-10-01 00:00+00'::timestamptz], \
             array[900000::bigint], array[2::smallint], 6::smallint, 'wang', 'misread')",
        )
        .await
        .unwrap();
    let values: Vec<i64> = column(&owner, "select value from readings order by time").await;
    let before: Vec<i64> =
        column(&owner, "select before_value from reading_replacements order by time").await;
    assert_eq!((values, before), (vec![900_000, 2_500_000], vec![1_000_000, 2_000_000]));
    for refused in [
        // There is no such conflict, and no reason.
        "select replace_by_conflict(7, 'wang', 'x')",
        "select replace_by_correction(array[1], array[1::smallint], array['2026-10-01 00:00+00'::timestamptz], \
         array[1::bigint], array[2::smallint], 6::smallint, 'wang', ' ')",
    ] {
        let error = billing.batch_execute(refused).await.unwrap_err();
        assert!(error.code().unwrap().code().starts_with("23"), "{refused}: {error}");
    }
}

async fn column(client: &Client, query: &str) -> Vec<i64> {
    client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn the_chain_holds_until_somebody_touches_a_row() {
    let Some(database) = Database::fresh().await else { return };
    let owner = database.owner().await;
    let mut billing = connect(database.url(), Role::Billing).await.unwrap();
    owner.batch_execute("insert into audit (who, action, subject, after) select 'li', 'x.y', n::text, '{\"a\": 1}' from generate_series(1, 20) n").await.unwrap();
    assert_eq!(seals::seal(&mut billing, Reach::Newest, 15).await.unwrap(), 15);
    assert_eq!(seals::seal(&mut billing, Reach::Newest, 15).await.unwrap(), 5);
    assert_eq!(seals::seal(&mut billing, Reach::Newest, 15).await.unwrap(), 0);
    owner
        .batch_execute("insert into audit (who, action, subject) values ('li', 'x.y', 'late')")
        .await
        .unwrap();
    let verified = seals::verify(&billing).await.unwrap();
    assert!(verified.holds() && verified.unsealed == 1, "{verified:?}");
    assert_eq!(verified.head.as_ref().unwrap().n, 20);

    let touch = |statement: &'static str| {
        let owner = &owner;
        let billing = &billing;
        async move {
            owner.batch_execute("begin; set local session_replication_role = 'replica'").await.unwrap();
            owner.batch_execute(statement).await.unwrap();
            owner.batch_execute("commit").await.unwrap();
            seals::verify(billing).await.unwrap()
        }
    };
    let changed = touch("update audit set who = 'wang' where id = 7").await;
    assert_eq!(changed.faults, [(7, Some(7), SealFault::Changed)]);
    let gone = touch("delete from audit where id = 9").await;
    assert_eq!(gone.faults[1..], [(9, Some(9), SealFault::RowMissing)]);
    let unlinked = touch("delete from audit_seals where n = 12").await;
    assert_eq!(
        unlinked.faults.iter().map(|fault| fault.2).collect::<Vec<_>>(),
        [SealFault::Changed, SealFault::RowMissing, SealFault::LinkMissing,]
    );
    // A row whose link is gone is one that no link holds.
    assert_eq!(unlinked.unsealed, 2);
}

#[tokio::test]
async fn rows_that_commit_late_are_sealed_once_each_by_sixteen_sealers() {
    let Some(database) = Database::fresh().await else { return };
    let late = database.owner().await;
    late.batch_execute("begin; insert into audit (who, action, subject) values ('li', 'x.y', 'late')")
        .await
        .unwrap();
    let owner = database.owner().await;
    owner.batch_execute("insert into audit (who, action, subject) select 'li', 'x.y', n::text from generate_series(1, 200) n").await.unwrap();
    let sealers = (0..16).map(|_| {
        let url = database.url().to_owned();
        tokio::spawn(async move {
            let mut client = connect(&url, Role::Billing).await.unwrap();
            let mut sealed = 0;
            for _ in 0..20 {
                sealed += seals::seal(&mut client, Reach::Newest, 20).await.unwrap();
            }
            sealed
        })
    });
    let mut sealed = 0;
    for sealer in sealers.collect::<Vec<_>>() {
        sealed += sealer.await.unwrap();
    }
    // A sealer that finds another at work leaves it to that one: what is left is the next call's.
    let mut client = connect(database.url(), Role::Billing).await.unwrap();
    sealed += seals::seal(&mut client, Reach::Newest, 1000).await.unwrap();
    assert_eq!(sealed, 200);
    late.batch_execute("commit").await.unwrap();
    assert_eq!(seals::seal(&mut client, Reach::Newest, 20).await.unwrap(), 1);
    let verified = seals::verify(&client).await.unwrap();
    assert!(verified.holds() && verified.unsealed == 0 && verified.head.unwrap().n == 201);
}

#[tokio::test]
async fn a_row_that_a_hundred_thousand_others_have_passed_is_sealed_by_a_look_at_all() {
    let Some(database) = Database::fresh().await else { return };
    let owner = database.owner().await;
    let insert =
        "insert into audit (id, who, action, subject) overriding system value values ($1, 'li', 'x.y', '')";
    let mut client = connect(database.url(), Role::Billing).await.unwrap();
    owner.execute(insert, &[&200_001_i64]).await.unwrap();
    assert_eq!(seals::seal(&mut client, Reach::Newest, 9).await.unwrap(), 1);
    owner.execute(insert, &[&1_i64]).await.unwrap();
    assert_eq!(seals::seal(&mut client, Reach::Newest, 9).await.unwrap(), 0, "it is not looked at");
    assert_eq!(seals::verify(&client).await.unwrap().unsealed, 1, "but it shows");
    assert_eq!(seals::seal(&mut client, Reach::All, 9).await.unwrap(), 1);
    let verified = seals::verify(&client).await.unwrap();
    assert!(verified.holds() && verified.unsealed == 0, "{verified:?}");
}

/// Each unit's own login, as deploy/roles.sql makes it: it can be what its unit is, and nothing more.
#[tokio::test]
async fn a_units_login_is_its_unit_and_nothing_more() {
    let Some(database) = Database::fresh().await else { return };
    let own = std::env::var("METERLINE_TEST_HOME").is_ok();
    if !own {
        eprintln!("SKIPPED: roles are made with psql of the tests' own servers (`make test` has them)");
        return;
    }
    let made = Command::new("deploy/servers.sh")
        .args(["run", "psql", database.url(), "-q", "-v", "ON_ERROR_STOP=1"])
        .args([
            "-v",
            "ingest_password=one",
            "-v",
            "work_password=two",
            "-v",
            "serve_password=three",
            "-f",
            "deploy/roles.sql",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (_, rest) = database.url().split_once('@').unwrap();
    for (login, may, may_not) in [
        ("meterline_unit_ingest:one", &[Role::Ingest][..], &[Role::Billing, Role::Read][..]),
        ("meterline_unit_work:two", &[Role::Billing, Role::Read], &[Role::Ingest]),
        ("meterline_unit_serve:three", &[Role::Billing, Role::Read], &[Role::Ingest]),
    ] {
        let url = format!("postgres://{login}@{rest}");
        for role in may {
            connect(&url, *role).await.unwrap();
        }
        for role in may_not {
            assert!(
                connect(&url, *role).await.is_err_and(|error| error.to_string().contains("denied")),
                "{login} {role:?}"
            );
        }
        let owner = connect(&url, Role::Owner).await.unwrap();
        let error = owner.batch_execute("create table public.mine (n integer)").await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501", "{login}");
    }
}

#[tokio::test]
async fn a_head_that_was_kept_elsewhere_shows_a_chain_that_was_made_anew() {
    let Some(program) = Program::new().await else { return };
    let owner = program.database.owner().await;
    let mut billing = connect(program.database.url(), Role::Billing).await.unwrap();
    let insert =
        "insert into audit (who, action, subject) select 'li', 'x.y', n::text from generate_series(1, 3) n";
    owner.batch_execute(insert).await.unwrap();
    seals::seal(&mut billing, Reach::Newest, 10).await.unwrap();
    let head = seals::head(&billing).await.unwrap().unwrap();
    let kept = format!("{}:{}", head.n, hex::encode(&head.sha256));
    let text = program.done(&["audit", "verify", "--head", &kept, "--format", "csv"]);
    assert!(text.contains(&format!("head,{kept},")) && text.contains("kept_head,holds,"), "{text}");
    // Whoever can switch triggers off changes a row and makes the whole chain anew: by itself it holds.
    owner
        .batch_execute("set session_replication_role = 'replica'; update audit set who = 'wang' where id = 2; delete from audit_seals")
        .await
        .unwrap();
    seals::seal(&mut billing, Reach::Newest, 10).await.unwrap();
    program.done(&["audit", "verify"]);
    let ended = program.run(&["audit", "verify", "--head", &kept, "--format", "csv"]);
    assert!(ended.code == 1 && ended.stdout.contains("kept_head,does_not_hold,"), "{ended:?}");
}
