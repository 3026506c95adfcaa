//! Ending a session.

use metering::refusal::{Refusal, Why};
use store::sessions;

use crate::metrics::measured;
use crate::{Action, Caller, Office, Proof, Scope, Traced, password};

/// Ends the session of the caller's token: from now on it proves nothing. One that has ended already is refused as ended.
pub async fn logout(office: &Office, caller: &Caller) -> Result<(), Refusal> {
    measured(Action::SignOut, async {
        let mut desk = office.desk().await?;
        let name = caller.name.as_deref().unwrap_or_default();
        let Proof::Token(token) = &caller.proof else {
            return Err(Refusal::new(Why::SessionEnded, "").with("name", name));
        };
        let deed = desk.open(caller, Action::SignOut, Scope::All).await?;
        sessions::revoke(deed.change(), &password::token_hash(token)).await?;
        deed.finish(Traced::of(name)).await
    })
    .await
}
