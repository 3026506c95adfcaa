//! What the console's pages show: read models, each one bounded query or a few.
//!
//! Amounts and quantities come as the text that PostgreSQL prints: a page shows them and never computes with them.

pub mod alarms;
pub mod bills;
pub mod home;
pub mod meters;
pub mod payments;

/// Rows on one page, where nobody asks for another number.
pub const PAGE: i64 = 50;

/// Which part of a list is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<K> {
    /// The rows after the one with this key, in the list's order; `None`: from the beginning.
    pub after: Option<K>,
    /// At most so many.
    pub most: i64,
}
