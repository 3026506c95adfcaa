//! May this reading be stored? One answer for every door: a frame, a file, a clerk's entry, a self-reading, the API.
//!
//! ```text
//! candidate    a time, a number, the unit it came in
//! target       the register it is for: its unit, its highest index, when its meter was in, what it showed before
//! rules        the clock, and how far a time may lie from it
//! ```
//!
//! What is refused is refused whole, with a kind of a closed list and the facts. What is admitted is exact: a number that
//! money may hang on is converted exactly or not at all.
//!
//! A counter that shows less than before asks for a reason where a person can give one. A frame is not asked
//! ([`Target::before`] is `None`): it is kept as the meter said it, and the bill that it would make negative parks.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use metering::{ConvertError, Micro, MicroError, Quality, Register, RegisterKind, Unit, closed_list};
use rust_decimal::Decimal;

use crate::index::Index;
use crate::register::{Range, digits_overflow, rolled_over};

/// A value that wants to be a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The meter's time of it.
    pub time: Timestamp,
    /// The number, as it came.
    pub value: Decimal,
    /// The unit that it came in; `None`: the register's.
    pub unit: Option<Unit>,
    /// Whether somebody says why a counter shows less than before.
    pub explained: bool,
}

/// A time for which a meter was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// When it was put in.
    pub from: Timestamp,
    /// When it was taken out; its index of that instant still counts.
    pub to: Option<Timestamp>,
}

/// The register that it is for.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Its name.
    pub register: Register,
    /// The unit in which it is stored.
    pub unit: Unit,
    /// What it can show.
    pub range: Range,
    /// When its meter was in, in order; none while it lies in stock, which is not asked about.
    pub stays: &'a [Stay],
    /// What it showed last before this time, since its meter was put in; `None` where nobody asks.
    pub before: Option<Index>,
}

/// The clock, and how far a time may lie from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Now.
    pub now: Timestamp,
    /// Further ahead is refused: a device's clock is not ours.
    pub future: SignedDuration,
    /// Further back is refused.
    pub oldest: SignedDuration,
}

/// A value that may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// In millionths of the register's unit.
    pub value: Micro,
    /// Whether it was rounded, half-even: never where money may hang on it.
    pub rounded: bool,
    /// Whether a counter shows less than before, and somebody says why.
    pub backwards: bool,
}

closed_list! {
    /// Why a value may not be stored.
    pub enum RefusedKind: "refusal of a reading" {
        /// Further ahead than clocks differ.
        Future = "future_time",
        /// Further back than anybody reads.
        TooOld = "past_time",
        /// Before its meter was first put in.
        BeforeInstallation = "before_installation",
        /// While its meter was out.
        AfterRemoval = "after_removal",
        /// The unit measures another thing, or the value has no exact number in the register's.
        UnitMismatch = "unit_mismatch",
        /// Finer than a millionth, where money may hang on it.
        TooFine = "too_fine",
        /// Does not fit.
        Overflow = "overflow",
        /// More digits than its register has.
        Digits = "digits_overflow",
        /// A counter shows less than before, and nobody says why.
        Backwards = "runs_backwards",
    }
}

/// Why a value may not be stored, with the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The time, and now.
    Future(Timestamp, Timestamp),
    /// The time, and the earliest that is taken.
    TooOld(Timestamp, Timestamp),
    /// The time, and when the meter was first put in.
    BeforeInstallation(Timestamp, Timestamp),
    /// The time, and when the meter was taken out.
    AfterRemoval(Timestamp, Timestamp),
    /// The value, its unit, the register's.
    UnitMismatch(Decimal, Unit, Unit),
    /// The value in the register's unit.
    TooFine(Decimal, Unit),
    /// The value, its unit.
    Overflow(Decimal, Unit),
    /// The value, and the index at which the register is back at zero.
    Digits(Micro, Decimal),
    /// The value, and the one before.
    Backwards(Micro, Index),
}

