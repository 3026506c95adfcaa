//! What a bill is rated from: quantities, facts, the length of the period, the counters before it.

use std::fmt;

use rust_decimal::Decimal;
use serde_json::Value;

use super::error::{Need, RateError, Trouble};
use super::number;
use crate::tariff::{Refused, brief, decimal, plain_decimal};

/// A fact about the agreement: a number, or a text such as a use class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A number: heated area, persons, contract.
    Number(Decimal),
    /// Anything else.
    Text(Box<str>),
}

impl Fact {
    /// A fact from its text; what reads as a number is one.
    pub fn new(text: &str) -> Self {
        plain_decimal(text).map_or_else(|| Self::Text(text.into()), Self::Number)
    }

    /// Whether it says yes: a number other than 0, a text other than `false`, `no`, `否` and the empty one.
    pub fn holds(&self) -> bool {
        match self {
            Self::Number(n) => !n.is_zero(),
            Self::Text(text) => !matches!(&**text, "" | "false" | "no" | "否"),
        }
    }
}

impl From<Decimal> for Fact {
    fn from(n: Decimal) -> Self {
        Self::Number(n)
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => n.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// One meter's register over one span: what it showed at both ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The quantity that it counts towards.
    pub register: Box<str>,
    /// The meter, for the bill.
    pub meter: Option<Box<str>>,
    /// Its index at the start.
    pub open: Decimal,
    /// Its index at the end.
    pub close: Decimal,
    /// Units per unit of the index.
    pub multiplier: Decimal,
    /// Integer digits of the counter.
    pub digits: Option<u32>,
    /// Whether it passed its highest index in this span.
    pub rollover: bool,
}

impl Segment {
    /// What flowed: (close - open, and 10^digits more where it rolled over) x multiplier.
    ///
    /// ```
    /// # use billing::rating::Input;
    /// let input = Input::from_json(r#"{"segments": [
    ///     {"register": "usage", "open": "99987", "close": "00012", "digits": "5", "rollover": true}]}"#).unwrap();
    /// assert_eq!(input.segments[0].usage(), Ok("25".parse().unwrap()));
    /// ```
    pub fn usage(&self) -> Result<Decimal, RateError> {
        let overflow = || RateError::Overflow { component: self.register.clone() };
        let run = self.close.checked_sub(self.open).ok_or_else(overflow)?;
        let run = match (run.is_sign_negative() && !run.is_zero(), self.rollover, self.digits) {
            (false, ..) => run,
            (true, true, Some(digits)) => {
                let full = number::pow10(digits).map(Decimal::from).ok_or_else(overflow)?;
                run.checked_add(full).filter(|run| *run >= Decimal::ZERO).ok_or_else(|| self.backwards())?
            }
            (true, ..) => return Err(self.backwards()),
        };
        run.checked_mul(self.multiplier).ok_or_else(overflow)
    }

    fn backwards(&self) -> RateError {
        RateError::Backwards { register: self.register.clone(), open: self.open, close: self.close }
    }
}

/// A share as two numbers, so that the division can come last: 7/12 of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Above the line.
    pub num: Decimal,
    /// Below the line; not 0.
    pub den: Decimal,
}

impl Share {
    /// `num / den`; `None` for a `den` of 0.
    pub fn new(num: Decimal, den: Decimal) -> Option<Self> {
        (!den.is_zero()).then_some(Self { num, den })
    }

    /// This share of a number, divided last.
    pub(crate) fn of(self, x: Decimal) -> Result<Decimal, Trouble> {
        if self.num == self.den { Ok(x) } else { number::div(number::mul(x, self.num)?, self.den) }
    }

    /// From `7/12` or `0.5`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('/') {
            Some((num, den)) => Self::new(plain_decimal(num.trim())?, plain_decimal(den.trim())?),
            None => Self::new(plain_decimal(text)?, Decimal::ONE),
        }
    }
}

/// What a bill is rated from. Names are the document's own: a tariff asks for `usage` or `kwh` as it likes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// Quantities by name. One that is named here is not summed from segments.
    pub qty: Vec<(Box<str>, Decimal)>,
    /// Meter segments, summed by register where no quantity of that name is given.
    pub segments: Vec<Segment>,
    /// Facts by name.
    pub attrs: Vec<(Box<str>, Fact)>,
    /// For facts whose evidence covers only some months of the tier year: the value in each of its months,
    /// `None` where no evidence covers it.
    pub attr_months: Vec<(Box<str>, Vec<Option<Decimal>>)>,
    /// Days of the period.
    pub days: Option<Decimal>,
    /// Months of the period.
    pub months: Option<Decimal>,
    /// The part of the tier year that the account has: 7/12 after an opening in June.
    pub year_part: Option<Share>,
    /// The part of a period that a price change cut: what a tariff states for the period is shared in this ratio.
    pub period_part: Option<Share>,
    /// Counters before this bill, by name.
    pub prior_cumulative: Vec<(Box<str>, Decimal)>,
}

