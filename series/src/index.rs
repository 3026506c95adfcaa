//! What a register showed at an instant.

use jiff::Timestamp;
use metering::{Micro, Quality};

/// An index at an instant: what a boundary is met by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// The meter's time of it.
    pub at: Timestamp,
    /// What the register showed.
    pub value: Micro,
    /// How good it is.
    pub quality: Quality,
}
