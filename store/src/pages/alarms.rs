//! Alarms: what is wrong now, and what was.

use jiff::Timestamp;
use tokio_postgres::GenericClient;

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
    Ok(rows
        .iter()
        .map(|row| AlarmRow {
            id: row.get(0),
            serial: row.get(1),
            kind: row.get(2),
            severity: row.get(3),
            began_at: row.get(4),
            ended_at: row.get(5),
            acked_by: row.get(6),
        })
        .collect())
}
