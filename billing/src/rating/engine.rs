//! The engine: the components in their order, each adding its lines to the bill.

use rust_decimal::Decimal;

use super::error::{RateError, Slot, Trouble};
use super::input::{Input, Share};
use super::line::{Line, Made, Move, ROUNDING, Rated};
use super::number;
use super::rounding::Rule;
use crate::tariff::{Of, Step, Tariff};

/// Rates a bill, with all that its lines need to explain themselves.
///
/// ```
/// use billing::rating::{Input, rate};
/// use billing::tariff::Tariff;
///
/// let tariff = Tariff::from_json(r#"{"quantum": "0.01", "rounding": "half_up", "components": [
///     {"type": "tiered", "code": "water", "qty": "usage",
///      "tiers": [{"upto": "22", "price": "2.67"}, {"upto": "30", "price": "4.01"}, {"upto": null, "price": "8.01"}]},
///     {"type": "unit", "code": "garbage", "qty": "usage", "price": "0.59"}]}"#).unwrap();
/// let input = Input::from_json(r#"{"qty": {"usage": "35"}}"#).unwrap();
/// let bill = rate(&tariff, &input).unwrap();
/// let lines: Vec<_> = bill.lines.iter().map(|l| format!("{} {} {}", l.code, l.qty, l.amount)).collect();
/// assert_eq!(lines, ["water#1 22 58.74", "water#2 8 32.08", "water#3 5 40.05", "garbage 35 20.65"]);
/// assert_eq!(bill.total.to_string(), "151.52");
/// ```
pub fn rate<'t>(tariff: &'t Tariff, input: &Input) -> Result<Rated<'t>, RateError> {
    let mut rated = Rated::new();
    rate_into(tariff, input, &mut rated)?;
    Ok(rated)
}

/// [`rate`] into memory that is used anew. After an error, what is in it means nothing.
pub fn rate_into<'t>(tariff: &'t Tariff, input: &Input, rated: &mut Rated<'t>) -> Result<(), RateError> {
    run::<true>(tariff, input, rated)
}

/// [`rate_into`] without what the lines were made of: for a run that only wants the amounts.
pub fn rate_untold_into<'t>(
    tariff: &'t Tariff,
    input: &Input,
    rated: &mut Rated<'t>,
) -> Result<(), RateError> {
    run::<false>(tariff, input, rated)
}

fn run<'t, const TELLS: bool>(
    tariff: &'t Tariff,
    input: &Input,
    rated: &mut Rated<'t>,
) -> Result<(), RateError> {
    rated.lines.clear();
    rated.counters.clear();
    rated.values.clear();
    rated.total = Decimal::ZERO;
    // A need that can't be met matters only to the component that asks for it.
    rated.values.extend(tariff.needs.iter().map(|need| input.resolve(need).ok().flatten()));
    let mut run =
        Run { out: rated, tells: TELLS, part: input.period_part, failed: None, stumbled: Decimal::ZERO };
    let done = run.steps(&tariff.steps).and_then(|()| run.round_total(tariff));
    done.map_err(|trouble| named(trouble, run.failed.unwrap_or(ROUNDING), run.stumbled, tariff, input))
}

/// The error behind a component's trouble. A need that was given, but can't be used, says so itself.
#[cold]
fn named(trouble: Trouble, code: &str, value: Decimal, tariff: &Tariff, input: &Input) -> RateError {
    if let Trouble::Missing(Slot(slot)) = trouble
        && let Some(Err(error)) = tariff.needs.get(slot as usize).map(|need| input.resolve(need))
    {
        return error;
    }
    trouble.at(code, &tariff.needs, value)
}

/// A bill being rated.
pub(crate) struct Run<'r, 't> {
    pub(crate) out: &'r mut Rated<'t>,
    tells: bool,
    /// The part of a period that a price change cut.
    part: Option<Share>,
    /// The component that an error happened in.
    failed: Option<&'t str>,
    /// The value that it stumbled over.
    stumbled: Decimal,
}

