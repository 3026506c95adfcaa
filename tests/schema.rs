//! The schema itself: its constraints refuse what must not be.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use billing::cycle::Cycle;
use billing::ledger::PostingKind;
use billing::reason::Outcome;
use metering::{AlarmKind, Medium, Service, Severity};
use store::bills::BillKind;
use store::conflicts::ConflictState;
use store::import::OpeningItem;
use store::lines::LineKind;
use store::outbox::{DeliveryState, EventKind};
use store::queue::{JobKind, JobState};
use store::rejections::RejectionState;
use store::runs::{ChunkState, RunKind, RunState};
use store::{Channel, Listener, MigrateError, UserRole};
use support::Database;

#[tokio::test]
async fn a_database_is_migrated_once_and_migrating_again_changes_nothing() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = database.owner().await;
    assert_eq!(store::migrate(&mut client).await.unwrap(), Vec::<String>::new());
    let hypertables: i64 = client
        .query_one("select count(*) from timescaledb_information.hypertables", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(hypertables, 2, "readings and frames");
}

#[tokio::test]
async fn a_database_of_an_older_tree_is_told_from_one_that_is_broken() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = database.owner().await;
    client
        .batch_execute("update refinery_schema_history set checksum = '1' where version = 4")
        .await
        .unwrap();
    let error = store::migrate(&mut client).await.unwrap_err();
    assert!(matches!(&error, MigrateError::OlderTree(migration) if migration == "V4__tariffs"), "{error}");
}

/// A row in each table.
const ROWS: &str = include_str!("schema/rows.sql");

/// What each constraint and each trigger that refuses is to refuse.
const REFUSED: &str = include_str!("schema/refused.sql");

/// Every constraint, unique index and trigger of ours with its table, but for primary keys: those have a test of their own.
const GUARDS: &str = r"
select c.conname::text as guard, t.relname::text as table_name
from pg_constraint c join pg_class t on t.oid = c.conrelid
where t.relnamespace = 'public'::regnamespace
  -- What a partition checks it has from its table; what is unique in it, it has by a name of its own.
  and (c.contype in ('c', 'f', 'x') and not t.relispartition or c.contype = 'u' and t.relkind <> 'p')
union all
select i.relname::text, t.relname::text
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
where i.relnamespace = 'public'::regnamespace and x.indisunique
  and not t.relispartition and not exists (select from pg_constraint c where c.conindid = i.oid)
union all
select g.tgname::text, t.relname::text
from pg_trigger g join pg_class t on t.oid = g.tgrelid join pg_proc p on p.oid = g.tgfoid
where t.relnamespace = 'public'::regnamespace and p.pronamespace = 'public'::regnamespace and not g.tgisinternal";

/// A statement that a guard refuses.
struct Refused {
    guard: &'static str,
    state: &'static str,
    statement: &'static str,
}

/// The statements of [`REFUSED`]: `-- GUARD SQLSTATE`, then the statement.
fn refused() -> Vec<Refused> {
    let blocks = REFUSED.split("\n-- ").filter_map(|block| {
        let (head, statement) = block.split_once('\n')?;
        let (guard, state) = head.split_once(' ')?;
        let is_head = state.len() == 5 && state.starts_with("23");
        is_head.then_some(Refused { guard, state, statement })
    });
    blocks.collect()
}

#[tokio::test]
async fn each_guard_has_a_statement_that_it_refuses() {
    let Some(database) = Database::fresh().await else { return };
    let client = database.owner().await;
    client.batch_execute(ROWS).await.unwrap();
    for Refused { guard, state, statement } in refused() {
        let error = client.batch_execute(statement).await.expect_err(guard);
        let error = error.as_db_error().unwrap();
        assert_eq!((error.code().code(), error.constraint()), (state, Some(guard)), "{statement}{error}");
    }
    let acts: Vec<&str> = TELLS.iter().map(|(trigger, _)| *trigger).chain(ACTS.iter().copied()).collect();
    let mut held: BTreeSet<&str> = refused().iter().map(|refused| refused.guard).chain(acts).collect();
    for row in client.query(GUARDS, &[]).await.unwrap() {
        let (guard, table): (&str, &str) = (row.get("guard"), row.get("table_name"));
        assert!(held.remove(guard), "{table}: {guard} has no statement that it must refuse");
        assert!(!held.contains(guard), "{guard} is the name of two guards");
    }
    assert!(held.is_empty(), "no such guard: {held:?}");
}