impl Input {
    /// Reads `input` of a case or of an example. Unknown keys are passed over: a case says more than a rate needs.
    pub fn from_json(text: &str) -> Result<Self, Refused> {
        let value: Value = serde_json::from_str(text).map_err(|e| Refused::new("", e.to_string()))?;
        Self::from_value(&value)
    }

    /// [`Input::from_json`] of a parsed document.
    pub fn from_value(value: &Value) -> Result<Self, Refused> {
        if !value.is_object() {
            return Err(Refused::new("input", format!("must be an object, not {}", brief(value))));
        }
        let number = |key: &str| match value.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(held) => need_decimal(&format!("input.{key}"), held).map(Some),
        };
        let mut attrs = entries(value, "attrs", |_, held| Ok(fact(held)))?;
        // `persons` beside `days` is the same fact as under `attrs`.
        if let Some(persons) = number("persons")?
            && !attrs.iter().any(|(name, _)| &**name == "persons")
        {
            attrs.push(("persons".into(), Fact::Number(persons)));
        }
        Ok(Self {
            qty: entries(value, "qty", need_decimal)?,
            segments: segments(value)?,
            attrs,
            attr_months: entries(value, "attr_months", months_of)?,
            days: number("days")?,
            months: number("months")?,
            year_part: share(value, "year_part")?,
            period_part: share(value, "period_part")?,
            prior_cumulative: entries(value, "prior_cumulative", need_decimal)?,
        })
    }

    /// The quantity of that name: as given, else the sum of its register's segments.
    pub fn quantity(&self, name: &str) -> Result<Option<Decimal>, RateError> {
        if let Some(given) = find(&self.qty, name) {
            return Ok(Some(*given));
        }
        let mut sum = None;
        for segment in self.segments.iter().filter(|segment| &*segment.register == name) {
            let usage = segment.usage()?;
            let total: Decimal = sum.unwrap_or_default();
            sum =
                Some(total.checked_add(usage).ok_or_else(|| RateError::Overflow { component: name.into() })?);
        }
        Ok(sum)
    }

    /// The fact of that name.
    pub fn attr(&self, name: &str) -> Option<&Fact> {
        find(&self.attrs, name)
    }

    /// What a need finds here; `None` where it is not given.
    pub(crate) fn resolve(&self, need: &Need) -> Result<Option<Decimal>, RateError> {
        match need {
            Need::Quantity(name) => self.quantity(name),
            Need::Attribute(name) => self.numeric_attr(name, need),
            Need::Condition(name) => {
                Ok(Some(Decimal::from(u8::from(self.attr(name).is_some_and(Fact::holds)))))
            }
            Need::Name(name) => match self.quantity(name)? {
                Some(given) => Ok(Some(given)),
                None => self.numeric_attr(name, need),
            },
            Need::Counter(name) => Ok(Some(find(&self.prior_cumulative, name).copied().unwrap_or_default())),
            Need::Days => self.stated(self.days, "days", need),
            Need::Months => self.stated(self.months, "months", need),
            Need::YearPart => Ok(self.year_part.map(|share| share.num)),
            Need::YearWhole => Ok(self.year_part.map(|share| share.den)),
            Need::Extra { attr, over, by_month } => self.extra(attr, *over, *by_month, need),
        }
    }

    /// How many more than `over`: of the fact's value, or, by month, twelve times the mean over the tier year.
    fn extra(
        &self,
        attr: &str,
        over: Decimal,
        by_month: bool,
        need: &Need,
    ) -> Result<Option<Decimal>, RateError> {
        let overflow = || RateError::Overflow { component: attr.into() };
        let above =
            |value: Decimal| value.checked_sub(over).map(|n| n.max(Decimal::ZERO)).ok_or_else(overflow);
        let months = by_month.then(|| find(&self.attr_months, attr)).flatten();
        if let Some(months) = months {
            let mut sum = Decimal::ZERO;
            for value in months.iter().flatten() {
                sum = sum.checked_add(above(*value)?).ok_or_else(overflow)?;
            }
            return Ok(Some(sum));
        }
        // A household that has proved nothing has the bounds of the notice: evidence raises them, its lack does not.
        let Some(value) = self.numeric_attr(attr, need)? else { return Ok(Some(Decimal::ZERO)) };
        let whole_year = if by_month { Decimal::from(12) } else { Decimal::ONE };
        above(value)?.checked_mul(whole_year).map(Some).ok_or_else(overflow)
    }

    /// The length of the period, else the fact of that name.
    fn stated(&self, length: Option<Decimal>, name: &str, need: &Need) -> Result<Option<Decimal>, RateError> {
        if length.is_some() { Ok(length) } else { self.numeric_attr(name, need) }
    }

    fn numeric_attr(&self, name: &str, need: &Need) -> Result<Option<Decimal>, RateError> {
        match self.attr(name) {
            None => Ok(None),
            Some(Fact::Number(n)) => Ok(Some(*n)),
            Some(Fact::Text(text)) => Err(RateError::NotANumber { need: need.clone(), text: text.clone() }),
        }
    }
}

