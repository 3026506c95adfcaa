//! Whether a formula can divide by zero, told from the formula alone: before a tariff is published, not when it bills.
//!
//! A number is what it is; `days` and `months` are above zero; a quantity, a fact or a sum may be anything. So `usage /
//! (365 / 12)` and `S_energy / max(1, usage)` divide safely, `S_energy / usage` does not.

use rust_decimal::Decimal;

use super::expression::{Expression, Fraction, Name, Operator};
use crate::rating::number;

/// On which sides of zero a value may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Signs {
    negative: bool,
    zero: bool,
    positive: bool,
}

impl Signs {
    const ANY: Self = Self { negative: true, zero: true, positive: true };
    const POSITIVE: Self = Self { negative: false, zero: false, positive: true };

    fn of(n: Decimal) -> Self {
        Self { negative: n < Decimal::ZERO, zero: n.is_zero(), positive: n > Decimal::ZERO }
    }

    fn opposite(self) -> Self {
        Self { negative: self.positive, positive: self.negative, ..self }
    }

    fn plus(self, other: Self) -> Self {
        let meet = (self.positive && other.negative) || (self.negative && other.positive);
        Self {
            negative: self.negative || other.negative,
            zero: meet || (self.zero && other.zero),
            positive: self.positive || other.positive,
        }
    }

    fn times(self, other: Self) -> Self {
        Self {
            negative: (self.positive && other.negative) || (self.negative && other.positive),
            zero: self.zero || other.zero,
            positive: (self.positive && other.positive) || (self.negative && other.negative),
        }
    }

    /// Of the larger of two. Of the smaller it is the opposite of the opposites.
    fn larger(self, other: Self) -> Self {
        let above = |one: Self| !one.negative && !one.zero;
        Self {
            negative: self.negative && other.negative,
            zero: (self.zero && !above(other) && (other.negative || other.zero))
                || (other.zero && !above(self) && (self.negative || self.zero)),
            positive: self.positive || other.positive,
        }
    }
}

/// Whether it may divide by zero. `is_positive` finds the names that are always above zero.
pub(crate) fn may_be_zero(expression: &Expression, is_positive: &dyn Fn(&Name) -> bool) -> bool {
    let mut found = false;
    known(expression, is_positive, &mut found);
    found
}

/// What is known of a part before any bill: its signs, and its value where it has no names.
#[derive(Clone, Copy)]
struct Known {
    signs: Signs,
    value: Option<Fraction>,
}

impl Known {
    const ANY: Self = Self { signs: Signs::ANY, value: None };

    /// Numbers alone are worked out: 1 - 0.2 is above zero.
    fn of(signs: Signs, value: Option<Fraction>) -> Self {
        let number = value.and_then(|value| value.divided().ok());
        Self { signs: number.map_or(signs, Signs::of), value: number.and(value) }
    }

    fn opposite(self) -> Self {
        Self { signs: self.signs.opposite(), value: self.value.map(Fraction::opposite) }
    }

    fn larger(self, other: Self) -> Self {
        let values = self.value.zip(other.value).and_then(|(a, b)| a.divided().ok().zip(b.divided().ok()));
        Self::of(self.signs.larger(other.signs), values.map(|(a, b)| Fraction::of(number::max(a, b))))
    }

    fn then(self, operator: Operator, right: Self, found: &mut bool) -> Self {
        let signs = match operator {
            Operator::Plus => self.signs.plus(right.signs),
            Operator::Minus => self.signs.plus(right.signs.opposite()),
            Operator::Times => self.signs.times(right.signs),
            Operator::Over => {
                *found |= right.signs.zero;
                self.signs.times(Signs { zero: false, ..right.signs })
            }
        };
        Self::of(signs, self.value.zip(right.value).and_then(|(a, b)| operator.apply(a, b).ok()))
    }
}

fn known(expression: &Expression, is_positive: &dyn Fn(&Name) -> bool, found: &mut bool) -> Known {
    let mut each = |one: &Expression| known(one, is_positive, found);
    match expression {
        Expression::Number(n) => Known::of(Signs::of(*n), Some(Fraction::of(*n))),
        Expression::Name(name) if is_positive(name) => Known { signs: Signs::POSITIVE, value: None },
        Expression::Name(_) => Known::ANY,
        Expression::Minus(one) => each(one).opposite(),
        Expression::Min(list) => list
            .iter()
            .map(|one| each(one).opposite())
            .reduce(Known::larger)
            .map_or(Known::ANY, Known::opposite),
        Expression::Max(list) => list.iter().map(each).reduce(Known::larger).unwrap_or(Known::ANY),
        Expression::Chain(first, rest) => {
            let mut left = each(first);
            for (operator, right) in rest {
                let right = known(right, is_positive, found);
                left = left.then(*operator, right, found);
            }
            left
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::Slot;

    /// `days` is above zero, any other name may be anything.
    fn divides_by_zero(expr: &str) -> bool {
        let names = |name: &str| Ok(Name::Slot(Slot(u32::from(name != "days"))));
        let parsed = Expression::parse(expr, names).unwrap();
        may_be_zero(&parsed, &|name| matches!(name, Name::Slot(Slot(0))))
    }

    #[test]
    fn what_can_be_zero_is_told_from_what_can_not() {
        for safe in [
            "9.75*days/(365/12)",
            "usage/max(1, usage)",
            "usage/max(usage, 0.01)",
            "usage/max(1, usage - 3)",
            "usage/(1 - 0.2)",
            "usage/-3",
            "usage/(days*2 + 1)",
            "usage/min(days, 31)",
            "usage/(max(0, usage) + 1)",
            "1/(1/days)",
        ] {
            assert!(!divides_by_zero(safe), "{safe}");
        }
        for unsafe_one in [
            "1/0",
            "1/(2 - 2)",
            "1/usage",
            "1/(days - 30)",
            "1/max(0, usage)",
            "1/min(1, usage)",
            "1/(usage*days)",
            "max(1, 2/usage)",
            "1/(0/days)",
        ] {
            assert!(divides_by_zero(unsafe_one), "{unsafe_one}");
        }
    }
}