#[tokio::test]
async fn each_primary_key_refuses_a_copy_of_its_row() {
    let Some(database) = Database::fresh().await else { return };
    let client = database.owner().await;
    client.batch_execute(ROWS).await.unwrap();
    let keys = "select c.conname::text as key, t.relname::text as table_name \
                from pg_constraint c join pg_class t on t.oid = c.conrelid \
                where t.relnamespace = 'public'::regnamespace and c.contype = 'p' and t.relkind <> 'p' \
                  and t.relname <> 'refinery_schema_history'";
    for row in client.query(keys, &[]).await.unwrap() {
        let (key, table): (&str, &str) = (row.get("key"), row.get("table_name"));
        let again = format!("insert into {table} overriding system value select * from {table} limit 1");
        let Err(error) = client.batch_execute(&again).await else {
            panic!("{table}: nothing refuses a copy of a row, or there is no row");
        };
        let error = error.as_db_error().unwrap();
        assert_eq!(error.code().code(), "23505", "{table}: {error}");
        // The constraint of a hypertable's chunk has the chunk's number in front.
        assert!(error.constraint().unwrap().ends_with(key), "{table}: {error:?}");
    }
}

#[tokio::test]
async fn functions_that_read_tables_look_for_them_in_the_schema_alone() {
    let Some(database) = Database::fresh().await else { return };
    let client = database.owner().await;
    let trusting = "select string_agg(p.proname, ' ' order by p.proname) as names from pg_proc p \
                    where p.pronamespace = 'public'::regnamespace and p.prosrc ~* '\\m(from|join|insert into) +[a-z]|\\mupdate +[a-z_]+( +[a-z]+)? +set\\M' \
                      and not coalesce(p.proconfig @> array['search_path=public, pg_temp'], false) \
                      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')";
    let names: Option<String> = client.query_one(trusting, &[]).await.unwrap().get("names");
    assert_eq!(names, None, "a temporary table could stand before the one that they mean");
}

#[tokio::test]
async fn nobody_borrows_the_owners_rights_without_a_grant() {
    let Some(database) = Database::fresh().await else { return };
    let client = database.owner().await;
    let lent = "select string_agg(p.proname, ' ' order by p.proname) as names from pg_proc p \
                where p.pronamespace = 'public'::regnamespace and p.prosecdef and p.prorettype <> 'trigger'::regtype \
                  and has_function_privilege('public', p.oid, 'execute')";
    let names: Option<String> = client.query_one(lent, &[]).await.unwrap().get("names");
    assert_eq!(names, None, "every role may call these with their owner's rights");
}

/// Triggers that tell ingest of a change of master data, each with a change.
const TELLS: &[(&str, &str)] = &[
    ("devices_tell", "update devices set unit = unit"),
    ("installations_tell", "update installations set multiplier = multiplier"),
    ("lines_tell", "update lines set port = port"),
    ("meter_registers_tell", "update meter_registers set digits = digits"),
    ("meters_tell", "update meters set model = model"),
];

#[tokio::test]
async fn a_change_of_master_data_is_heard() {
    let Some(database) = Database::fresh().await else { return };
    let client = database.owner().await;
    client.batch_execute(ROWS).await.unwrap();
    let mut listener = Listener::open(database.url(), Channel::Directory).await.unwrap();
    for (trigger, statement) in TELLS {
        client.batch_execute(statement).await.unwrap();
        let heard = tokio::time::timeout(Duration::from_secs(10), listener.changed()).await;
        assert_eq!(heard, Ok(Ok(())), "{trigger}");
    }
}

/// Triggers that do something else than to refuse. What they do is held by the next test.
const ACTS: &[&str] = &["audit_stamped", "closed_months_wait", "journal_moves"];

#[tokio::test]
async fn what_a_trigger_does_is_done_whatever_the_statement_says() {
    let Some(database) = Database::fresh().await else { return };
    let client = database.owner().await;
    client.batch_execute(ROWS).await.unwrap();
    let holds = async |statement: &str, question: &str| {
        client.batch_execute(statement).await.unwrap();
        assert!(client.query_one(question, &[]).await.unwrap().get::<_, bool>(0), "{statement}");
    };
    holds(
        "insert into audit (at, who, action, subject, login) values ('2020-01-01', 'li', 'x.y', 'forged', 'root')",
        "select at > now() - interval '1 minute' and login = session_user from audit where subject = 'forged'",
    )
    .await;
    let deposit = "insert into journal (kind, company_id, currency, posting_date, value_date, account_id, line, acct, amount, \
                   recorded_by) values ('deposit', 1, 'CNY', '2026-10-06', '2026-10-06', 1, '{0,0}', '{60001,20000}', \
                   '{12345,-12345}', 'li')";
    holds(deposit, "select balance = 1.2345 from prepaid_balances where account_id = 1").await;
    // Whoever closes a month waits for those who are posting into it.
    client.batch_execute("begin").await.unwrap();
    client.batch_execute(deposit).await.unwrap();
    let closer = database.owner().await;
    let close = "set lock_timeout = '100ms'; insert into closed_months (company_id, month, closed_by) values (1, '2026-10-01', 'li')";
    let error = closer.batch_execute(close).await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "55P03", "{error}");
    client.batch_execute("commit").await.unwrap();
    closer.batch_execute(close).await.unwrap();
}

