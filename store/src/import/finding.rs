//! What is wrong with a row in view of what is known: one entry for the clerk's list of errors.

use tokio_postgres::Row;

use crate::{SqlError, row};

/// A row that cannot be taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The row's number, as it was staged.
    pub row: i32,
    /// The column's English name.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// The rule that it breaks.
    pub kind: FindingKind,
    /// The other side: the stored value, the number of the other row, a likely meaning.
    pub other: Option<String>,
}

metering::closed_list! {
    /// The rule that a row breaks. The SQL of a plan names them.
    pub enum FindingKind: "rule of an import" {
        /// Names something that there is not; the other side is what was perhaps meant.
        Unknown = "unknown",
        /// The key of another row of the file; the other side is that row.
        Twice = "twice",
        /// Says something else about the same thing than another row of the file; the other side is that row.
        Disagrees = "disagrees",
        /// Known with another content; the other side is the stored one.
        Differs = "differs",
        /// Cannot be changed even by `--update`; the other side is the stored value.
        Fixed = "fixed",
        /// A dated fact: changed by a row of `attributes` with its date; the other side is the stored value.
        Dated = "dated",
        /// Begins before a stored fact of the same name; the other side is that fact.
        Backwards = "backwards",
        /// Shares time with a stored fact or another row; the other side is it.
        Overlaps = "overlaps",
        /// Lies outside the time of what it belongs to; the other side is that time.
        Outside = "outside",
        /// Belongs to another service or medium; the other side is that one.
        Mismatch = "mismatch",
        /// Already another's; the other side is whose.
        Taken = "taken",
        /// Has to be said, since there are several.
        Ambiguous = "ambiguous",
        /// Is its own ancestor.
        Cycle = "cycle",
        /// A reading further ahead than clocks differ.
        Future = "future",
        /// A reading further back than is taken; the other side is the earliest time.
        TooOld = "past_time",
        /// A reading before its meter was put in; the other side is when.
        BeforeInstallation = "before_installation",
        /// A reading while its meter was out; the other side is when it was taken out.
        AfterRemoval = "after_removal",
        /// Finer than a millionth, where money may hang on it.
        TooFine = "too_fine",
        /// Does not fit.
        TooLarge = "too_large",
        /// More digits than the register has; the other side is the index at which it begins again.
        Digits = "digits_overflow",
        /// Less than the register showed before, and no reason; the other side is what it showed.
        RunsBackwards = "runs_backwards",
    }
}

impl Finding {
    /// From `(row_no, col, value, kind, other)`.
    pub(super) fn from_row(row: &Row) -> Result<Self, SqlError> {
        Ok(Self {
            row: row.try_get("row_no")?,
            column: row.try_get("col")?,
            value: row.try_get::<_, Option<String>>("value")?.unwrap_or_default(),
            kind: row::known(row, "finding", "kind")?,
            other: row.try_get("other")?,
        })
    }
}
