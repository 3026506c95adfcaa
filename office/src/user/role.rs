//! Giving a user another role.

use metering::refusal::Refusal;
use serde_json::json;
use store::{UserRole, users};

use super::{locked, not_the_last};
use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// Changes a user's role. The last administrator stays one. The role that they have already leaves no trace.
pub async fn change_role(
    office: &Office,
    caller: &Caller,
    name: &str,
    role: UserRole,
) -> Result<(), Refusal> {
    measured(Action::ChangeRole, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::ChangeRole, Scope::All).await?;
        let user = locked(deed.change(), name).await?;
        if user.role == role {
            return deed.leave().await;
        }
        not_the_last(deed.change(), &user).await?;
        users::set_role(deed.change(), name, role).await?;
        let traced = Traced::of(name)
            .before(json!({ "role": user.role.name() }))
            .after(json!({ "role": role.name() }));
        deed.finish(traced).await
    })
    .await
}
