//! The grammar of `formula`.
//!
//! ```text
//! sum     = product { ( + | - ) product }
//! product = factor { ( * | × | / | ÷ ) factor }
//! factor  = - factor | + factor | ( sum ) | number | name | min ( sum { , sum } ) | max ( sum { , sum } )
//! ```
//! Blanks may stand between any two of them. A word followed by a bracket is a function, any other a name.
//!
//! The parsers read one piece each; what is open stands in a list, not on the stack: each level of a recursive grammar
//! takes several kilobytes there.

use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::{anychar, char, satisfy};
use nom::combinator::{eof, map_opt, opt, recognize};
use nom::error::{ErrorKind, ParseError};
use nom::sequence::{pair, preceded};
use nom::{Err, IResult, Parser};
use rust_decimal::Decimal;

use super::{Expression, HEIGHT_MAX, Operator};
use crate::tariff::plain_decimal;

type Words<'t> = Expression<&'t str>;
type Read<'t, T> = IResult<&'t str, T, Fault<'t>>;

/// Parses a formula whose names are words still. Brackets, signs and functions may stand [`HEIGHT_MAX`] deep; how many
/// nodes there are is the caller's to bound.
pub(super) fn parse(text: &str) -> Result<Words<'_>, String> {
    formula(text).map_err(|error| match error {
        Err::Error(fault) | Err::Failure(fault) => fault.at(text.len()),
        Err::Incomplete(_) => Fault { rest: "", why: Why::Unexpected }.at(text.len()),
    })
}

fn formula(mut text: &str) -> Result<Words<'_>, Err<Fault<'_>>> {
    let mut open: Vec<Level<'_>> = Vec::new();
    let mut here = Level::new(Opener::Formula, 1);
    loop {
        let (rest, begin) = begin(text)?;
        let value = match begin {
            Begin::Sign(_) | Begin::Open(_) if here.depth() >= HEIGHT_MAX => {
                return Err(Err::Failure(Fault { rest: text, why: Why::TooDeep }));
            }
            Begin::Sign(operator) => {
                here.signs.push(operator);
                text = rest;
                continue;
            }
            Begin::Open(opener) => {
                let inner = Level::new(opener, here.depth().saturating_add(1));
                open.push(std::mem::replace(&mut here, inner));
                text = rest;
                continue;
            }
            Begin::Number(number) => Expression::Number(number),
            Begin::Name(word) => Expression::Name(word),
        };
        here.value(value);
        text = rest;
        loop {
            let (rest, next) = next(here.opener, text)?;
            text = rest;
            match next {
                Next::Operator(operator) => {
                    here.operator(operator);
                    break;
                }
                Next::Comma => {
                    here.comma();
                    break;
                }
                Next::Close | Next::End => match open.pop() {
                    Some(outer) => {
                        let value = std::mem::replace(&mut here, outer).closed();
                        here.value(value);
                    }
                    None => return Ok(here.closed()),
                },
            }
        }
    }
}

/// What may stand where a value is expected.
enum Begin<'t> {
    Sign(Operator),
    Open(Opener),
    Number(Decimal),
    Name(&'t str),
}

/// What a level began with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opener {
    Formula,
    Bracket,
    Min,
    Max,
}

/// What may stand after a value.
enum Next {
    Operator(Operator),
    Comma,
    Close,
    End,
}

fn begin(text: &str) -> Read<'_, Begin<'_>> {
    preceded(
        blank,
        alt((
            char('-').map(|_| Begin::Sign(Operator::Minus)),
            char('+').map(|_| Begin::Sign(Operator::Plus)),
            char('(').map(|_| Begin::Open(Opener::Bracket)),
            number,
            word,
        )),
    )
    .parse(text)
}

fn number(text: &str) -> Read<'_, Begin<'_>> {
    let (rest, digits) = take_while1(|c: char| c.is_ascii_digit() || c == '.').parse(text)?;
    match plain_decimal(digits) {
        Some(number) => Ok((rest, Begin::Number(number))),
        None => Err(Err::Failure(Fault { rest: text, why: Why::NoNumber(digits) })),
    }
}

/// A name, or a function with its bracket.
fn word(text: &str) -> Read<'_, Begin<'_>> {
    let first = satisfy(|c| c.is_alphabetic() || c == '_');
    let (rest, word) =
        recognize(pair(first, take_while(|c: char| c.is_alphanumeric() || c == '_'))).parse(text)?;
    let (rest, bracket) = opt(preceded(blank, char('('))).parse(rest)?;
    let opener = match (bracket, word) {
        (None, _) => return Ok((rest, Begin::Name(word))),
        (Some(_), "min") => Opener::Min,
        (Some(_), "max") => Opener::Max,
        (Some(_), _) => return Err(Err::Failure(Fault { rest: text, why: Why::NoFunction(word) })),
    };
    Ok((rest, Begin::Open(opener)))
}

