//! Deciding a conflict: the stored value, or the other one.

use metering::refusal::{Refusal, Why};
use serde_json::json;
use store::conflicts::{self, Conflict, ConflictState};

use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The stored value stays.
    Keep,
    /// The other value takes its place.
    Replace,
}

/// Decides a conflict; to replace takes a reason. Issued bills stay as they are: a reading that they rest on is corrected by
/// a correction of theirs.
pub async fn decide(
    office: &Office,
    caller: &Caller,
    id: i64,
    decision: Decision,
    reason: &str,
) -> Result<Conflict, Refusal> {
    let action = match decision {
        Decision::Keep => Action::KeepReading,
        Decision::Replace => Action::ReplaceReading,
    };
    measured(action, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, action, Scope::All).await?;
        if decision == Decision::Replace && reason.trim().is_empty() {
            return Err(Refusal::new(Why::NoReason, "reason"));
        }
        let found = conflicts::locked(deed.change(), id).await?;
        let mut conflict = found.ok_or_else(|| Refusal::unknown("conflict", id))?;
        if conflict.state != ConflictState::Open {
            return Err(Refusal::state("conflict", id, conflict.state, action.name()));
        }
        let counts = match decision {
            Decision::Keep => {
                conflict.state = ConflictState::Kept;
                conflict.stored
            }
            Decision::Replace => {
                conflicts::replace(deed.change(), id, reason).await?;
                conflict.state = ConflictState::Replaced;
                conflict.other
            }
        };
        conflicts::set_decided(deed.change(), id, conflict.state, reason).await?;
        let traced =
            Traced::of(id.to_string()).before(json!({ "value": conflict.stored.to_string() })).after(json!({
                "value": counts.to_string(), "serial": conflict.serial, "register": conflict.register,
                "time": conflict.time.to_string(), "reason": reason,
            }));
        deed.finish(traced).await?;
        Ok(conflict)
    })
    .await
}