/// The value of that name.
fn find<'a, T>(list: &'a [(Box<str>, T)], name: &str) -> Option<&'a T> {
    list.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
}

/// The entries of one of the input's objects.
fn entries<T>(
    input: &Value,
    key: &str,
    read: impl Fn(&str, &Value) -> Result<T, Refused>,
) -> Result<Vec<(Box<str>, T)>, Refused> {
    match input.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(map)) => map
            .iter()
            .map(|(name, held)| Ok((name.as_str().into(), read(&format!("input.{key}.{name}"), held)?)))
            .collect(),
        Some(other) => {
            Err(Refused::new(format!("input.{key}"), format!("must be an object, not {}", brief(other))))
        }
    }
}

fn need_decimal(path: &str, value: &Value) -> Result<Decimal, Refused> {
    decimal(value).ok_or_else(|| {
        Refused::new(path, format!("must be a decimal such as \"12.5\", not {}", brief(value)))
    })
}

fn fact(value: &Value) -> Fact {
    match value {
        Value::String(text) => Fact::new(text),
        Value::Null => Fact::Text("".into()),
        other => Fact::new(&other.to_string()),
    }
}

fn months_of(path: &str, value: &Value) -> Result<Vec<Option<Decimal>>, Refused> {
    let list = value.as_array().filter(|list| list.len() <= 12);
    let list = list.ok_or_else(|| Refused::new(path, "must be a list of at most 12 numbers or nulls"))?;
    let month = |held: &Value| if held.is_null() { Ok(None) } else { need_decimal(path, held).map(Some) };
    list.iter().map(month).collect()
}

fn share(input: &Value, key: &str) -> Result<Option<Share>, Refused> {
    let Some(value) = input.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Share::parse(&text)
        .map(Some)
        .ok_or_else(|| Refused::new(format!("input.{key}"), "must be a share such as \"7/12\" or \"0.5\""))
}

fn segments(input: &Value) -> Result<Vec<Segment>, Refused> {
    let list = match input.get("segments") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(other) => {
            return Err(Refused::new("input.segments", format!("must be a list, not {}", brief(other))));
        }
    };
    list.iter().enumerate().map(|(n, item)| segment(&format!("input.segments[{n}]"), item)).collect()
}

fn segment(path: &str, item: &Value) -> Result<Segment, Refused> {
    let need = |key: &str| match item.get(key) {
        Some(held) => need_decimal(&format!("{path}.{key}"), held),
        None => Err(Refused::new(format!("{path}.{key}"), "is required")),
    };
    let may = |key: &str| item.get(key).map(|_| need(key)).transpose();
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    let digits = match may("digits")? {
        None => None,
        Some(digits) => {
            Some(u32::try_from(digits).ok().filter(|digits| *digits <= 18).ok_or_else(|| {
                Refused::new(format!("{path}.digits"), "must be a whole number of at most 18")
            })?)
        }
    };
    Ok(Segment {
        register: text("register").unwrap_or("usage").into(),
        meter: text("meter").map(Box::from),
        open: need("open")?,
        close: need("close")?,
        multiplier: may("multiplier")?.unwrap_or(Decimal::ONE),
        digits,
        rollover: item.get("rollover").is_some_and(|held| fact(held).holds()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn segments_of_two_meters_add_up() {
        let input = Input::from_json(
            r#"{"segments": [{"register": "usage", "meter": "old", "open": "0", "close": "2"},
                             {"open": "0", "close": "4", "multiplier": 10}]}"#,
        )
        .unwrap();
        assert_eq!(input.quantity("usage"), Ok(Some(d("42"))));
        assert_eq!(input.quantity("kwh"), Ok(None));
    }

    #[test]
    fn a_register_that_runs_backwards_is_refused() {
        let input =
            Input::from_json(r#"{"segments": [{"open": "12", "close": "2", "digits": "5"}]}"#).unwrap();
        assert_eq!(input.quantity("usage").unwrap_err().kind(), "backwards");
    }

    #[test]
    fn a_given_quantity_goes_before_segments() {
        let input = Input::from_json(r#"{"qty": {"usage": "7"}, "segments": [{"open": "0", "close": "2"}]}"#)
            .unwrap();
        assert_eq!(input.quantity("usage"), Ok(Some(d("7"))));
    }

    #[test]
    fn a_wrong_number_is_named_with_its_place() {
        let refused = Input::from_json(r#"{"qty": {"usage": "1.23E+3"}}"#).unwrap_err();
        assert_eq!(
            refused.to_string(),
            r#"input.qty.usage: must be a decimal such as "12.5", not "1.23E+3""#
        );
        assert!(Input::from_json(r#"{"segments": [{"open": "1"}]}"#).unwrap_err().path.ends_with("close"));
    }

    #[test]
    fn a_fact_holds_unless_it_says_no() {
        for (text, holds) in
            [("1", true), ("0", false), ("yes", true), ("no", false), ("0.0", false), ("", false)]
        {
            assert_eq!(Fact::new(text).holds(), holds, "{text:?}");
        }
    }
}
