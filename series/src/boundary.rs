//! The reading that ends one period and begins the next.
//!
//! A boundary at instant t is met by the reading at t, or else by the policy of the service:
//!
//! ```text
//! freeze        the meter's own midnight value: at t, or at an earlier midnight not older than max_age_days
//! last_actual   the last reading at or before t, not older than max_age_days (抄见数)
//! interpolate   on the straight line between the last before t and the first after it, both within max_age_days
//! ```
//!
//! What meets the boundary keeps its own time: the service dates on the bill are those of its readings, and the
//! next bill begins where this one ended. Nothing is skipped and nothing is billed twice.

use jiff::{Timestamp, ToSpan};
use metering::{Micro, Quality, Zone};
use rust_decimal::Decimal;

use crate::index::Index;

metering::closed_list! {
    /// How a boundary is met.
    pub enum BoundaryPolicy: "boundary" {
        /// The meter's own value at a civil midnight.
        Freeze = "freeze",
        /// The last reading at or before.
        LastActual = "last_actual",
        /// On the line between two readings.
        Interpolate = "interpolate",
    }
}

/// A policy with its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoundaryRule {
    /// How.
    pub policy: BoundaryPolicy,
    /// How far, in civil days, a reading may lie from the boundary.
    pub max_age_days: u16,
}

impl BoundaryRule {
    /// The earliest instant whose reading may meet a boundary at `at`: the midnight `max_age_days` before its day.
    pub fn earliest(self, at: Timestamp, zone: &Zone) -> Option<Timestamp> {
        zone.start_of(zone.date(at).checked_sub(i64::from(self.max_age_days).days()).ok()?)
    }

    /// The latest such instant: after `at` only where the policy looks beyond it.
    pub fn latest(self, at: Timestamp, zone: &Zone) -> Option<Timestamp> {
        match self.policy {
            BoundaryPolicy::Freeze | BoundaryPolicy::LastActual => Some(at),
            BoundaryPolicy::Interpolate => {
                zone.end_of(zone.date(at).checked_add(i64::from(self.max_age_days).days()).ok()?)
            }
        }
    }
}

/// Meets a boundary at `at` from the last usable reading at or before it and the first one after it. The caller
/// has left out invalid readings, and for `freeze` those not at a midnight. `None`: nothing meets it.
///
/// ```
/// use series::boundary::{BoundaryPolicy, BoundaryRule, meet};
/// use series::index::Index;
/// use metering::{Micro, Quality, Zone};
/// let zone = Zone::utc();
/// let rule = BoundaryRule { policy: BoundaryPolicy::Interpolate, max_age_days: 3 };
/// let read = |at: &str, raw| Some(Index { at: at.parse().unwrap(), value: Micro::from_raw(raw), quality: Quality::Actual });
/// let met = meet(
///     rule, "2026-11-01T00:00:00Z".parse()?, &zone,
///     read("2026-10-31T00:00:00Z", 10_000_000), read("2026-11-03T00:00:00Z", 13_000_000),
/// ).unwrap();
/// assert_eq!((met.value.to_string(), met.quality), ("11".to_owned(), Quality::Estimated));
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn meet(
    rule: BoundaryRule,
    at: Timestamp,
    zone: &Zone,
    before: Option<Index>,
    after: Option<Index>,
) -> Option<Index> {
    let earliest = rule.earliest(at, zone)?;
    let before = before.filter(|index| earliest <= index.at && index.at <= at)?;
    if before.at == at || rule.policy != BoundaryPolicy::Interpolate {
        return Some(before);
    }
    let latest = rule.latest(at, zone)?;
    let after = after.filter(|index| at < index.at && index.at < latest)?;
    Some(Index { at, value: between(before, after, at)?, quality: Quality::Estimated })
}

/// The point at `at` on the line between two readings, half-even to the millionth. A register that ran backwards
/// in between has no such line.
fn between(before: Index, after: Index, at: Timestamp) -> Option<Micro> {
    let rise = after.value.raw().checked_sub(before.value.raw()).filter(|rise| *rise >= 0)?;
    let whole = Decimal::from(after.at.as_microsecond().checked_sub(before.at.as_microsecond())?);
    let part = Decimal::from(at.as_microsecond().checked_sub(before.at.as_microsecond())?);
    let risen = Decimal::from(rise).checked_mul(part)?.checked_div(whole)?;
    let risen = risen.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointNearestEven);
    before.value.raw().checked_add(i64::try_from(risen).ok()?).map(Micro::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "2026-10-31T16:00:00Z"; // 2026-11-01 in Shanghai

    #[expect(clippy::unnecessary_wraps, reason = "it stands where there may be no reading")]
    fn read(at: &str, raw: i64) -> Option<Index> {
        Some(Index { at: at.parse().unwrap(), value: Micro::from_raw(raw), quality: Quality::Actual })
    }

    fn met(policy: BoundaryPolicy, before: Option<Index>, after: Option<Index>) -> Option<(String, i64)> {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let rule = BoundaryRule { policy, max_age_days: 3 };
        meet(rule, AT.parse().unwrap(), &zone, before, after).map(|i| (i.at.to_string(), i.value.raw()))
    }

    #[test]
    fn the_reading_at_the_boundary_meets_it_whatever_the_policy() {
        for policy in BoundaryPolicy::ALL {
            assert_eq!(met(*policy, read(AT, 7), None), Some((AT.into(), 7)), "{policy}");
        }
    }

    #[test]
    fn an_older_reading_keeps_its_own_time() {
        let kept = met(BoundaryPolicy::LastActual, read("2026-10-30T01:00:00Z", 7), None);
        assert_eq!(kept, Some(("2026-10-30T01:00:00Z".into(), 7)));
    }

    #[test]
    fn three_civil_days_before_is_the_oldest() {
        // the midnight that begins 29 October in Shanghai
        assert!(met(BoundaryPolicy::LastActual, read("2026-10-28T16:00:00Z", 7), None).is_some());
        assert!(met(BoundaryPolicy::LastActual, read("2026-10-28T15:59:59Z", 7), None).is_none());
    }

    #[test]
    fn a_line_needs_both_ends_and_does_not_fall() {
        let before = read("2026-10-30T16:00:00Z", 100);
        assert_eq!(met(BoundaryPolicy::Interpolate, before, None), None);
        assert_eq!(met(BoundaryPolicy::Interpolate, before, read("2026-11-01T16:00:00Z", 90)), None);
        let halfway = met(BoundaryPolicy::Interpolate, before, read("2026-11-01T16:00:00Z", 103));
        assert_eq!(halfway, Some((AT.into(), 102)));
        assert_eq!(met(BoundaryPolicy::Interpolate, before, read("2026-11-09T16:00:00Z", 103)), None);
    }
}
