//! Users: who may use the program, and as what. A change of users locks all others out, so that "the last
//! administrator" is counted once.

pub mod add;
pub mod disable;
pub mod enable;
pub mod login;
pub mod logout;
pub mod password;
pub mod role;

pub use add::add;
pub use disable::disable;
pub use enable::enable;
pub use login::{Begun, login};
pub use logout::logout;
pub use password::set_password;
pub use role::change_role;

use metering::refusal::{Refusal, Why};
use store::users::{self, User};
use store::{Change, UserRole};

use crate::{Caller, Office, Proof, permit};

/// Whether the caller has to give a password: they have one, and come without a session that still holds.
pub async fn has_to_prove(office: &Office, caller: &Caller) -> Result<bool, Refusal> {
    let desk = office.desk().await?;
    let name = caller.name.as_deref().unwrap_or_default();
    let known = users::find(desk.client(), name).await?;
    if let Proof::Token(_) = caller.proof {
        return Ok(permit::prove(desk.client(), caller, name, known.as_ref()).await.is_err());
    }
    Ok(known.is_some_and(|user| user.has_password))
}

/// The user who is to be changed, with all changes of users locked.
async fn locked(change: &Change<'_>, name: &str) -> Result<User, Refusal> {
    users::lock(change).await?;
    users::find(change.transaction(), name).await?.ok_or_else(|| Refusal::unknown("user", name))
}

/// Refused, if without this user no administrator would be left.
async fn not_the_last(change: &Change<'_>, user: &User) -> Result<(), Refusal> {
    let active = user.role == UserRole::Admin && user.disabled_at.is_none();
    if active && users::active_administrators(change.transaction()).await? <= 1 {
        return Err(Refusal::new(Why::LastAdministrator, "user").with("name", &user.name));
    }
    Ok(())
}
