//! Who does something, as it is written into audit rows and documents.

use std::fmt;

/// A name, and the account of the machine beside it. Whether that person may do it was asked before, by `office`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    name: String,
    os_account: Option<String>,
}

impl Actor {
    /// Someone of that name at that account of the operating system.
    pub fn new(name: impl Into<String>, os_account: impl Into<String>) -> Self {
        Self { name: name.into(), os_account: Some(os_account.into()) }
    }

    /// A worker that carries on what a person has ordered: the account it runs under is nobody's.
    pub fn ordered_by(name: impl Into<String>) -> Self {
        Self { name: name.into(), os_account: None }
    }

    /// A user's name, or `os:ACCOUNT` where no person had to sign.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The account from which it is done.
    pub fn os_account(&self) -> Option<&str> {
        self.os_account.as_deref()
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