impl Refused {
    /// Its kind.
    pub const fn kind(&self) -> RefusedKind {
        match self {
            Self::Future(..) => RefusedKind::Future,
            Self::TooOld(..) => RefusedKind::TooOld,
            Self::BeforeInstallation(..) => RefusedKind::BeforeInstallation,
            Self::AfterRemoval(..) => RefusedKind::AfterRemoval,
            Self::UnitMismatch(..) => RefusedKind::UnitMismatch,
            Self::TooFine(..) => RefusedKind::TooFine,
            Self::Overflow(..) => RefusedKind::Overflow,
            Self::Digits(..) => RefusedKind::Digits,
            Self::Backwards(..) => RefusedKind::Backwards,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Future(time, now) => write!(f, "{time} lies in the future; it is {now}"),
            Self::TooOld(time, earliest) => {
                write!(f, "{time} lies too far in the past; the earliest is {earliest}")
            }
            Self::BeforeInstallation(time, installed) => {
                write!(f, "{time} is before the meter was installed, {installed}")
            }
            Self::AfterRemoval(time, removed) => {
                write!(f, "{time} is after the meter was removed, {removed}")
            }
            Self::UnitMismatch(value, unit, register) => {
                write!(f, "{value} {unit} in a register that counts {register}")
            }
            Self::TooFine(value, unit) => write!(f, "{value} is finer than 0.000001 {unit}"),
            Self::Overflow(value, unit) => write!(f, "{value} {unit} does not fit"),
            Self::Digits(value, full) => write!(f, "{value}: the register ends before {full}"),
            Self::Backwards(value, before) => write!(f, "{value} after {} at {}", before.value, before.at),
        }
    }
}

impl std::error::Error for Refused {}

/// Whether a value may be stored, and as what.
pub fn admit(candidate: Candidate, target: &Target<'_>, rules: Rules) -> Result<Admitted, Refused> {
    in_time(candidate.time, rules)?;
    installed(candidate.time, target.stays)?;
    let (value, rounded) = in_register(candidate.value, candidate.unit.unwrap_or(target.unit), target)?;
    if let Some(full) = target.range.full.filter(|full| digits_overflow(value, Some(*full))) {
        return Err(Refused::Digits(value, full));
    }
    let backwards = runs_backwards(Index { at: candidate.time, value, quality: Quality::Actual }, target);
    match backwards {
        Some(before) if !candidate.explained => Err(Refused::Backwards(value, before)),
        other => Ok(Admitted { value, rounded, backwards: other.is_some() }),
    }
}

fn in_time(time: Timestamp, rules: Rules) -> Result<(), Refused> {
    if time.duration_since(rules.now) > rules.future {
        return Err(Refused::Future(time, rules.now));
    }
    // Where the clock has no instant that far back, nothing is too old.
    match rules.now.checked_sub(rules.oldest) {
        Ok(earliest) if time < earliest => Err(Refused::TooOld(time, earliest)),
        _ => Ok(()),
    }
}

fn installed(time: Timestamp, stays: &[Stay]) -> Result<(), Refused> {
    let is_in = |stay: &Stay| stay.from <= time && stay.to.is_none_or(|removed| time <= removed);
    if stays.is_empty() || stays.iter().any(is_in) {
        return Ok(());
    }
    match stays.iter().filter_map(|stay| stay.to).filter(|removed| *removed < time).max() {
        Some(removed) => Err(Refused::AfterRemoval(time, removed)),
        None => {
            let first = stays.iter().map(|stay| stay.from).min().unwrap_or(time);
            Err(Refused::BeforeInstallation(time, first))
        }
    }
}

