//! What a register can show: its highest index, and whether it passed it.

use metering::{Micro, Unit};
use rust_decimal::Decimal;

use crate::index::Index;

/// What a register can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The index at which it is back at zero, in the unit in which it is stored; `None` where nobody knows its digits.
    pub full: Option<Decimal>,
    /// The most that a meter of its size can count in an hour; `None` where its size says nothing.
    pub hourly: Option<Decimal>,
}

/// The index at which a register of so many integer digits is back at zero: 10^digits of the unit that its meter shows, in
/// the unit in which it is stored. `None` where that has no exact number: then it is not known.
///
/// ```
/// use metering::Unit;
/// use rust_decimal::Decimal;
/// use series::register::full;
/// assert_eq!(full(5, Unit::CubicMetre, Unit::CubicMetre), Some(Decimal::from(100_000)));
/// assert_eq!(full(5, Unit::KiloWattHour, Unit::MegaJoule), Some(Decimal::from(360_000)));
/// ```
pub fn full(digits: u8, shown: Unit, stored: Unit) -> Option<Decimal> {
    let full = 10_i64.checked_pow(u32::from(digits)).map(Decimal::from)?;
    shown.convert(full, stored).ok()
}

/// V07: an index that its register cannot show.
pub fn digits_overflow(index: Micro, full: Option<Decimal>) -> bool {
    full.is_some_and(|full| index.to_decimal().abs() >= full)
}

/// C2: whether a register that shows less than before has passed its highest index. It must have opened in the
/// last tenth of its range, and what it would then have counted must be plausible: five times the usage a day of
/// the last bill; without one, what the meter's size can pass; without a size, a tenth of the range.
pub fn rolled_over(range: Range, open: Index, close: Index, daily: Option<Decimal>) -> bool {
    const PLAUSIBLE: Decimal = Decimal::from_parts(5, 0, 0, false, 0);
    const NEAR_FULL: Decimal = Decimal::from_parts(9, 0, 0, false, 1);
    let judge = || {
        let full = range.full?;
        let (opened, closed) = (open.value.to_decimal(), close.value.to_decimal());
        let counted = closed.checked_add(full)?.checked_sub(opened)?;
        let seconds = close.at.as_second().checked_sub(open.at.as_second())?;
        let hours = Decimal::from(seconds).checked_div(Decimal::from(3600))?;
        let days = hours.checked_div(Decimal::from(24))?.max(Decimal::ONE);
        let limit = match (daily.filter(|daily| *daily > Decimal::ZERO), range.hourly) {
            (Some(daily), _) => daily.checked_mul(days)?.checked_mul(PLAUSIBLE)?,
            (None, Some(hourly)) => hourly.checked_mul(hours)?,
            (None, None) => full.checked_div(Decimal::TEN)?,
        };
        let near_full = opened > full.checked_mul(NEAR_FULL)?;
        Some(closed >= Decimal::ZERO && near_full && counted <= limit)
    };
    judge().unwrap_or(false)
}

/// The overload flow Q4 (ISO 4064: 1.25 x Q3) of a meter of that size in mm, in m3/h; `None` where its register counts
/// another thing than volume.
pub fn overload_m3h(size_mm: Option<u16>, stored: Unit) -> Option<Decimal> {
    if stored != Unit::CubicMetre {
        return None;
    }
    let thousandths: i64 = match size_mm? {
        15 => 3_125,
        20 => 5_000,
        25 => 7_875,
        32 => 12_500,
        40 => 20_000,
        50 => 31_250,
        80 => 78_750,
        100 => 125_000,
        150 => 312_500,
        200 => 500_000,
        _ => return None,
    };
    Some(Decimal::new(thousandths, 3))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use jiff::Timestamp;
    use metering::Quality;

    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn range(size_mm: Option<u16>) -> Range {
        Range { full: Some(d("100000")), hourly: overload_m3h(size_mm, Unit::CubicMetre) }
    }

    fn index(day: i64, value: &str) -> Index {
        Index {
            at: Timestamp::from_second(day * 86_400).unwrap(),
            value: Micro::exact(d(value)).unwrap(),
            quality: Quality::Actual,
        }
    }

    #[test]
    fn a_rollover_is_near_the_end_and_plausible() {
        for (open, close, daily, expected) in [
            ("99987", "12", None, true),
            ("99987", "12", Some("0.8"), true),
            ("99987", "500", Some("0.8"), false), // 513 in 30 days is more than 5 x 0.8 x 30
            ("89999", "12", None, false),         // not near the end
            ("99987", "9999", None, false),       // more than a tenth of the range
            ("512", "12", Some("0.8"), false),    // ran backwards
        ] {
            let said = rolled_over(range(None), index(0, open), index(30, close), daily.map(d));
            assert_eq!(said, expected, "{open} -> {close}, {daily:?} a day");
        }
    }

    #[test]
    fn a_new_meter_is_judged_by_what_its_size_can_pass() {
        let sized = range(Some(15));
        assert!(rolled_over(sized, index(0, "99900"), index(30, "2100"), None)); // 2200 <= 3.125 x 720
        assert!(!rolled_over(sized, index(0, "99900"), index(30, "2200"), None));
    }

    #[test]
    fn a_register_cannot_show_more_than_its_digits() {
        assert!(digits_overflow(index(0, "100000").value, Some(d("100000"))));
        assert!(!digits_overflow(index(0, "99999.999").value, Some(d("100000"))));
        assert!(!digits_overflow(index(0, "100000").value, None));
    }

    #[test]
    fn digits_count_in_the_unit_that_the_meter_shows() {
        assert_eq!(full(6, Unit::MegaWattHour, Unit::KiloWattHour), Some(d("1000000000")));
        assert_eq!(full(5, Unit::MegaJoule, Unit::KiloWattHour), None, "27,777.7 kWh is not exact");
        assert_eq!(full(19, Unit::CubicMetre, Unit::CubicMetre), None);
    }
}
