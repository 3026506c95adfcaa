//! The steps of a run that workers carry on: whoever gives a step puts its jobs on the queue in the same transaction.
//!
//! A step is shared by [`SHARES`] jobs, each of which claims chunk after chunk until the step is done. So one run is worked
//! on by as many places as are free, in any number of processes, beside a command that waits for it in the foreground. A
//! share that comes too late finds nothing to do.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::queue::{self, JobKind, Wish};
use store::{SqlError, Transaction};

/// Jobs that share a step of a run.
const SHARES: u8 = 8;

/// What a share needs to know.
#[derive(Debug, Deserialize, Serialize)]
pub struct Share {
    /// The run.
    pub run: i64,
    /// Who ordered its issue; of a trial, none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// The trial of a run that is frozen in this transaction.
pub async fn trial(change: &Transaction<'_>, run: i64) -> Result<(), SqlError> {
    wish(change, JobKind::BillTrial, &Share { run, by: None }).await
}

/// The issue of a run that is ordered in this transaction.
pub async fn issue(change: &Transaction<'_>, run: i64, by: &str) -> Result<(), SqlError> {
    wish(change, JobKind::BillIssue, &Share { run, by: Some(by.to_owned()) }).await
}

/// Whether the step has jobs in the queue, waiting, running or failed for good.
pub async fn stands(change: &Transaction<'_>, kind: JobKind, run: i64) -> Result<bool, SqlError> {
    queue::stands(change, kind, &key(run, 1)).await
}

async fn wish(change: &Transaction<'_>, kind: JobKind, share: &Share) -> Result<(), SqlError> {
    let payload = serde_json::to_value(share).unwrap_or(Value::Null);
    for n in 1..=SHARES {
        let wish = Wish { kind, key: key(share.run, n), payload: payload.clone() };
        queue::enqueue(change, &wish).await?;
    }
    Ok(())
}

fn key(run: i64, share: u8) -> String {
    format!("{run}/{share}")
}
