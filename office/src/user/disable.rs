//! Taking every right from a user.

use metering::refusal::Refusal;
use serde_json::json;
use store::{sessions, users};

use super::{locked, not_the_last};
use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// Disables a user and ends their sessions; the name stays, documents carry it. The last administrator stays. Whoever is
/// disabled already stays so, without a trace.
pub async fn disable(office: &Office, caller: &Caller, name: &str) -> Result<(), Refusal> {
    measured(Action::DisableUser, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::DisableUser, Scope::All).await?;
        let user = locked(deed.change(), name).await?;
        if user.disabled_at.is_some() {
            return deed.leave().await;
        }
        not_the_last(deed.change(), &user).await?;
        users::set_disabled(deed.change(), name, true).await?;
        let sessions = sessions::revoke_all(deed.change(), name).await?;
        let traced = Traced::of(name)
            .before(json!({ "disabled": false }))
            .after(json!({ "disabled": true, "sessions_ended": sessions }));
        deed.finish(traced).await
    })
    .await
}
