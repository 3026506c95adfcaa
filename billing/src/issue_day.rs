//! The day that bills carry: it dates what is owed, so nobody may choose it freely.

use std::fmt;

use jiff::civil::Date;

/// Days that a day of issue may lie back without a reason: bills of a month are approved and issued within the next.
pub const FREE_DAYS_BACK: i32 = 31;

/// Why bills cannot carry a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueDayError {
    /// It has not come yet.
    Future {
        /// The day.
        on: Date,
    },
    /// It lies far back, and nobody has given a reason.
    Back {
        /// The day.
        on: Date,
        /// How many days back.
        days: i32,
    },
}

impl fmt::Display for IssueDayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Future { on } => write!(f, "bills cannot carry {on}: that day has not come yet"),
            Self::Back { on, days } => {
                write!(f, "{on} lies {days} days back: more than {FREE_DAYS_BACK} days take a reason")
            }
        }
    }
}

impl std::error::Error for IssueDayError {}

/// Whether bills may carry the day `on` when they are approved on the day `today`.
pub fn issue_day(on: Date, today: Date, reason: Option<&str>) -> Result<(), IssueDayError> {
    let back = on.duration_until(today).as_hours() / 24;
    let days = i32::try_from(back).unwrap_or(i32::MAX);
    if days < 0 {
        return Err(IssueDayError::Future { on });
    }
    if days > FREE_DAYS_BACK && reason.is_none_or(|reason| reason.trim().is_empty()) {
        return Err(IssueDayError::Back { on, days });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_that_has_not_come_or_lies_far_back_is_refused() {
        let today = date(2026, 11, 28);
        assert_eq!(issue_day(today, today, None), Ok(()));
        assert_eq!(issue_day(date(2026, 10, 28), today, None), Ok(()));
        assert_eq!(
            issue_day(date(2026, 11, 29), today, Some("why not")),
            Err(IssueDayError::Future { on: date(2026, 11, 29) })
        );
        let back = IssueDayError::Back { on: date(2026, 10, 27), days: 32 };
        assert_eq!(issue_day(date(2026, 10, 27), today, None), Err(back.clone()));
        assert_eq!(issue_day(date(2026, 10, 27), today, Some("  ")), Err(back));
        assert_eq!(issue_day(date(2000, 1, 1), today, Some("found in a drawer")), Ok(()));
        assert!(issue_day(Date::MIN, Date::MAX, None).is_err());
    }
}