fn next(opener: Opener, text: &str) -> Read<'_, Next> {
    let operator = map_opt(anychar, |c| match c {
        '+' => Some(Operator::Plus),
        '-' => Some(Operator::Minus),
        '*' | '×' => Some(Operator::Times),
        '/' | '÷' => Some(Operator::Over),
        _ => None,
    });
    let operator = operator.map(Next::Operator);
    let close = char(')').map(|_| Next::Close);
    match opener {
        Opener::Formula => preceded(blank, alt((operator, eof.map(|_| Next::End)))).parse(text),
        Opener::Bracket => preceded(blank, alt((operator, close))).parse(text),
        Opener::Min | Opener::Max => {
            preceded(blank, alt((operator, char(',').map(|_| Next::Comma), close))).parse(text)
        }
    }
}

fn blank(text: &str) -> Read<'_, &str> {
    take_while(char::is_whitespace).parse(text)
}

/// What was read since a bracket opened.
struct Level<'t> {
    opener: Opener,
    /// How many brackets, signs and functions enclose it, with itself.
    nested: usize,
    arguments: Vec<Words<'t>>,
    sum: Chain<'t>,
    product: Chain<'t>,
    /// Those before the next value.
    signs: Vec<Operator>,
}

impl<'t> Level<'t> {
    fn new(opener: Opener, nested: usize) -> Self {
        let (sum, product) = (Chain::new(Operator::Plus), Chain::new(Operator::Times));
        Self { opener, nested, arguments: Vec::new(), sum, product, signs: Vec::new() }
    }

    fn depth(&self) -> usize {
        self.nested.saturating_add(self.signs.len())
    }

    fn value(&mut self, value: Words<'t>) {
        let signed = self.signs.drain(..).fold(value, |value, sign| match sign {
            Operator::Minus => Expression::Minus(Box::new(value)),
            _ => value,
        });
        self.product.push(signed);
    }

    fn operator(&mut self, operator: Operator) {
        match operator {
            Operator::Times | Operator::Over => self.product.operator = operator,
            Operator::Plus | Operator::Minus => {
                self.sum.extend(self.product.take());
                self.sum.operator = operator;
            }
        }
    }

    fn comma(&mut self) {
        self.sum.extend(self.product.take());
        self.arguments.extend(self.sum.take());
    }

    /// Its value, when it closes.
    fn closed(mut self) -> Words<'t> {
        self.comma();
        match (self.opener, self.arguments.pop()) {
            (Opener::Formula | Opener::Bracket, Some(value)) => value,
            (Opener::Max, last) => Expression::Max(self.arguments.into_iter().chain(last).collect()),
            (_, last) => Expression::Min(self.arguments.into_iter().chain(last).collect()),
        }
    }
}

/// Operators of one rank and what stands between them.
struct Chain<'t> {
    first: Option<Words<'t>>,
    rest: Vec<(Operator, Words<'t>)>,
    /// The one before the next part.
    operator: Operator,
}

impl<'t> Chain<'t> {
    fn new(operator: Operator) -> Self {
        Self { first: None, rest: Vec::new(), operator }
    }

    fn push(&mut self, part: Words<'t>) {
        match self.first {
            None => self.first = Some(part),
            Some(_) => self.rest.push((self.operator, part)),
        }
    }

    fn extend(&mut self, part: Option<Words<'t>>) {
        if let Some(part) = part {
            self.push(part);
        }
    }

    fn take(&mut self) -> Option<Words<'t>> {
        let first = self.first.take()?;
        let rest = std::mem::take(&mut self.rest);
        Some(if rest.is_empty() { first } else { Expression::Chain(Box::new(first), rest) })
    }
}

/// Why a text is no formula, and what was left of it there.
#[derive(Debug)]
struct Fault<'t> {
    rest: &'t str,
    why: Why<'t>,
}

#[derive(Debug)]
enum Why<'t> {
    Unexpected,
    Expected(char),
    NoNumber(&'t str),
    NoFunction(&'t str),
    TooDeep,
}

impl Fault<'_> {
    /// The message, for a text of so many bytes. Places count bytes from 0.
    fn at(&self, length: usize) -> String {
        let place = length.saturating_sub(self.rest.len());
        match (&self.why, self.rest.chars().next()) {
            (Why::Unexpected, Some(c)) => format!("unexpected {c:?} at {place}"),
            (Why::Unexpected, None) => "ends where a number or a name is expected".to_owned(),
            (Why::Expected(c), _) => format!("expected {c:?} at {place}"),
            (Why::NoNumber(digits), _) => format!("{digits:?} is no number"),
            (Why::NoFunction(word), _) => format!("{word:?} is no function; there are min and max"),
            (Why::TooDeep, _) => format!("more than {HEIGHT_MAX} brackets deep"),
        }
    }
}

impl<'t> ParseError<&'t str> for Fault<'t> {
    fn from_error_kind(rest: &'t str, _: ErrorKind) -> Self {
        Self { rest, why: Why::Unexpected }
    }

    fn append(_: &'t str, _: ErrorKind, other: Self) -> Self {
        other
    }

    fn from_char(rest: &'t str, expected: char) -> Self {
        Self { rest, why: Why::Expected(expected) }
    }
}
