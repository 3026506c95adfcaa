//! Who wants something done, what proves it, and by whose clock.

use std::fmt;

use jiff::Timestamp;
use metering::Language;

/// Who wants something done.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The name that they give. None: the account of the machine.
    pub name: Option<String>,
    /// What proves that it is they.
    pub proof: Proof,
    /// The operating system's account from which they come.
    pub os_account: String,
    /// In which they read.
    pub language: Language,
    /// What time it is for them. Days are checked against it; audit rows carry the database's own time.
    pub now: Timestamp,
    /// Under which the same wish again is the first outcome; none: each is a wish of its own.
    pub key: Option<String>,
}

/// What proves that someone is who they say. It is never printed.
#[derive(Clone)]
pub enum Proof {
    /// Nothing: enough for a user without a password, on the program's own machine.
    Name,
    /// Their password.
    Password(String),
    /// The token of a session that they began with their password.
    Token(String),
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "Name",
            Self::Password(_) => "Password(…)",
            Self::Token(_) => "Token(…)",
        })
    }
}

/// Which part of the utility a deed may touch, or a page may show. Today every role has all of it; companies, areas and books
/// come with the grants by area. Deeds and visits carry it, and take it apart where it will matter: another scope than the
/// whole does not compile there until it is heeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole utility.
    All,
}
