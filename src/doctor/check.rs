//! One thing that can be so or not.

/// What was looked at, and how it is.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) found: String,
    pub(super) state: State,
}

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be.
    Right,
    /// Not as it should be.
    Wrong {
        /// What a person does about it.
        mend: &'static str,
    },
}

impl Check {
    /// As it should be.
    pub(super) fn right(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, found: found.into(), state: State::Right }
    }

    /// Not as it should be.
    pub(super) fn wrong(name: &'static str, found: impl Into<String>, mend: &'static str) -> Self {
        Self { name, found: found.into(), state: State::Wrong { mend } }
    }

    /// One or the other.
    pub(super) fn of(
        is_right: bool,
        name: &'static str,
        found: impl Into<String>,
        mend: &'static str,
    ) -> Self {
        if is_right { Self::right(name, found) } else { Self::wrong(name, found, mend) }
    }
}
