//! Derived tables, held against what they are derived from: the trigger that moves them may be sound, and a hand on the
//! database, a restore of a part or a lost statement still leaves them wrong.

use tokio_postgres::GenericClient;

use crate::SqlError;

/// A row of a derived table that is not what its sources make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The derived table.
    pub table: String,
    /// Which row: `account 12, bill 34`.
    pub key: String,
    /// What its sources make of it.
    pub expected: String,
    /// What stands in it.
    pub found: String,
}

/// Counts open items, prepaid balances, freed register time and control totals anew and compares: the first 1,000 differences.
pub async fn differences(client: &impl GenericClient) -> Result<Vec<Difference>, SqlError> {
    let rows = client.query(include_str!("../sql/derived.sql"), &[]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Difference {
            table: row.try_get("table")?,
            key: row.try_get("key")?,
            expected: row.try_get("expected")?,
            found: row.try_get("found")?,
        })
    };
    rows.iter().map(read).collect()
}
