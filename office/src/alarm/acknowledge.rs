//! Acknowledging an alarm.

use metering::refusal::{Refusal, Why};
use serde_json::json;
use store::alarms;

use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// Writes down who has seen an alarm. The same person again changes nothing.
pub async fn acknowledge(office: &Office, caller: &Caller, id: i64) -> Result<(), Refusal> {
    measured(Action::AcknowledgeAlarm, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::AcknowledgeAlarm, Scope::All).await?;
        let found = alarms::locked(deed.change(), id).await?;
        let alarm = found.ok_or_else(|| Refusal::unknown("alarm", id))?;
        if let Some((by, at)) = alarm.acknowledged {
            if by == deed.actor().name() {
                return deed.leave().await;
            }
            let refusal = Refusal::new(Why::Acknowledged, "alarm").with("alarm", id);
            return Err(refusal.with("by", by).with("at", at));
        }
        alarms::set_acknowledged(deed.change(), id, deed.now()).await?;
        let after = json!({ "kind": alarm.kind.name(), "acknowledged_at": deed.now().to_string() });
        deed.finish(Traced::of(id.to_string()).after(after)).await
    })
    .await
}
