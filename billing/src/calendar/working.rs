//! Which days are worked: Monday to Friday, less holidays, and weekends that are made up for (调休).

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};

/// Holidays, and weekend days that are worked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkingDays {
    holidays: BTreeSet<Date>,
    made_up: BTreeSet<Date>,
}

impl WorkingDays {
    /// From both lists. A day on both is a holiday.
    pub fn new(holidays: impl IntoIterator<Item = Date>, made_up: impl IntoIterator<Item = Date>) -> Self {
        Self { holidays: holidays.into_iter().collect(), made_up: made_up.into_iter().collect() }
    }

    /// Whether a day is a public holiday.
    pub fn is_holiday(&self, day: Date) -> bool {
        self.holidays.contains(&day)
    }

    /// Whether a day is worked.
    pub fn is_worked(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        !self.is_holiday(day) && (!weekend || self.made_up.contains(&day))
    }

    /// The first worked day on or after a day. `None` where a year goes by without one, or the calendar ends.
    pub fn on_or_after(&self, day: Date) -> Option<Date> {
        let mut day = day;
        for _ in 0..366 {
            if self.is_worked(day) {
                return Some(day);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_weekend_that_is_made_up_for_is_worked() {
        let days = WorkingDays::new([date(2026, 10, 1), date(2026, 10, 2)], [date(2026, 10, 10)]);
        assert!(!days.is_worked(date(2026, 10, 1)));
        assert!(!days.is_worked(date(2026, 10, 4)));
        assert!(days.is_worked(date(2026, 10, 10)));
        assert_eq!(days.on_or_after(date(2026, 10, 1)), Some(date(2026, 10, 5)));
    }
}
