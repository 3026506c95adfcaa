//! The schema itself: its constraints refuse what must not be.

mod support;

use std::collections::BTreeSet;

use billing::cycle::Cycle;
use billing::reason::Outcome;
use metering::{Medium, Service, Severity};
use store::UserRole;
use store::conflicts::ConflictState;
use store::outbox::EventKind;
use store::queue::{JobKind, JobState};
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
async fn counts_that_do_not_add_up_are_refused() {
    let Some(database) = Database::fresh().await else { return };
    let client = database.owner().await;
    let lost = "insert into frame_counts (node, writer, source, received, stored) values ('n', 0, 0, 2, 1)";
    let error = client.batch_execute(lost).await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().constraint(), Some("frame_counts_conserved"));
}

/// The closed lists whose names stand in a CHECK too: table, column, names.
fn closed_lists() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let media = Medium::ALL.iter().map(|medium| medium.name()).collect();
    let roles = UserRole::ALL.iter().map(|role| role.name()).collect();
    vec![
        ("agreements", "service", Service::NAMES.to_vec()),
        ("alarms", "severity", Severity::NAMES.to_vec()),
        ("bill_run_exceptions", "outcome", Outcome::NAMES.to_vec()),
        ("bill_runs", "service", Service::NAMES.to_vec()),
        ("books", "cycle", Cycle::NAMES.to_vec()),
        ("books", "service", Service::NAMES.to_vec()),
        ("conflicts", "state", ConflictState::NAMES.to_vec()),
        ("jobs", "kind", JobKind::NAMES.to_vec()),
        ("jobs", "state", JobState::NAMES.to_vec()),
        ("meter_points", "service", Service::NAMES.to_vec()),
        ("meters", "medium", media),
        ("outbox_events", "kind", EventKind::NAMES.to_vec()),
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
    for (table, column, names) in closed_lists() {
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
