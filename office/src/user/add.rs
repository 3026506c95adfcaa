//! Adding a user.

use metering::refusal::{Refusal, Why};
use serde_json::json;
use store::{UserRole, users};

use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// Adds a user. Without an administrator, the machine's account may: there has to be a first one.
pub async fn add(office: &Office, caller: &Caller, name: &str, role: UserRole) -> Result<(), Refusal> {
    measured(Action::AddUser, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::AddUser, Scope::All).await?;
        if !is_name(name) {
            return Err(Refusal::new(Why::UserName, "name").with("name", name));
        }
        users::lock(deed.change()).await?;
        if !users::insert(deed.change(), name, role).await? {
            return Err(Refusal::exists("user", name));
        }
        deed.finish(Traced::of(name).after(json!({ "role": role.name() }))).await
    })
    .await
}

fn is_name(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_name_is_plain() {
        assert!(is_name("li.wei-2") && is_name("a"));
        for name in ["", "Li", "2li", "os:root", "li wei", "李", &"a".repeat(33)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
