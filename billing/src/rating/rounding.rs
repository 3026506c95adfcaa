//! Rounding: a quantum, a mode and a place. Each amount is rounded once, by the rule of its tariff.
//!
//! Before it is rounded, a value within 1e-18 of a boundary snaps to it: 400 / 3 x 3 comes out as
//! 399.9999…, and a floor would take a whole unit from it. A boundary is a multiple of the quantum and, where
//! the mode looks at halves, the middle between two of them.

#![expect(clippy::inline_always, reason = "as in `number`")]

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::error::Trouble;
use super::number;

/// How close to a boundary a value must be to be taken for it.
const SNAP: Decimal = Decimal::from_parts(1, 0, 0, false, 18);

/// The finest scale at which no value but the boundary itself lies within [`SNAP`] of a boundary.
const SNAPLESS_SCALE: u32 = 17;

/// What becomes of the part between two multiples of the quantum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// To the nearest; from the middle away from zero: 0.5 to 1, -0.5 to -1.
    HalfUp,
    /// To the nearest; from the middle to the even multiple: 0.5 to 0, 1.5 to 2.
    HalfEven,
    /// Towards minus infinity: -0.1 to -1.
    Floor,
    /// Towards plus infinity: -0.9 to 0.
    Ceil,
}

impl Mode {
    /// Every mode's name in a document.
    pub const NAMES: &[&str] = &["half_up", "half_even", "floor", "ceil"];

    /// The name in a document.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HalfUp => "half_up",
            Self::HalfEven => "half_even",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        match text {
            "half_up" => Ok(Self::HalfUp),
            "half_even" => Ok(Self::HalfEven),
            "floor" => Ok(Self::Floor),
            "ceil" => Ok(Self::Ceil),
            _ => Err(UnknownMode(text.to_owned())),
        }
    }
}

/// A rounding mode's name that is not in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMode(String);

impl fmt::Display for UnknownMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown rounding {:?}: one of {}", self.0, Mode::NAMES.join(", "))
    }
}

impl std::error::Error for UnknownMode {}

/// A quantum and a mode: to which multiples, and which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    quantum: Decimal,
    mode: Mode,
    /// `k` where the quantum is 10^-k, the shape of nearly every money step.
    places: Option<u32>,
}

impl Rule {
    /// Rounds to multiples of `quantum`, which must be above zero.
    pub fn new(quantum: Decimal, mode: Mode) -> Option<Self> {
        let positive = quantum > Decimal::ZERO;
        let places = (quantum.normalize().mantissa() == 1).then(|| quantum.normalize().scale());
        positive.then_some(Self { quantum, mode, places })
    }

    /// To whole units.
    pub const fn whole(mode: Mode) -> Self {
        Self { quantum: Decimal::ONE, mode, places: Some(0) }
    }

    /// The step.
    pub const fn quantum(self) -> Decimal {
        self.quantum
    }

    /// The mode.
    pub const fn mode(self) -> Mode {
        self.mode
    }

    /// `x` at a multiple of the quantum. `None` when that is beyond 96 bits.
    ///
    /// ```
    /// use billing::rating::{Mode, Rule};
    /// let cents = Rule::new("0.01".parse().unwrap(), Mode::HalfUp).unwrap();
    /// assert_eq!(cents.round("-2.345".parse().unwrap()), Some("-2.35".parse().unwrap()));
    /// let five_sen = Rule::new("0.05".parse().unwrap(), Mode::HalfUp).unwrap();
    /// assert_eq!(five_sen.round("131.24".parse().unwrap()), Some("131.25".parse().unwrap()));
    /// ```
    pub fn round(self, x: Decimal) -> Option<Decimal> {
        self.round_short(x).or_else(|| self.round_any(x))
    }

    /// [`Rule::round`] for the engine.
    #[inline(always)]
    pub(crate) fn apply(self, x: Decimal) -> Result<Decimal, Trouble> {
        match self.round_short(x) {
            Some(rounded) => Ok(rounded),
            None => self.apply_any(x),
        }
    }

    /// The general way, out of line.
    #[cold]
    fn apply_any(self, x: Decimal) -> Result<Decimal, Trouble> {
        self.round_any(x).ok_or(Trouble::Overflow)
    }

    /// The short way: 10^-k, a mantissa of 63 bits, a scale at which nothing can need snapping.
    #[inline(always)]
    #[expect(clippy::arithmetic_side_effects, reason = "a divisor of at least 10 can't be 0 or -1")]
    fn round_short(self, x: Decimal) -> Option<Decimal> {
        let places = self.places?;
        let mantissa = number::small(x)?;
        let scale = x.scale();
        if scale <= places {
            let up = number::pow10(places.checked_sub(scale)?)?;
            return Some(Decimal::new(mantissa.checked_mul(up)?, places));
        }
        if scale > SNAPLESS_SCALE {
            return None;
        }
        let step = number::pow10(scale.checked_sub(places)?)?;
        let (whole, rest) = (mantissa / step, mantissa % step);
        let twice = rest.unsigned_abs().checked_mul(2)?.cmp(&step.unsigned_abs());
        let away = self.goes_away(rest.is_negative(), rest == 0, twice, whole % 2 != 0);
        let away_by = i64::from(away) * mantissa.signum();
        Some(Decimal::new(whole.checked_add(away_by)?, places))
    }

