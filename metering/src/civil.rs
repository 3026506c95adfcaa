//! A half-open span of civil days: what a bill and a label speak of, where a [`Period`](crate::Period) is of instants.

use jiff::ToSpan;
use jiff::civil::Date;

/// A span of civil days, `[from, to)`, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilPeriod {
    from: Date,
    to: Date,
}

impl CivilPeriod {
    /// The one door: `to` must be after `from`.
    pub fn new(from: Date, to: Date) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// Its first day.
    pub const fn from(self) -> Date {
        self.from
    }

    /// The first day after it.
    pub const fn to(self) -> Date {
        self.to
    }

    /// Its last day.
    pub fn last(self) -> Date {
        self.to.checked_sub(1.day()).unwrap_or(self.from)
    }

    /// How many civil days it has.
    pub fn days(self) -> u32 {
        days_between(self.from, self.to)
    }
}

/// The civil days from one date to a later one; 0 where it is not later.
pub fn days_between(from: Date, to: Date) -> u32 {
    from.until(to).ok().and_then(|span| u32::try_from(span.get_days()).ok()).unwrap_or(0)
}
