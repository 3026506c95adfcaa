//! Giving a run up.

use metering::refusal::Refusal;
use serde_json::json;
use store::runs::{self, RunState};

use super::locked;
use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// Gives a run up. Its trial goes; nothing issued is touched, so a run of which something is issued cannot be aborted.
pub async fn abort(office: &Office, caller: &Caller, id: i64) -> Result<(), Refusal> {
    measured(Action::AbortRun, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::AbortRun, Scope::All).await?;
        let run = locked(deed.change(), id).await?;
        let over = matches!(run.state, RunState::Issuing | RunState::Issued | RunState::Aborted);
        if over || runs::issued_bills(deed.change().transaction(), id).await? > 0 {
            return Err(Refusal::state("run", id, run.state, "abort"));
        }
        runs::set_aborted(deed.change(), id).await?;
        deed.finish(Traced::of(id.to_string()).before(json!({ "state": run.state.name() }))).await
    })
    .await
}
