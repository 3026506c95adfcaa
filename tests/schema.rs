//! The schema itself: its constraints refuse what must not be.

mod support;

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