/// The number in the register's unit, exactly where money may hang on it; and whether it was rounded.
fn in_register(number: Decimal, unit: Unit, target: &Target<'_>) -> Result<(Micro, bool), Refused> {
    let overflow = || Refused::Overflow(number, unit);
    let mismatch = || Refused::UnitMismatch(number, unit, target.unit);
    // A demand is money too, although kW as such are not.
    let is_demand = matches!(target.register, Register::Obis(_))
        && target.register.kind(target.unit) == RegisterKind::Maximum;
    if target.unit.dimension().is_billed() || is_demand {
        let value = unit.convert(number, target.unit).map_err(|error| match error {
            ConvertError::Overflow => overflow(),
            ConvertError::Mismatch | ConvertError::Inexact => mismatch(),
        })?;
        return Micro::exact(value).map(|micro| (micro, false)).map_err(|error| match error {
            MicroError::Overflow(_) => overflow(),
            MicroError::TooFine(value) => Refused::TooFine(value, target.unit),
        });
    }
    if unit.dimension() != target.unit.dimension() {
        return Err(mismatch());
    }
    let value = unit.to_canonical(number).ok_or_else(overflow)?;
    Micro::rounded(value).map_err(|_| overflow())
}

/// What a counter showed before, where it now shows less. An estimate is no index: less than it is a correction. Less
/// than before is also what a register shows that passed its highest index.
fn runs_backwards(now: Index, target: &Target<'_>) -> Option<Index> {
    let before = target.before.filter(|before| before.quality != Quality::Estimated)?;
    let counts = target.register.kind(target.unit) == RegisterKind::Counter;
    let less = counts && now.value < before.value;
    (less && !rolled_over(target.range, before, now, None)).then_some(before)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: &str = "2026-11-22T10:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn rules() -> Rules {
        Rules {
            now: at(NOW),
            future: SignedDuration::from_secs(900),
            oldest: SignedDuration::from_hours(24 * 10_000),
        }
    }

    fn target<'a>(register: &str, unit: Unit, stays: &'a [Stay]) -> Target<'a> {
        let range = Range { full: Some(d("100000")), hourly: None };
        Target { register: register.parse().unwrap(), unit, range, stays, before: None }
    }

    fn candidate(time: &str, value: &str, unit: Option<Unit>) -> Candidate {
        Candidate { time: at(time), value: d(value), unit, explained: false }
    }

    /// The stored value, or the kind of the refusal.
    fn told(candidate: Candidate, target: &Target<'_>) -> String {
        match admit(candidate, target, rules()) {
            Ok(admitted) => format!("{}{}", admitted.value, if admitted.rounded { " rounded" } else { "" }),
            Err(refused) => refused.kind().to_string(),
        }
    }

    #[test]
    fn a_time_lies_near_the_clock_and_while_the_meter_was_in() {
        let stays = [
            Stay { from: at("2020-01-01T00:00:00Z"), to: Some(at("2024-01-01T00:00:00Z")) },
            Stay { from: at("2025-01-01T00:00:00Z"), to: Some(at("2026-11-01T00:00:00Z")) },
        ];
        let water = target("8-0:1.0.0", Unit::CubicMetre, &stays);
        for (time, expected) in [
            ("2026-11-22T10:15:01Z", "future_time"),
            ("1995-01-01T00:00:00Z", "past_time"),
            ("2019-12-31T23:59:59Z", "before_installation"),
            ("2020-01-01T00:00:00Z", "5"),
            ("2024-01-01T00:00:00Z", "5"),
            ("2024-01-01T00:00:01Z", "after_removal"),
            ("2025-01-01T00:00:00Z", "5"),
            ("2026-11-01T00:00:00Z", "5"),
            ("2026-11-22T10:00:00Z", "after_removal"),
        ] {
            assert_eq!(told(candidate(time, "5", None), &water), expected, "{time}");
        }
        let in_stock = target("8-0:1.0.0", Unit::CubicMetre, &[]);
        assert_eq!(told(candidate("2026-11-22T10:15:00Z", "5", None), &in_stock), "5");
    }

    #[test]
    fn a_unit_is_converted_exactly_or_refused() {
        let heat = target("6-0:1.0.0", Unit::MegaJoule, &[]);
        let power = target("6-0:8.0.0", Unit::KiloWatt, &[]);
        let demand = target("1-0:1.6.0", Unit::KiloWatt, &[]);
        let energy = target("6-0:1.0.0", Unit::KiloWattHour, &[]);
        for (value, unit, target, expected) in [
            ("10", Some(Unit::KiloWattHour), &heat, "36"),
            ("0.000001", Some(Unit::KiloWattHour), &heat, "too_fine"),
            ("1", Some(Unit::GigaCalorie), &heat, "4186.8"),
            ("9", Some(Unit::MegaJoule), &energy, "2.5"),
            ("10", Some(Unit::MegaJoule), &energy, "unit_mismatch"),
            ("10", Some(Unit::CubicMetre), &heat, "unit_mismatch"),
            ("10", None, &heat, "10"),
            ("1", Some(Unit::MegaJoulePerHour), &power, "0.277778 rounded"),
            ("1", Some(Unit::Bar), &power, "unit_mismatch"),
            ("1", Some(Unit::MegaJoulePerHour), &demand, "unit_mismatch"),
            ("0.0000001", None, &demand, "too_fine"),
            ("99999999999999999", Some(Unit::GigaJoule), &heat, "overflow"),
        ] {
            assert_eq!(told(candidate(NOW, value, unit), target), expected, "{value} {unit:?}");
        }
    }

    #[test]
    fn a_register_shows_no_more_than_its_digits() {
        let water = target("8-0:1.0.0", Unit::CubicMetre, &[]);
        assert_eq!(told(candidate(NOW, "99999.999", None), &water), "99999.999");
        assert_eq!(told(candidate(NOW, "1234567", None), &water), "digits_overflow");
        assert_eq!(told(candidate(NOW, "100000000", Some(Unit::Litre)), &water), "digits_overflow");
    }

    #[test]
    fn less_than_before_asks_for_a_reason() {
        let before = |value: &str, quality| {
            Some(Index { at: at("2026-10-22T10:00:00Z"), value: Micro::exact(d(value)).unwrap(), quality })
        };
        let with = |before| Target { before, ..target("8-0:1.0.0", Unit::CubicMetre, &[]) };
        let twelve = candidate(NOW, "12", None);
        assert_eq!(told(twelve, &with(before("12", Quality::Actual))), "12");
        assert_eq!(told(twelve, &with(before("13", Quality::Actual))), "runs_backwards");
        assert_eq!(told(twelve, &with(before("13", Quality::Estimated))), "12", "a correction");
        assert_eq!(told(twelve, &with(before("99990", Quality::Actual))), "12", "a rollover");
        let explained = Candidate { explained: true, ..twelve };
        let admitted = admit(explained, &with(before("13", Quality::Actual)), rules()).unwrap();
        assert!(admitted.backwards);
        let maximum =
            Target { before: before("13", Quality::Actual), ..target("1-0:1.6.0", Unit::KiloWatt, &[]) };
        assert_eq!(told(twelve, &maximum), "12", "the meter begins its maximum anew each month");
    }

    proptest! {
        /// Whatever unit an amount comes in, it is stored as the same amount or refused.
        #[test]
        fn one_amount_is_one_reading(raw in 0_i64..1_000_000_000, unit in prop::sample::select(vec![
            Unit::KiloWattHour, Unit::WattHour, Unit::MegaWattHour, Unit::KiloJoule, Unit::GigaJoule, Unit::MegaCalorie,
        ])) {
            let heat = Target { range: Range::default(), ..target("6-0:1.0.0", Unit::MegaJoule, &[]) };
            let megajoules = Decimal::new(raw, 3);
            if let Ok(value) = Unit::MegaJoule.convert(megajoules, unit) {
                let of = Candidate { value, unit: Some(unit), ..candidate(NOW, "0", None) };
                prop_assert_eq!(admit(of, &heat, rules()).map(|admitted| admitted.value.to_decimal()), Ok(megajoules.normalize()));
            }
        }
    }
}
