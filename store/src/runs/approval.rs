//! What a second person approves of a run, and the order to issue just that.

use billing::issue_day::issue_day;
use jiff::civil::Date;
use serde_json::json;
use tokio_postgres::Transaction;

use super::{Run, RunError, RunState, find, locked, totals};
use crate::audit;
use crate::users::Actor;

/// What is approved besides the bills: the day that they carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval<'a> {
    /// The day of issue.
    pub on: Date,
    /// The utility's civil day now.
    pub today: Date,
    /// Why the day of issue lies far back, where it does.
    pub reason: Option<&'a str>,
}

/// Approves a run that is in review, and with it the day that its bills carry; refused to whoever started it.
pub async fn approve(
    change: &Transaction<'_>,
    id: i64,
    approval: &Approval<'_>,
    who: &Actor,
) -> Result<(), RunError> {
    let run = locked(change, id).await?;
    if run.started_by == who.name() {
        return Err(RunError::FourEyes { run: id, name: who.name().to_owned() });
    }
    if run.state != RunState::Review {
        return Err(RunError::State { run: id, state: run.state, step: "approve" });
    }
    let Approval { on, today, reason } = *approval;
    issue_day(on, today, reason).map_err(|source| RunError::Day { run: id, source })?;
    let text = format!(
        "update bill_runs set state = 'approved', approved_by = $2, approved_at = now(), posting_date = $3, \
         back_dated = $4, bills_sha256 = {CHUNKS_SHA256} where id = $1"
    );
    change.execute(&text, &[&id, &who.name(), &on, &reason]).await?;
    let totals = totals(change, id).await?;
    let after = json!({
        "billed": totals.billed, "total": totals.total.to_string(), "on": on.to_string(), "reason": reason,
    });
    audit::record(change, who, "run.approve", &id.to_string(), None, Some(after)).await?;
    Ok(())
}

/// The hash over the hashes of the chunks of run `$1`, in order.
const CHUNKS_SHA256: &str = "sha256(coalesce((select string_agg(bills_sha256, '' order by n) \
                             from bill_run_chunks where run_id = $1), ''))";

/// Begins to issue an approved run, on the day that was approved. One that is being issued goes on in the name of
/// whoever began.
pub async fn begin_issue(change: &Transaction<'_>, id: i64, who: &Actor) -> Result<Run, RunError> {
    let run = locked(change, id).await?;
    match run.state {
        RunState::Issuing | RunState::Issued => return Ok(run),
        RunState::Approved => {}
        state => return Err(RunError::State { run: id, state, step: "issue" }),
    }
    let text = format!(
        "update bill_runs set state = 'issuing', issued_by = $2 where id = $1 and bills_sha256 = {CHUNKS_SHA256}"
    );
    if change.execute(&text, &[&id, &who.name()]).await? == 0 {
        return Err(RunError::NotApproved(id));
    }
    let after = json!({ "on": run.posting_date.map(|on| on.to_string()) });
    audit::record(change, who, "run.issue", &id.to_string(), None, Some(after)).await?;
    find(change, id).await
}
