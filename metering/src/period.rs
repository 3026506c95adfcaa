//! A half-open span of instants, `[from, to)`: the only way time is spanned in this product.

use std::fmt;

use jiff::Timestamp;

/// `[from, to)`, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    from: Timestamp,
    to: Timestamp,
}

/// An end that is not after its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodError {
    from: Timestamp,
    to: Timestamp,
}

impl fmt::Display for PeriodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a period must end after it begins: [{}, {})", self.from, self.to)
    }
}

impl std::error::Error for PeriodError {}

impl Period {
    /// The one door: `to` must be after `from`.
    pub fn new(from: Timestamp, to: Timestamp) -> Result<Self, PeriodError> {
        if from < to { Ok(Self { from, to }) } else { Err(PeriodError { from, to }) }
    }

    /// Its first instant.
    pub const fn from(self) -> Timestamp {
        self.from
    }

    /// The first instant after it.
    pub const fn to(self) -> Timestamp {
        self.to
    }

    /// Whether an instant is in it.
    pub fn contains(self, instant: Timestamp) -> bool {
        self.from <= instant && instant < self.to
    }

    /// What two periods share.
    pub fn intersect(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touching_periods_share_nothing() {
        let at = |s| Timestamp::from_second(s).unwrap();
        let first = Period::new(at(0), at(10)).unwrap();
        let second = Period::new(at(10), at(20)).unwrap();
        assert_eq!(first.intersect(second), None);
        assert!(second.contains(at(10)) && !first.contains(at(10)));
        assert!(Period::new(at(10), at(10)).is_err());
    }
}
