//! The arithmetic of `formula`: parsed once, evaluated without names.
//!
//! Values are fractions while they are computed, so that a division that has no finite decimal comes last: 9.75 x 29 /
//! (365 / 12) is 282.75 x 12 / 365. Where a fraction would outgrow 96 bits, it is divided out at 28 digits.
//!
//! **Promises** that whatever a document writes, its formula is parsed, evaluated and dropped on a small stack: the tree
//! is at most [`HEIGHT_MAX`] high, and every walk over it goes no deeper than that.

mod fraction;
mod grammar;

use rust_decimal::Decimal;

pub(crate) use self::fraction::Fraction;
use crate::rating::{Slot, Trouble, number};
use crate::tariff::Of;

/// The most numbers, names, signs, operators and functions that a formula may have. The longest of a published notice has
/// about forty.
const NODES_MAX: usize = 500;

/// How high the tree of a formula may be. A formula is read by people; a hostile one must not exhaust the stack.
const HEIGHT_MAX: usize = 64;

/// A parsed formula. `N` is what stands for a name: the word itself, then what the tariff means by it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Expression<N = Name> {
    Number(Decimal),
    Name(N),
    Minus(Box<Self>),
    /// Operators of one rank, applied from left to right: a chain of a hundred terms is no deeper than one of two.
    Chain(Box<Self>, Vec<(Operator, Self)>),
    Min(Vec<Self>),
    Max(Vec<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Plus,
    Minus,
    Times,
    Over,
}

/// What a name in a formula stands for.
#[derive(Debug)]
pub(crate) enum Name {
    /// A need.
    Slot(Slot),
    /// The sum of earlier lines.
    Sum(Of),
}

impl Expression {
    /// Parses a formula; `name` finds what its names stand for, from left to right.
    pub(crate) fn parse(
        text: &str,
        mut name: impl FnMut(&str) -> Result<Name, String>,
    ) -> Result<Self, String> {
        let words = grammar::parse(text)?;
        if words.nodes() > NODES_MAX {
            return Err(format!("more than {NODES_MAX} numbers, names and operators"));
        }
        if words.height() > HEIGHT_MAX {
            return Err(format!("more than {HEIGHT_MAX} operations inside one another"));
        }
        words.named(&mut name)
    }

    /// Its value, divided last.
    pub(crate) fn value(
        &self,
        name: &impl Fn(&Name) -> Result<Decimal, Trouble>,
    ) -> Result<Decimal, Trouble> {
        self.fraction(name)?.divided()
    }

    fn fraction(&self, name: &impl Fn(&Name) -> Result<Decimal, Trouble>) -> Result<Fraction, Trouble> {
        match self {
            Self::Number(n) => Ok(Fraction::of(*n)),
            Self::Name(named) => name(named).map(Fraction::of),
            Self::Minus(one) => one.fraction(name).map(Fraction::opposite),
            Self::Chain(first, rest) => {
                rest.iter().try_fold(first.fraction(name)?, |left, (operator, right)| {
                    operator.apply(left, right.fraction(name)?)
                })
            }
            Self::Min(list) => pick(list, name, number::min),
            Self::Max(list) => pick(list, name, number::max),
        }
    }
}

impl<N> Expression<N> {
    /// How many numbers, names, signs, operators and functions there are.
    fn nodes(&self) -> usize {
        let of = |list: &[Self]| list.iter().map(Self::nodes).fold(1, usize::saturating_add);
        match self {
            Self::Number(_) | Self::Name(_) => 1,
            Self::Minus(one) => one.nodes().saturating_add(1),
            Self::Chain(first, rest) => rest
                .iter()
                .fold(first.nodes(), |sum, (_, part)| sum.saturating_add(part.nodes()).saturating_add(1)),
            Self::Min(list) | Self::Max(list) => of(list),
        }
    }

    /// The length of its longest branch; a number has 1.
    fn height(&self) -> usize {
        let below = match self {
            Self::Number(_) | Self::Name(_) => 0,
            Self::Minus(one) => one.height(),
            Self::Chain(first, rest) => {
                rest.iter().map(|(_, part)| part.height()).fold(first.height(), usize::max)
            }
            Self::Min(list) | Self::Max(list) => list.iter().map(Self::height).max().unwrap_or(0),
        };
        below.saturating_add(1)
    }

    /// The same with another meaning of each name.
    fn named<M>(self, name: &mut impl FnMut(N) -> Result<M, String>) -> Result<Expression<M>, String> {
        Ok(match self {
            Self::Number(n) => Expression::Number(n),
            Self::Name(word) => Expression::Name(name(word)?),
            Self::Minus(one) => Expression::Minus(Box::new(one.named(name)?)),
            Self::Chain(first, rest) => {
                let first = Box::new(first.named(name)?);
                let rest = rest.into_iter().map(|(operator, part)| Ok((operator, part.named(name)?)));
                Expression::Chain(first, rest.collect::<Result<_, String>>()?)
            }
            Self::Min(list) => Expression::Min(all_named(list, name)?),
            Self::Max(list) => Expression::Max(all_named(list, name)?),
        })
    }
}

fn all_named<N, M>(
    list: Vec<Expression<N>>,
    name: &mut impl FnMut(N) -> Result<M, String>,
) -> Result<Vec<Expression<M>>, String> {
    list.into_iter().map(|one| one.named(name)).collect()
}

/// The one of several values that `better` keeps.
fn pick(
    list: &[Expression],
    name: &impl Fn(&Name) -> Result<Decimal, Trouble>,
    better: fn(Decimal, Decimal) -> Decimal,
) -> Result<Fraction, Trouble> {
    let mut best: Option<Decimal> = None;
    for one in list {
        let value = one.value(name)?;
        best = Some(best.map_or(value, |best| better(best, value)));
    }
    Ok(Fraction::of(best.unwrap_or_default()))
}

