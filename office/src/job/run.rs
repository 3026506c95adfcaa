//! Running a schedule now.

use metering::refusal::Refusal;
use serde_json::json;
use store::queue::{self, JobKind};

use super::refused;
use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// The next time of a schedule is now; what has none is refused, because it is about one thing. Returns its job.
pub async fn run(office: &Office, caller: &Caller, kind: JobKind) -> Result<i64, Refusal> {
    measured(Action::RunJob, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::RunJob, Scope::All).await?;
        let id = queue::run_now(deed.change(), kind).await.map_err(refused)?;
        deed.finish(Traced::of(id.to_string()).after(json!({ "kind": kind.name() }))).await?;
        Ok(id)
    })
    .await
}
