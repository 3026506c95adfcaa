//! What a register can show: its digits, and whether it passed the highest of them.

use metering::Micro;
use rust_decimal::Decimal;

use crate::fitting::Fitting;
use crate::index::Index;

/// The index at which a register of so many integer digits is back at zero: 10^digits.
pub fn full(digits: u8) -> Option<Decimal> {
    10_i64.checked_pow(u32::from(digits)).map(Decimal::from)
}

/// V07: an index that its register cannot show.
pub fn digits_overflow(index: Micro, digits: Option<u8>) -> bool {
    digits.and_then(full).is_some_and(|full| index.to_decimal().abs() >= full)
}

/// C2: whether a register that shows less than before has passed its highest index. It must have opened in the
/// last tenth of its range, and what it would then have counted must be plausible: five times the usage a day of
/// the last bill; without one, what the meter's size can pass; without a size, a tenth of the range.
pub fn rolled_over(fitting: &Fitting, open: Index, close: Index, daily: Option<Decimal>) -> bool {
    const PLAUSIBLE: Decimal = Decimal::from_parts(5, 0, 0, false, 0);
    const NEAR_FULL: Decimal = Decimal::from_parts(9, 0, 0, false, 1);
    let judge = || {
        let full = full(fitting.digits?)?;
        let (opened, closed) = (open.value.to_decimal(), close.value.to_decimal());
        let counted = closed.checked_add(full)?.checked_sub(opened)?;
        let seconds = close.at.as_second().checked_sub(open.at.as_second())?;
        let hours = Decimal::from(seconds).checked_div(Decimal::from(3600))?;
        let days = hours.checked_div(Decimal::from(24))?.max(Decimal::ONE);
        let limit = match (daily.filter(|daily| *daily > Decimal::ZERO), overload_m3h(fitting)) {
            (Some(daily), _) => daily.checked_mul(days)?.checked_mul(PLAUSIBLE)?,
            (None, Some(flow)) => flow.checked_mul(hours)?,
            (None, None) => full.checked_div(Decimal::TEN)?,
        };
        let near_full = opened > full.checked_mul(NEAR_FULL)?;
        Some(closed >= Decimal::ZERO && near_full && counted <= limit)
    };
    judge().unwrap_or(false)
}

/// The overload flow Q4 (ISO 4064: 1.25 x Q3) of a water meter of that size, in m3/h.
fn overload_m3h(fitting: &Fitting) -> Option<Decimal> {
    if fitting.unit != "m3" {
        return None;
    }
    let thousandths: i64 = match fitting.size_mm? {
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
    use metering::{InstallationId, MeterId, Quality, RegisterId};

    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn fitting(digits: u8, size_mm: Option<u16>) -> Fitting {
        Fitting {
            installation: InstallationId::new(1),
            meter: MeterId::new(1),
            serial: "M1".into(),
            register: RegisterId::new(1),
            name: "8-0:1.0.0".into(),
            unit: "m3".into(),
            digits: Some(digits),
            multiplier: Decimal::ONE,
            size_mm,
            from: Timestamp::UNIX_EPOCH,
            to: None,
            opening: Micro::from_raw(0),
            closing: None,
        }
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
        let meter = fitting(5, None);
        for (open, close, daily, expected) in [
            ("99987", "12", None, true),
            ("99987", "12", Some("0.8"), true),
            ("99987", "500", Some("0.8"), false), // 513 in 30 days is more than 5 x 0.8 x 30
            ("89999", "12", None, false),         // not near the end
            ("99987", "9999", None, false),       // more than a tenth of the range
            ("512", "12", Some("0.8"), false),    // ran backwards
        ] {
            let said = rolled_over(&meter, index(0, open), index(30, close), daily.map(d));
            assert_eq!(said, expected, "{open} -> {close}, {daily:?} a day");
        }
    }

    #[test]
    fn a_new_meter_is_judged_by_what_its_size_can_pass() {
        let sized = fitting(5, Some(15));
        assert!(rolled_over(&sized, index(0, "99900"), index(30, "2100"), None)); // 2200 <= 3.125 x 720
        assert!(!rolled_over(&sized, index(0, "99900"), index(30, "2200"), None));
    }

    #[test]
    fn a_register_cannot_show_more_than_its_digits() {
        assert!(digits_overflow(index(0, "100000").value, Some(5)));
        assert!(!digits_overflow(index(0, "99999.999").value, Some(5)));
        assert!(!digits_overflow(index(0, "100000").value, None));
    }
}
