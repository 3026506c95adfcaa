//! How a command ends: what every subcommand answers, and what `main` makes the exit status of.

use std::fmt;

/// How a command ended that could be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done: exit status 0.
    Done,
    /// The answer is no, a mismatch, a refusal: exit status 1.
    NotSo,
}

/// Wrong usage or unreadable input: exit status 2. Any other error ends with 1.
#[derive(Debug)]
pub(crate) struct Unusable(pub(crate) String);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}
