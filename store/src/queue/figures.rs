//! How deep the queue is, for dashboards and alarms.

use tokio_postgres::GenericClient;

use super::{JobKind, JobState};
use crate::{SqlError, row};

/// The jobs of one kind in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// What they do.
    pub kind: JobKind,
    /// Waiting, running or failed.
    pub state: JobState,
    /// How many.
    pub count: i64,
    /// Seconds since the time of the oldest that waits came; 0 where none is due.
    pub oldest_s: i64,
}

/// Of each kind, what waits, runs or has failed. Jobs that are done are not counted.
pub async fn depths(client: &impl GenericClient) -> Result<Vec<Depth>, SqlError> {
    let rows = client
        .query(
            "select kind, state, count(*) as count, \
                    greatest(0, coalesce(extract(epoch from now() - min(run_after) filter (where state = 'waiting')), 0))::bigint as oldest_s \
             from jobs where state in ('waiting', 'running', 'failed') group by kind, state",
            &[],
        )
        .await?;
    let depth = |row: &tokio_postgres::Row| {
        Ok(Depth {
            kind: row::known(row, "jobs", "kind")?,
            state: row::known(row, "jobs", "state")?,
            count: row.try_get("count")?,
            oldest_s: row.try_get("oldest_s")?,
        })
    };
    rows.iter().map(depth).collect()
}
