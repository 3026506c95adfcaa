//! The day that a document or a payment carries, checked once, where the deed is.

use jiff::civil::Date;
use jiff::{Span, civil};
use metering::refusal::{Refusal, Why};
use store::UserRole;

use crate::{Deed, OfficeSettings};

/// Refuses a day in the future, and one that lies further back than `back_days` unless a supervisor gives a reason.
pub(crate) fn check(
    deed: &Deed<'_>,
    settings: &OfficeSettings,
    field: &'static str,
    day: Date,
    reason: &str,
) -> Result<(), Refusal> {
    let stands_for_it = deed.role() == Some(UserRole::Supervisor) && !reason.trim().is_empty();
    rule(field, day, deed.today(), settings.back_days, stands_for_it)
}

fn rule(
    field: &'static str,
    day: Date,
    today: Date,
    back_days: u16,
    stands_for_it: bool,
) -> Result<(), Refusal> {
    if day > today {
        return Err(Refusal::new(Why::FutureDay, field).with("day", day).with("today", today));
    }
    let first = today.checked_sub(Span::new().days(i64::from(back_days))).unwrap_or(civil::Date::MIN);
    if day < first && !stands_for_it {
        return Err(Refusal::new(Why::PastDay, field).with("day", day).with("most", back_days));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_not_in_the_future_and_not_far_back_without_a_supervisors_reason() {
        let today = date(2026, 11, 28);
        let why = |day: Date, stands: bool| rule("on", day, today, 31, stands).map_err(|refusal| refusal.why);
        assert_eq!(why(today, false), Ok(()));
        assert_eq!(why(date(2026, 11, 29), true), Err(Why::FutureDay));
        assert_eq!(why(date(2026, 10, 28), false), Ok(()), "31 days back");
        assert_eq!(why(date(2026, 10, 27), false), Err(Why::PastDay));
        assert_eq!(why(date(2000, 1, 1), true), Ok(()));
        assert_eq!(why(Date::MIN, false), Err(Why::PastDay));
    }
}
