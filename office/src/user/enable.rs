//! Giving a disabled user their role again.

use metering::refusal::Refusal;
use serde_json::json;
use store::users;

use super::locked;
use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// Enables a user who was disabled; anybody else stays as they are, without a trace.
pub async fn enable(office: &Office, caller: &Caller, name: &str) -> Result<(), Refusal> {
    measured(Action::EnableUser, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::EnableUser, Scope::All).await?;
        let user = locked(deed.change(), name).await?;
        let Some(since) = user.disabled_at else { return deed.leave().await };
        users::set_disabled(deed.change(), name, false).await?;
        let traced = Traced::of(name)
            .before(json!({ "disabled": true, "since": since.to_string() }))
            .after(json!({ "disabled": false, "role": user.role.name() }));
        deed.finish(traced).await
    })
    .await
}
