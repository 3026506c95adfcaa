//! Alarms: what is wrong now, and what was.

use jiff::Timestamp;
use tokio_postgres::{GenericClient, Row};

use super::Slice;
use crate::SqlError;

/// A row of the list.
#[derive(Clone, Debug)]
pub struct AlarmRow {
    /// Its number.
    pub id: i64,
    /// The meter, or none for the system's own.
    pub serial: Option<String>,
    /// What.
    pub kind: String,
    /// How grave.
    pub severity: String,
    /// Since when.
    pub began_at: Timestamp,
    /// Until when, if it is over.
    pub ended_at: Option<Timestamp>,
    /// Who has seen it.
    pub acked_by: Option<String>,
}

/// A part: open ones first by gravity, or those that have ended. The key is the number of rows before it.
pub async fn list(
    client: &impl GenericClient,
    ended: bool,
    slice: &Slice<i64>,
) -> Result<Vec<AlarmRow>, SqlError> {
    let rows = client
        .query(include_str!("../../sql/pages/alarms.sql"), &[&ended, &slice.most, &slice.after.unwrap_or(0)])
        .await?;
    rows.iter().map(alarm).collect()
}

fn alarm(row: &Row) -> Result<AlarmRow, SqlError> {
    Ok(AlarmRow {
        id: row.try_get("id")?,
        serial: row.try_get("serial")?,
        kind: row.try_get("kind")?,
        severity: row.try_get("severity")?,
        began_at: row.try_get("began_at")?,
        ended_at: row.try_get("ended_at")?,
        acked_by: row.try_get("acked_by")?,
    })
}
