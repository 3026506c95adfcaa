//! Approving what another person started.

use jiff::civil::Date;
use metering::refusal::{Refusal, Why};
use serde_json::json;
use store::bills::cancel;
use store::payments::Till;
use store::runs::{self, Run, RunKind, RunState};
use store::{policies, users};

use super::locked;
use crate::metrics::measured;
use crate::{Action, Caller, Deed, Office, Scope, Traced, day};

/// What is approved now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approved {
    /// The run.
    pub run: i64,
    /// The day that its documents carry.
    pub on: Date,
    /// Whether a cancellation was carried out with it.
    pub cancelled: bool,
}

/// Approves a run in review, with the day that its documents carry (else today). A cancellation is one document: approving
/// it carries it out. Refused to whoever started it, and to whoever they have made an approver since.
pub async fn approve(
    office: &Office,
    caller: &Caller,
    id: i64,
    on: Option<Date>,
    reason: &str,
) -> Result<Approved, Refusal> {
    measured(Action::ApproveRun, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::ApproveRun, Scope::All).await?;
        let run = locked(deed.change(), id).await?;
        four_eyes(&deed, &run).await?;
        if run.state != RunState::Review {
            return Err(Refusal::state("run", id, run.state, "approve"));
        }
        let on = on.unwrap_or_else(|| deed.today());
        day::check(&deed, office.settings(), "on", on, reason)?;
        let back_dated = Some(reason.trim()).filter(|reason| !reason.is_empty());
        runs::set_approved(deed.change(), id, on, back_dated).await?;
        let totals = runs::totals(deed.change().transaction(), id).await?;
        let cancelled = run.kind == RunKind::Correction;
        if cancelled {
            let rules = policies::settlement_rules(deed.change().transaction()).await?;
            let till = Till { zone: office.zone(), rules: &rules, who: deed.actor() };
            cancel::carry_out(deed.change(), id, on, &till).await?;
        }
        let after = json!({
            "billed": totals.billed, "total": totals.total.to_string(), "on": on.to_string(), "reason": reason,
        });
        deed.finish(Traced::of(id.to_string()).after(after)).await?;
        Ok(Approved { run: id, on, cancelled })
    })
    .await
}

/// Another person: not the starter, and nobody whom the starter, or someone at the machine account of the start, has added
/// or changed since.
async fn four_eyes(deed: &Deed<'_>, run: &Run) -> Result<(), Refusal> {
    let approver = deed.actor().name();
    if run.started_by == approver {
        return Err(Refusal::new(Why::FourEyes, "run").with("name", approver).with("run", run.id));
    }
    let account = runs::started_from(deed.change().transaction(), run.id).await?;
    let changes = users::changed_by(deed.change().transaction(), approver, run.as_of).await?;
    let made =
        changes.iter().any(|(who, from)| *who == run.started_by || (from.is_some() && *from == account));
    if made {
        let refusal = Refusal::new(Why::MadeByStarter, "run").with("name", approver);
        return Err(refusal.with("starter", &run.started_by).with("run", run.id));
    }
    Ok(())
}
