//! The cells of one row, read into values. A cell that breaks a rule is noted as a fault and read as some value of
//! its type: a row with a fault is never used, and all its faults are told at once.

use jiff::Timestamp;
use jiff::civil::Date;
use metering::text::is_hidden;
use metering::{Identifier, IdentifierError, Zone, moment};
use rust_decimal::Decimal;

use crate::Record;
use crate::column::Identity;
use crate::fault::{Fault, Rule};
use crate::header::Layout;
use crate::spoilt::{self, Lengths};

/// What the reading of a file rests on besides the file.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Of civil dates and times.
    pub zone: Zone,
    /// The present, for what must not lie in the future.
    pub now: Timestamp,
    /// For each of our columns, what was learned from the whole file and from what is stored, and the one length
    /// that its numbers have.
    pub lengths: Vec<(Lengths, Option<usize>)>,
}

/// The cells of one row.
pub struct Cells<'a> {
    layout: &'a Layout,
    reading: &'a Reading,
    record: &'a Record,
    row: i32,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Cells<'a> {
    /// Of the row that a spreadsheet counts as `row`.
    pub fn new(
        layout: &'a Layout,
        reading: &'a Reading,
        record: &'a Record,
        row: i32,
        faults: &'a mut Vec<Fault>,
    ) -> Self {
        let cells = Self { layout, reading, record, row, faults };
        if let Some(extra) = record.iter().skip(layout.width).find(|cell| !cell.trim().is_empty()) {
            cells.faults.push(Fault::new(row, "", extra, Rule::TooManyCells));
        }
        cells
    }

    /// Notes that a column's cell breaks a rule.
    pub fn fault(&mut self, column: &'static str, rule: Rule) {
        let value = self.raw(column).unwrap_or_default();
        self.faults.push(Fault::new(self.row, self.layout.heading(column), value, rule));
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.reading.now
    }

    /// What stands in a cell as the file has it, for what is written down beside its value.
    pub fn given(&self, column: &str) -> String {
        self.raw(column).unwrap_or_default().to_owned()
    }

    /// What stands in a cell, or nothing; without the space around it and without the formula `="…"` by which
    /// people keep a spreadsheet from spoiling a number.
    fn raw(&self, column: &str) -> Option<&'a str> {
        let cell = self.record.get(self.layout.place(column)?)?.trim();
        let cell = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(cell).trim();
        (!cell.is_empty()).then_some(cell)
    }

    /// A filled cell, unless a spreadsheet has spoilt it.
    fn sound(&mut self, column: &'static str) -> Option<&'a str> {
        let cell = self.raw(column)?;
        let rule = spoilt::any(cell)
            .or_else(|| cell.chars().any(is_hidden).then_some(Rule::Unprintable))
            .or_else(|| (cell.chars().count() > LONGEST).then_some(Rule::TooLong { most: LONGEST }))
            .or_else(|| self.spoilt_name(column, cell));
        match rule {
            None => Some(cell),
            Some(rule) => {
                self.fault(column, rule);
                None
            }
        }
    }

    fn spoilt_name(&self, column: &str, cell: &str) -> Option<Rule> {
        let n = self.layout.columns().iter().position(|c| c.name == column)?;
        if self.layout.columns().get(n)?.identity == Identity::None {
            return None;
        }
        let (lengths, fixed) = self.reading.lengths.get(n).map_or((None, None), |(l, f)| (Some(l), *f));
        spoilt::name(cell, lengths, fixed)
    }

    /// Notes a required cell that is empty.
    fn filled<T>(&mut self, column: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() && self.raw(column).is_none() {
            self.fault(column, Rule::Required);
        }
        value
    }

    /// Notes a required cell that is empty; a value for a row that is not used.
    pub fn missing<T: Default>(&mut self, column: &'static str) -> T {
        self.filled(column, None).unwrap_or_default()
    }

    /// A value by a rule of its own.
    pub fn maybe_parsed<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Rule>,
    ) -> Option<T> {
        let cell = self.sound(column)?;
        parse(cell).map_err(|rule| self.fault(column, rule)).ok()
    }

    /// A text.
    pub fn text(&mut self, column: &'static str) -> String {
        let text = self.maybe_text(column);
        self.filled(column, text).unwrap_or_default()
    }

    /// A text, or nothing. In a column that names something, the name in its one form.
    pub fn maybe_text(&mut self, column: &'static str) -> Option<String> {
        let read: fn(&str) -> Result<Identifier, IdentifierError> = match self.identity(column) {
            Identity::Code | Identity::Number(_) => Identifier::new,
            Identity::Channel => Identifier::channel,
            Identity::Reference => Identifier::reference,
            Identity::None | Identity::Digits => return self.sound(column).map(str::to_owned),
        };
        self.maybe_parsed(column, |cell| read(cell).map(Identifier::into_string).map_err(Rule::Identifier))
    }

    fn identity(&self, name: &str) -> Identity {
        let column = self.layout.columns().iter().find(|column| column.name == name);
        column.map_or(Identity::None, |column| column.identity)
    }

    /// One of a list of words.
    pub fn word(&mut self, column: &'static str, words: &'static [&'static str]) -> String {
        let word = self.maybe_word(column, words);
        self.filled(column, word).unwrap_or_default()
    }

    /// One of a list of words, or nothing.
    pub fn maybe_word(&mut self, column: &'static str, words: &'static [&'static str]) -> Option<String> {
        self.maybe_parsed(column, |cell| {
            let lower = cell.to_ascii_lowercase();
            if words.contains(&lower.as_str()) { Ok(lower) } else { Err(Rule::OneOf(words)) }
        })
    }

    /// A civil date.
    pub fn date(&mut self, column: &'static str) -> Date {
        let date = self.maybe_date(column);
        self.filled(column, date).unwrap_or_default()
    }

    /// A civil date, or nothing.
    pub fn maybe_date(&mut self, column: &'static str) -> Option<Date> {
        self.maybe_parsed(column, |cell| Ok(moment::date(cell)?))
    }

    /// An instant; civil times are in the utility's zone, a date alone is its midnight.
    pub fn instant(&mut self, column: &'static str) -> Timestamp {
        let instant = self.maybe_instant(column);
        self.filled(column, instant).unwrap_or_default()
    }

    /// An instant, or nothing.
    pub fn maybe_instant(&mut self, column: &'static str) -> Option<Timestamp> {
        let zone = self.reading.zone.clone();
        self.maybe_parsed(column, |cell| Ok(moment::instant(cell, &zone)?))
    }

    /// An instant that is not in the future.
    pub fn past_instant(&mut self, column: &'static str) -> Timestamp {
        let at = self.instant(column);
        if at > self.now() {
            self.fault(column, Rule::Future);
        }
        at
    }

    /// A whole number within bounds.
    pub fn integer<T: TryFrom<i64> + Default>(&mut self, column: &'static str, least: i64, most: i64) -> T {
        let integer = self.maybe_integer(column, least, most);
        self.filled(column, integer).unwrap_or_default()
    }

    /// A whole number within bounds, or nothing.
    pub fn maybe_integer<T: TryFrom<i64>>(
        &mut self,
        column: &'static str,
        least: i64,
        most: i64,
    ) -> Option<T> {
        self.maybe_parsed(column, |cell| {
            let number: Option<i64> = cell.parse().ok().filter(|n| (least..=most).contains(n));
            number.and_then(|n| T::try_from(n).ok()).ok_or(Rule::Integer { least, most })
        })
    }

    /// Notes an end that is not after its beginning.
    pub fn after<T: PartialOrd + Copy>(&mut self, end: (&'static str, Option<T>), start: (&'static str, T)) {
        if end.1.is_some_and(|end| end <= start.1) {
            self.fault(end.0, Rule::NotAfter(start.0));
        }
    }
}

/// Longer than any name, address or remark.
const LONGEST: usize = 500;

/// A plain decimal.
pub fn decimal(cell: &str) -> Result<Decimal, Rule> {
    if spoilt::has_exponent(cell) {
        return Err(Rule::Exponent);
    }
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) {
        return Err(Rule::Decimal);
    }
    // `from_str_exact` refuses what it would have to round.
    Decimal::from_str_exact(cell.strip_prefix('+').unwrap_or(cell)).map_err(|_| Rule::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_plain() {
        for text in ["0", "-12.50", "+3", "123456789012345678.123456789"] {
            assert!(decimal(text).is_ok(), "{text}");
        }
        assert_eq!(decimal("1.23E+11"), Err(Rule::Exponent));
        for text in ["1,234.5", "12 m3", ".5", "5.", "", "0x10", "１２"] {
            assert_eq!(decimal(text), Err(Rule::Decimal), "{text}");
        }
        assert_eq!(decimal("123456789012345678901234567890.5"), Err(Rule::TooLarge));
    }
}
