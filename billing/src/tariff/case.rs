//! A worked bill: a tariff, an input and what must come out. Cases test the engine; examples guard a document.

use std::fmt;

use rust_decimal::Decimal;
use serde_json::Value;

use super::document::Tariff;
use super::read::{Refused, brief, decimal};
use crate::rating::{Input, Line, ROUNDING, RateError, Rated, rate};

/// Two numbers of which one was printed at fewer digits are the same within this.
const TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 18);

/// One case of a `.jsonl` file: its name, and what must come out of what.
#[derive(Debug)]
pub struct Case {
    /// Its name in messages.
    pub id: String,
    tariff: Tariff,
    input: Input,
    expected: Expected,
}

/// What must come out: the total and, of the lines that are listed, code, amount and, where given, quantity.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    lines: Vec<ExpectedLine>,
    total: Option<Decimal>,
}

#[derive(Clone, Debug)]
struct ExpectedLine {
    code: String,
    qty: Option<Decimal>,
    amount: Decimal,
}

/// One way in which a bill is not what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The bill could not be rated.
    Error(RateError),
    /// Another total.
    Total {
        /// What came out.
        got: Decimal,
        /// What was expected.
        expected: Decimal,
    },
    /// A line that was expected and isn't there.
    NoLine(String),
    /// Another amount.
    Amount {
        /// The line.
        code: String,
        /// What came out.
        got: Decimal,
        /// What was expected.
        expected: Decimal,
    },
    /// Another quantity.
    Quantity {
        /// The line.
        code: String,
        /// What came out.
        got: Decimal,
        /// What was expected.
        expected: Decimal,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Total { got, expected } => write!(f, "total {got}, expected {expected}"),
            Self::NoLine(code) => write!(f, "no line {code}"),
            Self::Amount { code, got, expected } => write!(f, "{code} {got}, expected {expected}"),
            Self::Quantity { code, got, expected } => write!(f, "{code} quantity {got}, expected {expected}"),
        }
    }
}

impl Case {
    /// Reads one line of a case file. Keys that it doesn't know are passed over, those of the tariff are not.
    pub fn from_json(text: &str) -> Result<Self, Refused> {
        let value = super::parse(text)?;
        let part = |key: &str| value.get(key).ok_or_else(|| Refused::new(key, "is required"));
        Ok(Self {
            id: Self::id_of(&value).unwrap_or_default(),
            tariff: Tariff::from_value(part("tariff")?)
                .map_err(|refused| Refused::new(format!("tariff.{}", refused.path), refused.rule))?,
            input: Input::from_value(part("input")?)?,
            expected: Expected::from_value(part("expected")?)?,
        })
    }

    /// The name of a case that can't be read, as far as it can.
    pub fn id_in(text: &str) -> Option<String> {
        Self::id_of(&serde_json::from_str(text).ok()?)
    }

    fn id_of(value: &Value) -> Option<String> {
        value.get("id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned))
    }

    /// Rates it and tells how the bill differs from what was expected; nothing where it does not.
    pub fn differences(&self) -> Vec<Difference> {
        self.expected.differences(&self.tariff, &self.input)
    }

    /// Its tariff.
    pub fn tariff(&self) -> &Tariff {
        &self.tariff
    }

    /// Its input.
    pub fn input(&self) -> &Input {
        &self.input
    }
}

impl Expected {
    /// Reads `expected`.
    pub(crate) fn from_value(value: &Value) -> Result<Self, Refused> {
        let number = |path: String, held: &Value| {
            decimal(held)
                .or_else(|| held.as_str()?.parse().ok())
                .ok_or_else(|| Refused::new(path, format!("must be a decimal, not {}", brief(held))))
        };
        let present = |held: &Value, key: &str| held.get(key).filter(|held| !held.is_null()).cloned();
        let list = match value.get("lines") {
            None | Some(Value::Null) => &[][..],
            Some(Value::Array(list)) => list,
            Some(other) => {
                return Err(Refused::new("expected.lines", format!("must be a list, not {}", brief(other))));
            }
        };
        let mut lines = Vec::with_capacity(list.len());
        for (n, item) in list.iter().enumerate() {
            let at = |key: &str| format!("expected.lines[{n}].{key}");
            let need = |key: &str| present(item, key).ok_or_else(|| Refused::new(at(key), "is required"));
            let code = need("code")?;
            lines.push(ExpectedLine {
                code: code.as_str().ok_or_else(|| Refused::new(at("code"), "must be a text"))?.to_owned(),
                qty: present(item, "qty").map(|held| number(at("qty"), &held)).transpose()?,
                amount: number(at("amount"), &need("amount")?)?,
            });
        }
        let total = present(value, "total").map(|held| number("expected.total".into(), &held)).transpose()?;
        if lines.is_empty() && total.is_none() {
            return Err(Refused::new("expected", "must state a total or lines"));
        }
        Ok(Self { lines, total })
    }

    /// Rates an input and compares.
    pub(crate) fn differences(&self, tariff: &Tariff, input: &Input) -> Vec<Difference> {
        match rate(tariff, input) {
            Ok(rated) => self.compare(&rated),
            Err(error) => vec![Difference::Error(error)],
        }
    }

    fn compare(&self, rated: &Rated<'_>) -> Vec<Difference> {
        let mut found = Vec::new();
        if let Some(expected) = self.total.filter(|expected| differ(*expected, rated.total)) {
            found.push(Difference::Total { got: rated.total, expected });
        }
        for line in &self.lines {
            let of_code = || rated.lines.iter().filter(|got| got.code == line.code);
            // A difference of nothing leaves no line; where a code stands twice, either will do.
            let nothing = line.code == ROUNDING && line.amount.is_zero();
            if nothing || of_code().any(|got| line.differences(got).next().is_none()) {
                continue;
            }
            match of_code().next() {
                Some(got) => found.extend(line.differences(got)),
                None => found.push(Difference::NoLine(line.code.clone())),
            }
        }
        found
    }
}

impl ExpectedLine {
    fn differences(&self, got: &Line<'_>) -> impl Iterator<Item = Difference> {
        let code = || self.code.clone();
        let amount = differ(self.amount, got.amount).then(|| Difference::Amount {
            code: code(),
            got: got.amount,
            expected: self.amount,
        });
        let qty = self.qty.filter(|expected| differ(*expected, got.qty));
        let quantity = qty.map(|expected| Difference::Quantity { code: code(), got: got.qty, expected });
        amount.into_iter().chain(quantity)
    }
}

/// Whether two numbers differ by more than the 28th digit can explain.
fn differ(a: Decimal, b: Decimal) -> bool {
    a != b && a.checked_sub(b).is_none_or(|rest| rest.abs() > TOLERANCE)
}
