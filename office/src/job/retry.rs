//! Trying a job again.

use metering::refusal::Refusal;
use serde_json::json;
use store::queue::{self, JobKind};

use super::refused;
use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// A job that has failed, or waits for its back-off, is tried at once, with all its attempts. Returns its kind.
pub async fn retry(office: &Office, caller: &Caller, id: i64) -> Result<JobKind, Refusal> {
    measured(Action::RetryJob, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::RetryJob, Scope::All).await?;
        let kind = queue::retry(deed.change(), id).await.map_err(refused)?;
        deed.finish(Traced::of(id.to_string()).after(json!({ "kind": kind.name() }))).await?;
        Ok(kind)
    })
    .await
}
