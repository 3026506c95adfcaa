//! Who is it, and may they? Asked in the transaction in which it is done.

use jiff::{Span, Timestamp};
use metering::refusal::{Refusal, Why};
use store::{Actor, GenericClient, Transaction, UserRole, sessions, users};

use crate::{Action, Caller, Proof, Scope, Signed, password};

/// That someone may do something. Whoever holds it has been asked.
#[derive(Clone, Debug)]
pub(crate) struct Permit {
    pub(crate) actor: Actor,
    /// None for the machine's account.
    pub(crate) role: Option<UserRole>,
    /// What of the utility they may touch.
    pub(crate) scope: Scope,
}

/// So many wrong passwords within [`TRIES_MINUTES`], and the next are not even looked at.
const TRIES: i64 = 10;
const TRIES_MINUTES: i64 = 15;

/// Asks.
pub(crate) async fn ask(
    change: &Transaction<'_>,
    caller: &Caller,
    action: Action,
    scope: Scope,
) -> Result<Permit, Refusal> {
    let Scope::All = scope;
    let (_, signed) = action.rule();
    let Some(name) = caller.name.as_deref().filter(|name| !name.is_empty()) else {
        let kept = match signed {
            Signed::Person => true,
            Signed::PersonOrMachine => false,
            Signed::PersonOnceKept => users::active_administrators(change).await? > 0,
        };
        if kept {
            return Err(Refusal::new(Why::Unsigned, "").with("action", action));
        }
        let actor = Actor::new(format!("os:{}", caller.os_account), &caller.os_account);
        return Ok(Permit { actor, role: None, scope });
    };
    let known = users::find(change, name).await?;
    prove(change, caller, name, known.as_ref()).await?;
    let user = known.ok_or_else(|| Refusal::unknown("user", name))?;
    if user.disabled_at.is_some() {
        return Err(Refusal::new(Why::Disabled, "").with("name", user.name));
    }
    of_role(&user.name, user.role, action, "")?;
    Ok(Permit { actor: Actor::new(user.name, &caller.os_account), role: Some(user.role), scope })
}

/// Whether who was asked for one deed may do another as well, which a part of it is: `field` names the part.
pub(crate) fn also(
    actor: &Actor,
    role: Option<UserRole>,
    scope: Scope,
    action: Action,
    field: &'static str,
) -> Result<(), Refusal> {
    let Scope::All = scope;
    match (role, action.rule().1) {
        (Some(role), _) => of_role(actor.name(), role, action, field),
        (None, Signed::PersonOrMachine) => Ok(()),
        (None, Signed::Person | Signed::PersonOnceKept) => {
            Err(Refusal::new(Why::Unsigned, field).with("action", action))
        }
    }
}

fn of_role(name: &str, role: UserRole, action: Action, field: &'static str) -> Result<(), Refusal> {
    if action.is_permitted_to(role) {
        return Ok(());
    }
    let roles: Vec<&str> = action.rule().0.iter().map(|role| role.name()).collect();
    Err(Refusal::new(Why::Forbidden, field)
        .with("name", name)
        .with("role", role)
        .with("action", action)
        .with("roles", roles.join(", ")))
}

/// Whether it is they. A user without a password is believed by name: only the program's own machine can say one.
pub(crate) async fn prove(
    client: &impl GenericClient,
    caller: &Caller,
    name: &str,
    known: Option<&users::User>,
) -> Result<(), Refusal> {
    match &caller.proof {
        Proof::Token(token) => {
            let session = sessions::find(client, &password::token_hash(token)).await?;
            let holds =
                session.is_some_and(|session| session.user_name == name && session.ends_at > caller.now);
            if holds { Ok(()) } else { Err(Refusal::new(Why::SessionEnded, "").with("name", name)) }
        }
        Proof::Password(given) => {
            let since = since(caller.now);
            if users::wrong_passwords(client, name, since).await? >= TRIES {
                let until = caller.now.checked_add(Span::new().minutes(TRIES_MINUTES)).unwrap_or(caller.now);
                return Err(Refusal::new(Why::TooManyTries, "").with("name", name).with("until", until));
            }
            let hash = users::password_hash(client, name).await?;
            if password::is_right(hash, given).await {
                Ok(())
            } else {
                Err(Refusal::new(Why::WrongPassword, "").with("name", name))
            }
        }
        Proof::Name if known.is_some_and(|user| user.has_password) => {
            Err(Refusal::new(Why::Unproven, "").with("name", name))
        }
        Proof::Name => Ok(()),
    }
}

/// Tries before it are forgotten.
fn since(now: Timestamp) -> Timestamp {
    now.checked_sub(Span::new().minutes(TRIES_MINUTES)).unwrap_or(Timestamp::MIN)
}
