//! What one register of one installed meter counted over one span: the smallest thing that is billed.
//!
//! An exchange of meters, a rollover, a change of the multiplier each end a segment and begin the next.
//! Laws (docs/billing.md): S1 segments of an installation touch and do not overlap; S2 the usages of two touching
//! segments add up to the usage of both as one; S3 what flooring leaves stays in the meter and is billed later.

use metering::{InstallationId, MeterId, Quality, RegisterId, RegisterKind, Unit};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::fitting::Fitting;
use crate::index::Index;
use crate::register;
use crate::unmet::Unmet;

/// What a register is billed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The installation.
    pub installation: InstallationId,
    /// The meter.
    pub meter: MeterId,
    /// The number printed on the meter.
    pub serial: SmolStr,
    /// The register.
    pub register: RegisterId,
    /// Its name.
    pub name: SmolStr,
    /// The unit in which it is stored.
    pub unit: Unit,
    /// Where it begins.
    pub open: Index,
    /// Where it ends.
    pub close: Index,
    /// Units per unit of the index.
    pub multiplier: Decimal,
    /// The index at which the register began again at zero in between; `None` where it did not.
    pub rollover: Option<Decimal>,
    /// Of a register that holds a maximum: its greatest reading after it opened, up to where it closes. `None` of a counter.
    pub greatest: Option<Index>,
}

impl Segment {
    /// From where it opens to where it closes; what is not plausible is not a segment.
    ///
    /// `daily` is the usage a day of the last bill, in units of the index. Running backwards is a correction where
    /// the opening was estimated, a rollover where [`register::rolled_over`] says so, and parks otherwise.
    pub fn new(fitting: &Fitting, open: Index, close: Index, daily: Option<Decimal>) -> Result<Self, Unmet> {
        for index in [open, close] {
            if register::digits_overflow(index.value, fitting.range.full) {
                return Err(Unmet::DigitsOverflow(fitting.place(), index.value, index.at));
            }
        }
        let is_maximum = fitting.kind == RegisterKind::Maximum;
        let backwards = !is_maximum && close.value < open.value;
        let rolled = backwards && register::rolled_over(fitting.range, open, close, daily);
        if backwards && !rolled && open.quality != Quality::Estimated {
            let (open, close) = (open.value, close.value);
            return Err(Unmet::NegativeUsage { register: fitting.place(), open, close });
        }
        Ok(Self {
            installation: fitting.installation,
            meter: fitting.meter,
            serial: fitting.serial.clone(),
            register: fitting.register,
            name: fitting.name.clone(),
            unit: fitting.unit,
            open,
            close,
            multiplier: fitting.multiplier,
            rollover: fitting.range.full.filter(|_| rolled),
            greatest: is_maximum.then_some(close),
        })
    }

    /// A reading inside it, of a register that holds a maximum: the greatest one counts, the first of equals.
    pub fn raise(&mut self, found: Index) {
        if let Some(greatest) = &mut self.greatest
            && (found.value > greatest.value || (found.value == greatest.value && found.at < greatest.at))
        {
            *greatest = found;
        }
    }

    /// The usage. A counter's is a difference, of indexes floored to `step`; that of a register that holds a maximum is its
    /// greatest value. `None` beyond 96 bits.
    pub fn usage(&self, step: Option<Decimal>) -> Option<Decimal> {
        match self.greatest {
            Some(greatest) => {
                greatest.value.to_decimal().checked_mul(self.multiplier).map(|usage| usage.normalize())
            }
            None => usage(
                (self.open.value.to_decimal(), self.close.value.to_decimal()),
                step,
                self.rollover,
                self.multiplier,
            ),
        }
    }
}

/// (floor(close) - floor(open), and the whole range more where it rolled over) x multiplier.
///
/// ```
/// use series::segment::usage;
/// let d = |text: &str| text.parse().unwrap();
/// // Whole cubic metres (抄见整吨): what the index shows behind the point stays in the meter.
/// assert_eq!(usage((d("100.9"), d("112.1")), Some(d("1")), None, d("1")), Some(d("12")));
/// assert_eq!(usage((d("99987.6"), d("12.3")), Some(d("1")), Some(d("100000")), d("1")), Some(d("25")));
/// ```
pub fn usage(
    (open, close): (Decimal, Decimal),
    step: Option<Decimal>,
    rolled_over: Option<Decimal>,
    multiplier: Decimal,
) -> Option<Decimal> {
    let run = floor(close, step)?.checked_sub(floor(open, step)?)?;
    let run = match rolled_over {
        Some(full) => run.checked_add(full)?,
        None => run,
    };
    run.checked_mul(multiplier).map(|usage| usage.normalize())
}

/// The multiple of `step` at or below an index; the index itself where there is no step.
fn floor(index: Decimal, step: Option<Decimal>) -> Option<Decimal> {
    match step.filter(|step| *step > Decimal::ZERO) {
        None => Some(index),
        Some(step) if step == Decimal::ONE => Some(index.floor()),
        Some(step) => index.checked_div(step)?.floor().checked_mul(step),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_multiplier_counts_the_floored_index() {
        assert_eq!(usage((d("10.9"), d("12.1")), Some(d("1")), None, d("40")), Some(d("80")));
        assert_eq!(usage((d("10.9"), d("12.1")), None, None, d("40")), Some(d("48")));
        assert_eq!(usage((d("-0.5"), d("1.5")), Some(d("1")), None, d("1")), Some(d("2")));
        assert_eq!(usage((d("10.26"), d("10.99")), Some(d("0.25")), None, d("1")), Some(d("0.5")));
    }

    proptest! {
        /// Law S2 and S3: a boundary in between changes nothing.
        #[test]
        fn touching_segments_add_up(a in 0_i64..1_000_000_000, b in 0_i64..1_000_000_000, c in 0_i64..1_000_000_000,
                                    step in prop::option::of(1_u32..500), multiplier in 1_u32..2000) {
            let [open, middle, close] = { let mut all = [a, b, c]; all.sort_unstable(); all }.map(|v| Decimal::new(v, 6));
            let (step, multiplier) = (step.map(|s| Decimal::new(i64::from(s), 2)), Decimal::from(multiplier));
            let first = usage((open, middle), step, None, multiplier).unwrap();
            let second = usage((middle, close), step, None, multiplier).unwrap();
            prop_assert_eq!(Some(first + second), usage((open, close), step, None, multiplier));
        }

        /// Law S4: a rollover counts what a longer register would have counted.
        #[test]
        fn a_rollover_counts_on(open in 0_i64..100_000_000_000, run in 0_i64..100_000_000_000, step in 1_u32..3) {
            let (open, close) = (Decimal::new(open, 6), Decimal::new(open + run, 6));
            let step = Some(Decimal::from(step));
            let wrapped = if close >= d("100000") { close - d("100000") } else { close };
            let rolled = (close >= d("100000")).then_some(d("100000"));
            prop_assert_eq!(
                usage((open, wrapped), step, rolled, Decimal::ONE),
                usage((open, close), step, None, Decimal::ONE)
            );
        }
    }
}
