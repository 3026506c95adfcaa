//! Setting a password.

use metering::refusal::Refusal;
use serde_json::json;
use store::{sessions, users};

use super::locked;
use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced, password};

/// Sets a user's password and ends their sessions. From then on their name alone is not believed.
pub async fn set_password(
    office: &Office,
    caller: &Caller,
    name: &str,
    password: &str,
) -> Result<(), Refusal> {
    measured(Action::SetPassword, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::SetPassword, Scope::All).await?;
        let user = locked(deed.change(), name).await?;
        let hash = password::hash(password).await?;
        users::set_password_hash(deed.change(), name, &hash).await?;
        let sessions = sessions::revoke_all(deed.change(), name).await?;
        let traced = Traced::of(name)
            .before(json!({ "password": user.has_password }))
            .after(json!({ "password": true, "sessions_ended": sessions }));
        deed.finish(traced).await
    })
    .await
}
