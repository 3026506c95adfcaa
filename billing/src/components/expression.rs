//! The arithmetic of `formula`: parsed once, evaluated without names.
//!
//! Values are fractions while they are computed, so that a division that has no finite decimal comes last: 9.75 x 29 /
//! (365 / 12) is 282.75 x 12 / 365. Where a fraction would outgrow 96 bits, it is divided out at 28 digits.

use rust_decimal::Decimal;

use crate::rating::{Slot, Trouble, number};
use crate::tariff::{Of, plain_decimal};

/// How deep brackets may go. A formula is read by people; a hostile one must not exhaust the stack.
const DEPTH_MAX: usize = 64;

/// A parsed formula.
#[derive(Debug)]
pub(crate) enum Expression {
    Number(Decimal),
    Name(Name),
    Minus(Box<Expression>),
    Both(Operator, Box<Expression>, Box<Expression>),
    Min(Vec<Expression>),
    Max(Vec<Expression>),
}

#[derive(Clone, Copy, Debug)]
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

/// A value on its way: `num / den`.
#[derive(Clone, Copy, Debug)]
struct Fraction {
    num: Decimal,
    den: Decimal,
}

impl Expression {
    /// Parses a formula; `name` tells what its names stand for.
    pub(crate) fn parse(
        text: &str,
        mut name: impl FnMut(&str) -> Result<Name, String>,
    ) -> Result<Self, String> {
        let mut parser = Parser { text, at: 0, depth: 0, name: &mut name };
        let expression = parser.sum()?;
        match parser.peek() {
            None => Ok(expression),
            Some(c) => Err(format!("unexpected {c:?} at {}", parser.at)),
        }
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
            Self::Minus(one) => {
                one.fraction(name).map(|value| Fraction { num: number::neg(value.num), ..value })
            }
            Self::Both(operator, a, b) => operator.apply(a.fraction(name)?, b.fraction(name)?),
            Self::Min(list) => pick(list, name, number::min),
            Self::Max(list) => pick(list, name, number::max),
        }
    }
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
    fn apply(self, a: Fraction, b: Fraction) -> Result<Fraction, Trouble> {
        let exact = match self {
            Self::Plus => a.plus(b),
            Self::Minus => a.plus(Fraction { num: number::neg(b.num), ..b }),
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

impl Fraction {
    fn of(num: Decimal) -> Self {
        Self { num, den: Decimal::ONE }
    }

    fn divided(self) -> Result<Decimal, Trouble> {
        if self.den == Decimal::ONE { Ok(self.num) } else { number::div(self.num, self.den) }
    }

    fn plus(self, other: Self) -> Option<Self> {
        if self.den == other.den {
            return Some(Self { num: number::add(self.num, other.num).ok()?, den: self.den });
        }
        let num =
            number::add(exact_product(self.num, other.den)?, exact_product(other.num, self.den)?).ok()?;
        Self { num, den: exact_product(self.den, other.den)? }.reduced()
    }

    fn times(self, other: Self) -> Option<Self> {
        Self { num: exact_product(self.num, other.num)?, den: exact_product(self.den, other.den)? }.reduced()
    }

    /// Divided out where that is exact.
    fn reduced(self) -> Option<Self> {
        if self.den == Decimal::ONE {
            return Some(self);
        }
        let quotient = number::div(self.num, self.den).ok()?;
        let back = exact_product(quotient, self.den);
        Some(if back == Some(self.num) { Self::of(quotient) } else { self })
    }
}

/// A product that lost no digit; `None` where 28 digits can't hold it.
fn exact_product(a: Decimal, b: Decimal) -> Option<Decimal> {
    let product = number::mul(a, b).ok()?;
    let scale = a.scale().checked_add(b.scale())?;
    (product.scale() == scale || product.is_zero() || scale_is_padding(a, b, product)).then_some(product)
}

/// Whether a product has fewer decimals than its factors together because its last ones were zeros.
fn scale_is_padding(a: Decimal, b: Decimal, product: Decimal) -> bool {
    let (a, b) = (a.normalize(), b.normalize());
    a.scale()
        .checked_add(b.scale())
        .is_some_and(|scale| product.scale() >= scale && scale <= Decimal::MAX_SCALE)
}

struct Parser<'p> {
    text: &'p str,
    at: usize,
    depth: usize,
    name: &'p mut dyn FnMut(&str) -> Result<Name, String>,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        self.at = self.at.saturating_add(rest.len().saturating_sub(rest.trim_start().len()));
        self.rest().chars().next()
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at = self.at.saturating_add(c.len_utf8());
        }
        found
    }

    fn expect(&mut self, c: char) -> Result<(), String> {
        if self.take(c) { Ok(()) } else { Err(format!("expected {c:?} at {}", self.at)) }
    }

    /// sum = product { (+ | -) product }
    fn sum(&mut self) -> Result<Expression, String> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some('+') => Operator::Plus,
                Some('-') => Operator::Minus,
                _ => return Ok(left),
            };
            self.at = self.at.saturating_add(1);
            left = Expression::Both(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    /// product = factor { (* | /) factor }
    fn product(&mut self) -> Result<Expression, String> {
        let mut left = self.factor()?;
        loop {
            let operator = match self.peek() {
                Some('*' | '×') => Operator::Times,
                Some('/' | '÷') => Operator::Over,
                _ => return Ok(left),
            };
            let width = self.rest().chars().next().map_or(1, char::len_utf8);
            self.at = self.at.saturating_add(width);
            left = Expression::Both(operator, Box::new(left), Box::new(self.factor()?));
        }
    }

    /// factor = - factor | ( sum ) | number | name | min ( sum , … ) | max ( sum , … )
    fn factor(&mut self) -> Result<Expression, String> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} brackets deep"));
        }
        let found = self.factor_here();
        self.depth = self.depth.saturating_sub(1);
        found
    }

    fn factor_here(&mut self) -> Result<Expression, String> {
        if self.take('-') {
            return Ok(Expression::Minus(Box::new(self.factor()?)));
        }
        if self.take('+') {
            return self.factor();
        }
        if self.take('(') {
            let inner = self.sum()?;
            self.expect(')')?;
            return Ok(inner);
        }
        match self.peek() {
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_alphabetic() || c == '_' => self.word(),
            Some(c) => Err(format!("unexpected {c:?} at {}", self.at)),
            None => Err("ends where a number or a name is expected".to_owned()),
        }
    }

    fn while_char(&mut self, keep: impl Fn(char) -> bool) -> String {
        let word: String = self.rest().chars().take_while(|c| keep(*c)).collect();
        self.at = self.at.saturating_add(word.len());
        word
    }

    fn number(&mut self) -> Result<Expression, String> {
        let digits = self.while_char(|c| c.is_ascii_digit() || c == '.');
        plain_decimal(&digits).map(Expression::Number).ok_or(format!("{digits:?} is no number"))
    }

    fn word(&mut self) -> Result<Expression, String> {
        let word = self.while_char(|c| c.is_alphanumeric() || c == '_');
        if self.peek() != Some('(') {
            return (self.name)(&word).map(Expression::Name);
        }
        let list = self.list()?;
        match word.as_str() {
            "min" => Ok(Expression::Min(list)),
            "max" => Ok(Expression::Max(list)),
            _ => Err(format!("{word:?} is no function; there are min and max")),
        }
    }

    fn list(&mut self) -> Result<Vec<Expression>, String> {
        self.expect('(')?;
        let mut list = vec![self.sum()?];
        while self.take(',') {
            list.push(self.sum()?);
        }
        self.expect(')')?;
        Ok(list)
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
        check("1 2", "unexpected '2' at 2");
        check("(1", "expected ')' at 2");
        check("pow(2, 3)", "\"pow\" is no function; there are min and max");
        check("__import__", "no name __import__");
        check("1.2.3", "\"1.2.3\" is no number");
        check("1/0", "DivisionByZero");
        check("79228162514264337593543950335*10", "Overflow");
        let deep = format!("{}1{}", "(".repeat(1000), ")".repeat(1000));
        check(&deep, "more than 64 brackets deep");
    }
}