impl<'t> Run<'_, 't> {
    /// The components, in order.
    pub(crate) fn steps(&mut self, steps: &'t [Step]) -> Result<(), Trouble> {
        for step in steps {
            if let Err(trouble) = step.component.rate(step, self) {
                // The innermost: a schedule's component, not the choice of the schedule.
                self.failed.get_or_insert(&step.code);
                return Err(trouble);
            }
        }
        Ok(())
    }

    /// Trouble over a value.
    #[cold]
    pub(crate) fn over(&mut self, value: Decimal, trouble: Trouble) -> Trouble {
        self.stumbled = value;
        trouble
    }

    /// A need's value; what is missing is trouble, never zero.
    #[inline]
    pub(crate) fn value(&self, slot: Slot) -> Result<Decimal, Trouble> {
        self.out.values.get(slot.0 as usize).copied().flatten().ok_or(Trouble::Missing(slot))
    }

    /// What a tariff states for the whole period (an amount, an allowance, a contract, a bound), in the part of it that
    /// is being rated.
    #[inline]
    pub(crate) fn of_period(&self, stated: Decimal) -> Result<Decimal, Trouble> {
        self.part.map_or(Ok(stated), |part| part.of(stated))
    }

    /// The part of the period that is being rated, where it is not the whole.
    pub(crate) fn part(&self) -> Option<Share> {
        self.part
    }

    /// Gives a quantity a value: a transformer's loss makes one of another.
    pub(crate) fn set(&mut self, slot: Slot, value: Decimal) {
        if let Some(place) = self.out.values.get_mut(slot.0 as usize) {
            *place = Some(value);
        }
    }

    /// Adds a line, rounded by its component's rule.
    #[inline]
    pub(crate) fn line(
        &mut self,
        step: &'t Step,
        code: &'t str,
        (qty, price): (Decimal, Option<Decimal>),
        exact: Decimal,
        made: impl FnOnce() -> Made<'t>,
    ) -> Result<(), Trouble> {
        let amount = if step.rounds { step.rule.apply(exact)? } else { exact };
        self.out.total = number::add(self.out.total, amount)?;
        let made = if self.tells { made() } else { Made::Untold };
        self.out.lines.push(Line { code, qty, price, exact, amount, made, step: Some(step) });
        Ok(())
    }

    /// Adds a line of `qty` units at `price`.
    #[inline]
    pub(crate) fn priced(
        &mut self,
        step: &'t Step,
        code: &'t str,
        qty: Decimal,
        price: Decimal,
        made: impl FnOnce() -> Made<'t>,
    ) -> Result<(), Trouble> {
        self.line(step, code, (qty, Some(price)), number::mul(qty, price)?, made)
    }

    /// Adds the difference that rounding the running total by `rule` leaves.
    pub(crate) fn round_running(
        &mut self,
        step: Option<&'t Step>,
        code: &'t str,
        rule: Rule,
    ) -> Result<(), Trouble> {
        let sum = self.out.total;
        let rounded = rule.apply(sum)?;
        let amount = number::sub(rounded, sum)?;
        let made = if self.tells { Made::Running { sum, rule } } else { Made::Untold };
        self.out.lines.push(Line { code, qty: Decimal::ONE, price: None, exact: amount, amount, made, step });
        self.out.total = rounded;
        Ok(())
    }

    /// The sum of the named lines so far.
    pub(crate) fn sum(&self, of: &Of) -> Result<Decimal, Trouble> {
        self.named(of).try_fold(Decimal::ZERO, |sum, line| number::add(sum, line.amount))
    }

    /// The named lines so far.
    pub(crate) fn named(&self, of: &Of) -> impl Iterator<Item = &Line<'t>> {
        self.out.lines.iter().filter(|line| of.names(line))
    }

    /// Notes that this bill moves a counter. Two components on one counter move it once.
    pub(crate) fn moves(&mut self, counter: &'t str, from: Decimal, by: Decimal) -> Result<(), Trouble> {
        if self.out.counters.iter().all(|moved| moved.counter != counter) {
            self.out.counters.push(Move { counter, from, to: number::add(from, by)? });
        }
        Ok(())
    }

    /// The last steps on the total. What they take or add is a line, so that the total stays the sum of the lines.
    fn round_total(&mut self, tariff: &'t Tariff) -> Result<(), Trouble> {
        let rules = [(!tariff.rounds_lines).then_some(tariff.rule), tariff.last_rule];
        let sum = self.out.total;
        for rule in rules.into_iter().flatten() {
            self.out.total = rule.apply(self.out.total)?;
        }
        let amount = number::sub(self.out.total, sum)?;
        if !amount.is_zero() {
            let rule = tariff.last_rule.unwrap_or(tariff.rule);
            let made = if self.tells { Made::Running { sum, rule } } else { Made::Untold };
            let line = Line {
                code: ROUNDING,
                qty: Decimal::ONE,
                price: None,
                exact: amount,
                amount,
                made,
                step: None,
            };
            self.out.lines.push(line);
        }
        Ok(())
    }
}
