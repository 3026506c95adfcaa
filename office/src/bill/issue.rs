//! Issuing an approved run.

use metering::refusal::Refusal;
use serde_json::json;
use store::runs::{self, RunState};

use super::{locked, order};
use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// An issue that is ordered; workers carry it on in the name of whoever gave it, also when they have left since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The run.
    pub run: i64,
    /// Who ordered it first.
    pub by: String,
    /// Whether it was ordered before: then nothing was done.
    pub repeated: bool,
}

/// Orders the issue of an approved run: of the bills that were approved, on the day that was approved.
pub async fn issue(office: &Office, caller: &Caller, id: i64) -> Result<Issue, Refusal> {
    measured(Action::IssueRun, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::IssueRun, Scope::All).await?;
        let run = locked(deed.change(), id).await?;
        if matches!(run.state, RunState::Issuing | RunState::Issued) {
            let by = run.issued_by.unwrap_or_else(|| deed.actor().name().to_owned());
            deed.leave().await?;
            return Ok(Issue { run: id, by, repeated: true });
        }
        let (RunState::Approved, Some(approved)) = (run.state, run.posting_date) else {
            return Err(Refusal::state("run", id, run.state, "issue"));
        };
        runs::set_issuing(deed.change(), id).await?;
        let by = deed.actor().name().to_owned();
        order::issue(deed.change(), id, &by).await?;
        deed.finish(Traced::of(id.to_string()).after(json!({ "on": approved.to_string() }))).await?;
        Ok(Issue { run: id, by, repeated: false })
    })
    .await
}