    /// The general way: any quantum, any value.
    fn round_any(self, x: Decimal) -> Option<Decimal> {
        let rest = x.checked_rem(self.quantum)?;
        let toward_zero = x.checked_sub(rest)?;
        let (rest, toward_zero) = self.snap(x, rest, toward_zero)?;
        let halves = toward_zero.checked_div(self.quantum)?.checked_rem(Decimal::TWO)?;
        let twice = rest.abs().checked_mul(Decimal::TWO)?;
        let near_half = twice.checked_sub(self.quantum)?.abs() <= SNAP.checked_mul(Decimal::TWO)?;
        let twice = if near_half { std::cmp::Ordering::Equal } else { twice.cmp(&self.quantum) };
        let away = self.goes_away(x.is_sign_negative(), rest.is_zero(), twice, !halves.is_zero());
        let rounded = match (away, x.is_sign_negative()) {
            (false, _) => toward_zero,
            (true, false) => toward_zero.checked_add(self.quantum)?,
            (true, true) => toward_zero.checked_sub(self.quantum)?,
        };
        let mut printed = rounded;
        printed.rescale(self.quantum.scale());
        (printed == rounded).then_some(printed).or(Some(rounded))
    }

    /// The rest and the multiple below it, in absolute terms, after a rest within [`SNAP`] of nothing or of a
    /// whole quantum is taken for that.
    fn snap(self, x: Decimal, rest: Decimal, toward_zero: Decimal) -> Option<(Decimal, Decimal)> {
        if rest.abs() <= SNAP {
            return Some((Decimal::ZERO, toward_zero));
        }
        if self.quantum.checked_sub(rest.abs())? > SNAP {
            return Some((rest, toward_zero));
        }
        let signed = if x.is_sign_negative() { number::neg(self.quantum) } else { self.quantum };
        Some((Decimal::ZERO, toward_zero.checked_add(signed)?))
    }

    /// Whether a value goes to the multiple farther from zero, given what lies beyond the nearer one.
    #[inline(always)]
    fn goes_away(self, negative: bool, exact: bool, twice: std::cmp::Ordering, odd: bool) -> bool {
        match self.mode {
            Mode::HalfUp => twice.is_ge(),
            Mode::HalfEven => twice.is_gt() || (twice.is_eq() && odd),
            Mode::Floor => negative && !exact,
            Mode::Ceil => !negative && !exact,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.mode, self.quantum)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(quantum: &str, mode: Mode, value: &str, rounded: &str) {
        let rule = Rule::new(d(quantum), mode).unwrap();
        assert_eq!(rule.round(d(value)), Some(d(rounded)), "{value} by {rule}");
        assert_eq!(rule.round_any(d(value)), Some(d(rounded)), "{value} by {rule}, the general way");
    }

    #[test]
    fn each_mode_has_its_way_at_both_sides_of_zero() {
        use Mode::{Ceil, Floor, HalfEven, HalfUp};
        for (value, half_up, half_even, floor, ceil) in [
            ("2.345", "2.35", "2.34", "2.34", "2.35"),
            ("-2.345", "-2.35", "-2.34", "-2.35", "-2.34"),
            ("2.355", "2.36", "2.36", "2.35", "2.36"),
            ("0.001", "0", "0", "0", "0.01"),
            ("-0.001", "0", "0", "-0.01", "0"),
            ("7", "7.00", "7.00", "7.00", "7.00"),
        ] {
            for (mode, rounded) in [(HalfUp, half_up), (HalfEven, half_even), (Floor, floor), (Ceil, ceil)] {
                check("0.01", mode, value, rounded);
            }
        }
    }

    #[test]
    fn a_quantum_may_be_any_step() {
        check("0.05", Mode::HalfUp, "131.24", "131.25");
        check("10", Mode::Floor, "2698.3", "2690");
        check("10", Mode::Floor, "-2698.3", "-2700");
        check("0.25", Mode::HalfEven, "0.375", "0.50");
        check("3", Mode::Ceil, "10", "12");
    }

    #[test]
    fn what_is_printed_has_the_decimals_of_its_quantum() {
        let cents = Rule::new(d("0.01"), Mode::HalfUp).unwrap();
        assert_eq!(cents.round(d("157")).unwrap().to_string(), "157.00");
        assert_eq!(cents.round_any(d("157")).unwrap().to_string(), "157.00");
    }

    #[test]
    fn a_value_at_a_boundary_but_for_the_28th_digit_snaps() {
        check("1", Mode::Floor, "399.9999999999999999999999999", "400");
        check("1", Mode::Floor, "-400.0000000000000000001", "-400");
        check("1", Mode::Ceil, "400.0000000000000000001", "400");
        check("0.01", Mode::HalfUp, "2.34499999999999999999999", "2.35");
        check("0.01", Mode::HalfEven, "2.34500000000000000000001", "2.34");
        check("0.01", Mode::HalfUp, "2.3449999999", "2.34");
        check("1", Mode::Floor, "399.99999999999999999", "399");
    }

    #[test]
    fn a_step_of_nothing_is_no_rule() {
        assert_eq!(Rule::new(Decimal::ZERO, Mode::HalfUp), None);
        assert_eq!(Rule::new(d("-0.01"), Mode::HalfUp), None);
    }

    proptest! {
        /// Law 12: the short way and the general way round alike.
        #[test]
        fn the_short_way_rounds_alike(m in any::<i64>(), scale in 0_u32..=28, places in 0_u32..6, mode in 0..4) {
            let mode = [Mode::HalfUp, Mode::HalfEven, Mode::Floor, Mode::Ceil][usize::try_from(mode).unwrap()];
            let rule = Rule::new(Decimal::new(1, places), mode).unwrap();
            let x = Decimal::new(m, scale);
            prop_assert_eq!(rule.round(x), rule.round_any(x));
        }
    }
}
