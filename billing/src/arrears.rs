//! How old a debt is.

use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::Date;

/// The age of a debt at an as-of date, counted from the due date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket(usize);

/// Names, with the last day overdue that belongs to them.
const BUCKETS: &[(&str, i32)] = &[
    ("not_due", 0),
    ("1-30", 30),
    ("31-60", 60),
    ("61-90", 90),
    ("91-180", 180),
    ("181-365", 365),
    ("1-2y", 730),
    ("2-3y", 1095),
    ("3y+", i32::MAX),
];

impl Bucket {
    /// Every bucket, youngest first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..BUCKETS.len()).map(Self)
    }

    /// Of a debt that is so many days overdue.
    ///
    /// ```
    /// use billing::arrears::Bucket;
    /// assert_eq!(Bucket::of(0).to_string(), "not_due");
    /// assert_eq!(Bucket::of(31).to_string(), "31-60");
    /// ```
    pub fn of(days_overdue: i32) -> Self {
        let last = BUCKETS.len().saturating_sub(1);
        Self(BUCKETS.iter().position(|(_, upto)| days_overdue <= *upto).unwrap_or(last))
    }

    /// The first and the last due date of debts of this age at a day; `None`: any earlier, any later.
    ///
    /// ```
    /// use billing::arrears::Bucket;
    /// use jiff::civil::date;
    /// let due = Bucket::of(31).due(date(2026, 12, 31));
    /// assert_eq!(due, (Some(date(2026, 11, 1)), Some(date(2026, 11, 30))));
    /// ```
    pub fn due(self, as_of: Date) -> (Option<Date>, Option<Date>) {
        let before = |days: i32| as_of.saturating_sub(days.days());
        let last = BUCKETS.get(self.0).map(|(_, upto)| *upto).filter(|upto| *upto < i32::MAX);
        let younger =
            self.0.checked_sub(1).and_then(|n| BUCKETS.get(n)).map(|(_, upto)| upto.saturating_add(1));
        match younger {
            None => (Some(as_of), None),
            Some(first) => (last.map(before), Some(before(first))),
        }
    }

    /// The name in `meterline arrears`.
    pub fn name(self) -> &'static str {
        BUCKETS.get(self.0).map_or("", |(name, _)| name)
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Civil days from the due date to the as-of date; negative before it is due. The debt is overdue from the day
/// after its due date.
pub fn days_overdue(due_on: Date, as_of: Date) -> i32 {
    due_on.until(as_of).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_debt_ages_by_civil_days() {
        let due = date(2026, 10, 20);
        for (as_of, days, bucket) in [
            (date(2026, 10, 1), -19, "not_due"),
            (date(2026, 10, 20), 0, "not_due"),
            (date(2026, 10, 21), 1, "1-30"),
            (date(2026, 11, 19), 30, "1-30"),
            (date(2026, 11, 20), 31, "31-60"),
            (date(2027, 1, 18), 90, "61-90"),
            (date(2027, 4, 18), 180, "91-180"),
            (date(2027, 10, 20), 365, "181-365"),
            (date(2027, 10, 21), 366, "1-2y"),
            (date(2029, 10, 19), 1095, "2-3y"),
            (date(2029, 10, 20), 1096, "3y+"),
        ] {
            assert_eq!(
                (days_overdue(due, as_of), Bucket::of(days_overdue(due, as_of)).name()),
                (days, bucket)
            );
        }
    }

    #[test]
    fn a_debt_has_the_age_whose_due_dates_hold_it() {
        let as_of = date(2027, 3, 31);
        for days in -400..4000 {
            let due = as_of.saturating_sub(days.days());
            let holds = |bucket: &Bucket| {
                let (first, last) = bucket.due(as_of);
                first.is_none_or(|first| first <= due) && last.is_none_or(|last| due <= last)
            };
            assert_eq!(Bucket::all().filter(holds).collect::<Vec<_>>(), [Bucket::of(days)], "{days}");
        }
    }

    #[test]
    fn buckets_leave_no_gap() {
        let mut before = Bucket::of(0);
        for days in 1..4000 {
            let bucket = Bucket::of(days);
            assert!(bucket >= before && bucket.0 <= before.0 + 1);
            before = bucket;
        }
        assert_eq!(Bucket::all().last().map(Bucket::name), Some("3y+"));
    }
}