/// The closed lists whose names stand in a CHECK too: table, column, names.
fn closed_lists() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let media = Medium::ALL.iter().map(|medium| medium.name()).collect();
    let roles = UserRole::ALL.iter().map(|role| role.name()).collect();
    vec![
        ("agreements", "service", Service::NAMES.to_vec()),
        ("alarms", "kind", AlarmKind::all().map(AlarmKind::name).collect()),
        ("alarms", "severity", Severity::NAMES.to_vec()),
        ("bill_documents", "kind", BillKind::NAMES.to_vec()),
        ("bill_run_chunks", "state", ChunkState::NAMES.to_vec()),
        ("bill_run_exceptions", "outcome", Outcome::NAMES.to_vec()),
        ("bill_runs", "kind", RunKind::NAMES.to_vec()),
        ("bill_runs", "service", Service::NAMES.to_vec()),
        ("bill_runs", "state", RunState::NAMES.to_vec()),
        ("books", "cycle", Cycle::NAMES.to_vec()),
        ("books", "service", Service::NAMES.to_vec()),
        ("conflicts", "state", ConflictState::NAMES.to_vec()),
        ("jobs", "kind", JobKind::NAMES.to_vec()),
        ("jobs", "state", JobState::NAMES.to_vec()),
        ("journal", "kind", PostingKind::NAMES.to_vec()),
        ("lines", "kind", LineKind::NAMES.to_vec()),
        ("meter_points", "service", Service::NAMES.to_vec()),
        ("meters", "medium", media),
        ("openings", "item", OpeningItem::NAMES.to_vec()),
        ("outbox_deliveries", "state", DeliveryState::NAMES.to_vec()),
        ("outbox_events", "kind", EventKind::NAMES.to_vec()),
        ("payments", "kind", store::payments::Kind::NAMES.to_vec()),
        ("rejections", "state", RejectionState::NAMES.to_vec()),
        ("users", "role", roles),
    ]
}

/// The columns whose CHECK lists the names that may stand there, with these names.
const LISTS: &str = r"
select t.relname::text as table_name, a.attname::text as column_name,
       array(select m[1] from regexp_matches(pg_get_constraintdef(c.oid), '''([^'']*)''::text', 'g') m) as names
from pg_constraint c
join pg_class t on t.oid = c.conrelid
join pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
where c.contype = 'c' and t.relnamespace = 'public'::regnamespace
  and pg_get_constraintdef(c.oid) ~ '= ANY \(\(?ARRAY\['";

#[tokio::test]
async fn a_closed_list_and_its_check_are_one() {
    let Some(database) = Database::fresh().await else { return };
    let rows = database.owner().await.query(LISTS, &[]).await.unwrap();
    let lists = closed_lists();
    for row in &rows {
        let (table, column): (&str, &str) = (row.get("table_name"), row.get("column_name"));
        let is_known = lists.iter().any(|list| (list.0, list.1) == (table, column));
        assert!(is_known, "{table}.{column} lists names, and no list of the program is compared with it");
    }
    for (table, column, names) in lists {
        let row = rows.iter().find(|row| {
            row.get::<_, &str>("table_name") == table && row.get::<_, &str>("column_name") == column
        });
        let row = row.unwrap_or_else(|| panic!("{table}.{column} has no CHECK that lists its names"));
        let there: BTreeSet<&str> = row.get::<_, Vec<&str>>("names").into_iter().collect();
        assert_eq!(there, names.into_iter().collect(), "{table}.{column}");
    }
}

#[tokio::test]
async fn a_row_that_is_not_understood_stops_and_says_where() {
    let Some(database) = Database::fresh().await else { return };
    let client = database.owner().await;
    client
        .batch_execute(
            "alter table users drop constraint users_role_check; \
             insert into users (name, role) values ('li', 'clerk'), ('zhao', 'regent')",
        )
        .await
        .unwrap();
    let error = store::users::list(&client).await.unwrap_err().to_string();
    assert!(
        error.starts_with("users.role holds \"regent\", which this version does not understand"),
        "{error}"
    );
}