impl Operator {
    pub(crate) fn apply(self, a: Fraction, b: Fraction) -> Result<Fraction, Trouble> {
        let exact = match self {
            Self::Plus => a.plus(b),
            Self::Minus => a.plus(b.opposite()),
            Self::Times => a.times(b),
            Self::Over if b.num.is_zero() => return Err(Trouble::DivisionByZero),
            Self::Over => a.times(Fraction { num: b.den, den: b.num }),
        };
        // Too long to be kept as a fraction: at 28 digits, step by step.
        exact.map_or_else(|| self.divided(a.divided()?, b.divided()?), Ok)
    }

    fn divided(self, a: Decimal, b: Decimal) -> Result<Fraction, Trouble> {
        match self {
            Self::Plus => number::add(a, b),
            Self::Minus => number::sub(a, b),
            Self::Times => number::mul(a, b),
            Self::Over => number::div(a, b),
        }
        .map(Fraction::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expr: &str, expected: &str) {
        let parsed = Expression::parse(expr, |name| Err(format!("no name {name}")));
        let got = match parsed {
            Ok(parsed) => match parsed.value(&|_| Ok(Decimal::ZERO)) {
                Ok(value) => value.normalize().to_string(),
                Err(trouble) => format!("{trouble:?}"),
            },
            Err(reason) => reason,
        };
        assert_eq!(got, expected, "{expr}");
    }

    #[test]
    fn arithmetic_binds_as_at_school() {
        check("((1800-1500)*20+203)*0.5", "3101.5");
        check("1650+10*50+10*130+7*180", "4710");
        check("2 - 3 - 4", "-5");
        check("24 / 4 / 3", "2");
        check("-2*-3", "6");
        check("max(1, 86.40*0.001*5)", "1");
        check("2000*(max(0,0.85-max(0.8,0.75))/0.01*0.015 + max(0,0.75-0.8)/0.01*0.03)", "150");
    }

    #[test]
    fn the_division_comes_last() {
        check("400/3*3", "400");
        check("1/3 + 1/6 + 1/2", "1");
        check("9.75*29/(365/12)", "9.295890410958904109589041096");
        check("1/3", "0.3333333333333333333333333333");
    }

    #[test]
    fn what_is_no_formula_says_where() {
        check("1 +", "ends where a number or a name is expected");
        check("", "ends where a number or a name is expected");
        check("1 2", "unexpected '2' at 2");
        check("2 * )", "unexpected ')' at 4");
        check("(1", "expected ')' at 2");
        check("min(1, 2", "expected ')' at 8");
        check("min 1", "unexpected '1' at 4");
        check("max()", "unexpected ')' at 4");
        check("pow(2, 3)", "\"pow\" is no function; there are min and max");
        check("__import__", "no name __import__");
        check("1.2.3", "\"1.2.3\" is no number");
        check("1/0", "DivisionByZero");
        check("79228162514264337593543950335*10", "Overflow");
    }

    /// As deep and as long as may be, and one more of each.
    #[test]
    fn a_formula_is_bounded() {
        let brackets = |n: usize| format!("{}1{}", "(".repeat(n), ")".repeat(n));
        check(&brackets(63), "1");
        check(&brackets(64), "more than 64 brackets deep");
        check(&format!("{}1", "-".repeat(63)), "-1");
        check(&format!("{}1", "-".repeat(64)), "more than 64 brackets deep");
        // A sum, a product and a number are three levels of two brackets.
        let inside = |n: usize| format!("{}0+1*2{}", "0+2*(".repeat(n), ")".repeat(n));
        check(&inside(30), "2147483648");
        check(&inside(31), "more than 64 operations inside one another");
        check(&format!("0{}", "+0".repeat(249)), "0");
        check(&format!("0{}", "+0".repeat(250)), "more than 500 numbers, names and operators");
        check(&format!("max(0{})", ",0".repeat(498)), "0");
        check(&format!("max(0{})", ",0".repeat(499)), "more than 500 numbers, names and operators");
    }

    /// Workers, and whoever publishes, may have no more than this: a thread of musl or of a browser's helper.
    const SMALL_STACK: usize = 512 * 1024;

    /// A tree of every shape, lawful and not, parsed, looked through for its divisors, evaluated and dropped.
    #[test]
    fn the_worst_formulas_need_little_stack() {
        let nested = |open: &str, close: &str, n: usize| format!("{}a{}", open.repeat(n), close.repeat(n));
        let worst = [
            nested("(", ")", 63),
            nested("-", "", 62),
            nested("1+2*(", ")", 30),
            nested("1+2/max(1,", ")", 20),
            nested("-min(a,", ")", 31),
            format!("0{}", "+a".repeat(249)),
            // Not lawful.
            format!("0{}", "+0".repeat(20_000)),
            format!("1{}", "*1".repeat(30_000)),
            nested("(", ")", 100_000),
            nested("-", "", 100_000),
            nested("max(", ")", 30_000),
            nested("1+(", ")", 30_000),
            "(".repeat(100_000),
            "1+".repeat(100_000),
        ];
        let small = std::thread::Builder::new().stack_size(SMALL_STACK).spawn(move || {
            for text in worst {
                let parsed = Expression::parse(&text, |_| Ok(Name::Slot(Slot(0))));
                if let Ok(parsed) = &parsed {
                    super::super::divisor::may_be_zero(parsed, &|_| false);
                    assert!(parsed.value(&|_| Ok(Decimal::ONE)).is_ok(), "{text}");
                }
                assert_eq!(parsed.is_ok(), text.len() < 1_000, "{text}");
            }
        });
        small.unwrap().join().unwrap();
    }
}
