//! Whether a formula can divide by zero, told from the formula alone: before a tariff is published, not when it bills.
//!
//! A number is what it is; `days` and `months` are above zero; a quantity, a fact or a sum may be anything. So `usage /
//! (365 / 12)` and `S_energy / max(1, usage)` divide safely, `S_energy / usage` does not.

use rust_decimal::Decimal;

use super::expression::{Expression, Name, Operator};

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

/// Whether it may divide by zero. `is_positive` tells of a name that it is always above zero.
pub(crate) fn may_be_zero(expression: &Expression, is_positive: &dyn Fn(&Name) -> bool) -> bool {
    let mut found = false;
    signs(expression, is_positive, &mut found);
    found
}

fn signs(expression: &Expression, is_positive: &dyn Fn(&Name) -> bool, found: &mut bool) -> Signs {
    match expression {
        Expression::Number(n) => Signs::of(*n),
        Expression::Name(name) if is_positive(name) => Signs::POSITIVE,
        Expression::Name(_) => Signs::ANY,
        Expression::Minus(one) => signs(one, is_positive, found).opposite(),
        Expression::Min(list) => list
            .iter()
            .map(|one| signs(one, is_positive, found).opposite())
            .reduce(Signs::larger)
            .map_or(Signs::ANY, Signs::opposite),
        Expression::Max(list) => {
            list.iter().map(|one| signs(one, is_positive, found)).reduce(Signs::larger).unwrap_or(Signs::ANY)
        }
        Expression::Both(operator, a, b) => {
            let (left, right) = (signs(a, is_positive, found), signs(b, is_positive, found));
            // Numbers alone are worked out: 1 - 0.2 is above zero.
            if let Some(n) = constant(expression) {
                return Signs::of(n);
            }
            match operator {
                Operator::Plus => left.plus(right),
                Operator::Minus => left.plus(right.opposite()),
                Operator::Times => left.times(right),
                Operator::Over => {
                    let divisor = constant(b).map_or(right, Signs::of);
                    *found |= divisor.zero;
                    left.times(Signs { zero: false, ..divisor })
                }
            }
        }
    }
}

/// The value of an expression without names.
fn constant(expression: &Expression) -> Option<Decimal> {
    if has_names(expression) {
        return None;
    }
    expression.value(&|_| Ok(Decimal::ZERO)).ok()
}

fn has_names(expression: &Expression) -> bool {
    match expression {
        Expression::Number(_) => false,
        Expression::Name(_) => true,
        Expression::Minus(one) => has_names(one),
        Expression::Both(_, a, b) => has_names(a) || has_names(b),
        Expression::Min(list) | Expression::Max(list) => list.iter().any(has_names),
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
