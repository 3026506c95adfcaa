//! Closed months: which day a deed is posted on, and which month may be closed.

use std::collections::BTreeSet;
use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

/// The first day of a day's month: the month's name in the database.
pub fn month_of(day: Date) -> Date {
    day.first_of_month()
}

/// The closed months of a company, each by its first day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosedMonths(BTreeSet<Date>);

impl ClosedMonths {
    /// Of any day of each month.
    pub fn new(days: impl IntoIterator<Item = Date>) -> Self {
        Self(days.into_iter().map(month_of).collect())
    }

    /// Whether a day lies in one.
    pub fn hold(&self, day: Date) -> bool {
        self.0.contains(&month_of(day))
    }
}

/// The day on which a deed enters the books: decided once a deed, for all that it posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PostingDay(Date);

impl PostingDay {
    /// The wished day where its month is open, else the first day of the first open month after it. The value date keeps
    /// the day of the fact. `None` beyond the calendar.
    ///
    /// ```
    /// use billing::ledger::{ClosedMonths, PostingDay};
    /// let day = |text: &str| text.parse().unwrap();
    /// let closed = ClosedMonths::new([day("2026-10-01"), day("2026-11-01")]);
    /// let posted = |wished| PostingDay::of(day(wished), &closed).unwrap().date().to_string();
    /// assert_eq!(posted("2026-10-20"), "2026-12-01");
    /// assert_eq!(posted("2026-12-24"), "2026-12-24");
    /// ```
    pub fn of(wished: Date, closed: &ClosedMonths) -> Option<Self> {
        let mut day = wished;
        while closed.hold(day) {
            day = month_of(day).checked_add(1.month()).ok()?;
        }
        Some(Self(day))
    }

    /// The day.
    pub const fn date(self) -> Date {
        self.0
    }
}

/// Why a month cannot be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseError {
    /// It has not ended.
    NotOver(Date),
    /// It is closed.
    Closed(Date),
    /// An earlier month holds postings and is open: months are closed in order.
    EarlierOpen(Date),
}

impl CloseError {
    /// From a closed list, for programs.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::NotOver(_) => "not_over",
            Self::Closed(_) => "closed",
            Self::EarlierOpen(_) => "earlier_open",
        }
    }
}

impl fmt::Display for CloseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOver(month) => write!(f, "{} has not ended", month.strftime("%Y-%m")),
            Self::Closed(month) => write!(f, "{} is closed", month.strftime("%Y-%m")),
            Self::EarlierOpen(month) => {
                write!(f, "{} is open and holds postings: close it first", month.strftime("%Y-%m"))
            }
        }
    }
}

impl std::error::Error for CloseError {}

/// Whether the month of a day may be closed. `earliest_open` is a day of the earliest open month that holds postings.
pub fn may_close(
    month: Date,
    today: Date,
    closed: &ClosedMonths,
    earliest_open: Option<Date>,
) -> Result<(), CloseError> {
    let month = month_of(month);
    if closed.hold(month) {
        return Err(CloseError::Closed(month));
    }
    if month >= month_of(today) {
        return Err(CloseError::NotOver(month));
    }
    match earliest_open.map(month_of) {
        Some(earlier) if earlier < month => Err(CloseError::EarlierOpen(earlier)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn months_are_closed_in_order_and_once_they_are_over() {
        let closed = ClosedMonths::new([date(2026, 9, 1)]);
        let today = date(2026, 11, 28);
        let close = |month, earliest| may_close(month, today, &closed, earliest).map_err(CloseError::kind);
        assert_eq!(close(date(2026, 10, 1), Some(date(2026, 10, 5))), Ok(()));
        assert_eq!(close(date(2026, 10, 1), None), Ok(()));
        assert_eq!(close(date(2026, 10, 1), Some(date(2026, 8, 31))), Err("earlier_open"));
        assert_eq!(close(date(2026, 11, 1), None), Err("not_over"));
        assert_eq!(close(date(2026, 9, 1), None), Err("closed"));
    }

    proptest! {
        /// Law L6.
        #[test]
        fn a_posting_day_is_in_an_open_month_and_never_early(day in 0_i32..2000, months in prop::collection::btree_set(0_i32..60, 0..40)) {
            let start = date(2024, 1, 1);
            let wished = start.checked_add(day.days()).unwrap();
            let closed = ClosedMonths::new(months.iter().map(|m| start.checked_add(m.months()).unwrap()));
            let posted = PostingDay::of(wished, &closed).unwrap().date();
            prop_assert!(!closed.hold(posted) && posted >= wished);
            prop_assert!(posted == wished || (closed.hold(wished) && posted == month_of(posted)));
            // No open month lies between.
            let mut day = month_of(wished);
            while day < month_of(posted) {
                prop_assert!(closed.hold(day));
                day = day.checked_add(1.month()).unwrap();
            }
        }
    }
}
