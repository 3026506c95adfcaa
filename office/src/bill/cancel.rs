//! Proposing to cancel an issued bill (冲红).

use metering::refusal::{Refusal, Why};
use serde_json::json;
use store::bills;

use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// Proposes to cancel a bill, with a reason; the number of the run in which the reversal waits for another person.
pub async fn cancel(office: &Office, caller: &Caller, bill_no: &str, reason: &str) -> Result<i64, Refusal> {
    measured(Action::CancelBill, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::CancelBill, Scope::All).await?;
        if reason.trim().is_empty() {
            return Err(Refusal::new(Why::NoReason, "reason"));
        }
        let proposed = bills::cancel::propose(deed.change(), bill_no, reason).await?;
        let after = json!({ "run": proposed.run, "reason": reason, "total": proposed.total.to_string() });
        deed.finish(Traced::of(&proposed.bill_no).after(after)).await?;
        Ok(proposed.run)
    })
    .await
}
