//! Beginning a session.

use jiff::{Span, Timestamp};
use metering::refusal::{Refusal, Why};
use serde_json::json;
use store::sessions;

use crate::metrics::measured;
use crate::{Action, Caller, Office, Proof, Scope, Traced, password};

/// A session that has begun.
#[derive(Clone, PartialEq, Eq)]
pub struct Begun {
    /// What proves from now on who it is; kept by nobody but them.
    pub token: String,
    /// From when on it proves nothing.
    pub ends_at: Timestamp,
}

/// Begins a session with a password. Its token is believed until it ends, the password changes, or the user is disabled.
pub async fn login(office: &Office, caller: &Caller) -> Result<Begun, Refusal> {
    measured(Action::SignIn, async {
        let mut desk = office.desk().await?;
        let name = caller.name.as_deref().unwrap_or_default();
        if !matches!(caller.proof, Proof::Password(_)) {
            return Err(Refusal::new(Why::Unproven, "password").with("name", name));
        }
        let deed = desk.open(caller, Action::SignIn, Scope::All).await?;
        let token = password::token();
        let hours = i64::from(office.settings().session_hours);
        let now = caller.now;
        let ends_at = now
            .checked_add(Span::new().hours(hours))
            .map_err(|_| Refusal::new(Why::Overflow, "session_hours"))?;
        sessions::begin(deed.change(), name, &password::token_hash(&token), now, ends_at).await?;
        deed.finish(Traced::of(name).after(json!({ "ends_at": ends_at.to_string() }))).await?;
        Ok(Begun { token, ends_at })
    })
    .await
}
