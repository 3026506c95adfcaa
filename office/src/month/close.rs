//! Closing a month.

use jiff::civil::Date;
use metering::refusal::{Refusal, Why};
use serde_json::json;
use store::ledger;

use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// Closes the month of a day for every company whose books are open in it; their codes. Nothing is posted into it any more:
/// what belongs to it later is posted into the next open month and keeps its value date. Waits for those who are posting.
pub async fn close(office: &Office, caller: &Caller, month: Date) -> Result<Vec<String>, Refusal> {
    measured(Action::CloseMonth, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::CloseMonth, Scope::All).await?;
        let label = month.strftime("%Y-%m").to_string();
        let mut closed = Vec::new();
        for (company, code) in ledger::companies(deed.change().transaction()).await? {
            match ledger::close_month(deed.change(), company, month, deed.today())
                .await
                .map_err(Refusal::from)
            {
                Ok(()) => closed.push(code),
                Err(refusal) if refusal.why == Why::ClosedMonth => {}
                Err(refusal) => return Err(refusal),
            }
        }
        if closed.is_empty() {
            return Err(Refusal::new(Why::ClosedMonth, "month").with("month", label));
        }
        deed.finish(Traced::of(label).after(json!({ "companies": closed }))).await?;
        Ok(closed)
    })
    .await
}
