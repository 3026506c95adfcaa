//! The cells of one row, read into values. A cell that breaks a rule is noted as a fault and read as some value of
//! its type: a row with a fault is never used, and all its faults are told at once.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use metering::Zone;
use rust_decimal::Decimal;

use super::column::Identity;
use super::header::Layout;
use super::rule::{Fault, Rule};
use super::spoilt::{self, Lengths};

/// What the reading of a file rests on besides the file.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// Of civil dates and times.
    pub(crate) zone: Zone,
    /// The present, for what must not lie in the future.
    pub(crate) now: Timestamp,
    /// For each of our columns, what was learned from the whole file and from what is stored, and the one length
    /// that its numbers have.
    pub(crate) lengths: Vec<(Lengths, Option<usize>)>,
}

/// The cells of one row.
pub(crate) struct Cells<'a> {
    layout: &'a Layout,
    reading: &'a Reading,
    record: &'a csv::StringRecord,
    row: i32,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Cells<'a> {
    /// Of the row that a spreadsheet counts as `row`.
    pub(crate) fn new(
        layout: &'a Layout,
        reading: &'a Reading,
        record: &'a csv::StringRecord,
        row: i32,
        faults: &'a mut Vec<Fault>,
    ) -> Self {
        let cells = Self { layout, reading, record, row, faults };
        if let Some(extra) = record.iter().skip(layout.width).find(|cell| !cell.trim().is_empty()) {
            let fault =
                Fault { row, column: String::new(), value: extra.to_owned(), rule: Rule::TooManyCells };
            cells.faults.push(fault);
        }
        cells
    }

    /// Notes that a column's cell breaks a rule.
    pub(crate) fn fault(&mut self, column: &'static str, rule: Rule) {
        let value = self.raw(column).unwrap_or_default().to_owned();
        self.faults.push(Fault {
            row: self.row,
            column: self.layout.heading(column).to_owned(),
            value,
            rule,
        });
    }

    /// The present.
    pub(crate) fn now(&self) -> Timestamp {
        self.reading.now
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
            .or_else(|| cell.chars().any(char::is_control).then_some(Rule::Unprintable))
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
    pub(crate) fn missing<T: Default>(&mut self, column: &'static str) -> T {
        self.filled(column, None).unwrap_or_default()
    }

    /// A value by a rule of its own.
    pub(crate) fn maybe_parsed<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Rule>,
    ) -> Option<T> {
        let cell = self.sound(column)?;
        parse(cell).map_err(|rule| self.fault(column, rule)).ok()
    }

    /// A text.
    pub(crate) fn text(&mut self, column: &'static str) -> String {
        let text = self.maybe_text(column);
        self.filled(column, text).unwrap_or_default()
    }

    /// A text, or nothing.
    pub(crate) fn maybe_text(&mut self, column: &'static str) -> Option<String> {
        self.sound(column).map(str::to_owned)
    }

    /// One of a list of words.
    pub(crate) fn word(&mut self, column: &'static str, words: &'static [&'static str]) -> String {
        let word = self.maybe_word(column, words);
        self.filled(column, word).unwrap_or_default()
    }

    /// One of a list of words, or nothing.
    pub(crate) fn maybe_word(
        &mut self,
        column: &'static str,
        words: &'static [&'static str],
    ) -> Option<String> {
        self.maybe_parsed(column, |cell| {
            let lower = cell.to_ascii_lowercase();
            if words.contains(&lower.as_str()) { Ok(lower) } else { Err(Rule::OneOf(words)) }
        })
    }

    /// A civil date.
    pub(crate) fn date(&mut self, column: &'static str) -> Date {
        let date = self.maybe_date(column);
        self.filled(column, date).unwrap_or_default()
    }

    /// A civil date, or nothing.
    pub(crate) fn maybe_date(&mut self, column: &'static str) -> Option<Date> {
        self.maybe_parsed(column, date)
    }

    /// An instant; civil times are in the utility's zone, a date alone is its midnight.
    pub(crate) fn instant(&mut self, column: &'static str) -> Timestamp {
        let instant = self.maybe_instant(column);
        self.filled(column, instant).unwrap_or_default()
    }

    /// An instant, or nothing.
    pub(crate) fn maybe_instant(&mut self, column: &'static str) -> Option<Timestamp> {
        let zone = self.reading.zone.clone();
        self.maybe_parsed(column, |cell| instant(cell, &zone))
    }

    /// An instant that is not in the future.
    pub(crate) fn past_instant(&mut self, column: &'static str) -> Timestamp {
        let at = self.instant(column);
        if at > self.now() {
            self.fault(column, Rule::Future);
        }
        at
    }

    /// A whole number within bounds.
    pub(crate) fn integer<T: TryFrom<i64> + Default>(
        &mut self,
        column: &'static str,
        least: i64,
        most: i64,
    ) -> T {
        let integer = self.maybe_integer(column, least, most);
        self.filled(column, integer).unwrap_or_default()
    }

    /// A whole number within bounds, or nothing.
    pub(crate) fn maybe_integer<T: TryFrom<i64>>(
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
    pub(crate) fn after<T: PartialOrd + Copy>(
        &mut self,
        end: (&'static str, Option<T>),
        start: (&'static str, T),
    ) {
        if end.1.is_some_and(|end| end <= start.1) {
            self.fault(end.0, Rule::NotAfter(start.0));
        }
    }
}

/// Longer than any name, address or remark.
const LONGEST: usize = 500;

/// `2026-10-01`, `2026/10/1`, `2026年10月1日`: the year first, so that no day is taken for a month.
pub(crate) fn date(cell: &str) -> Result<Date, Rule> {
    let wrong = || if day_number(cell) { Rule::DayNumber } else { Rule::Date };
    let plain = cell.strip_suffix('日').unwrap_or(cell);
    let mut parts = plain.split(['-', '/', '年', '月']);
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else {
        return Err(wrong());
    };
    let number = |text: &str, most: usize| {
        let digits = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i16>().ok()).flatten()
    };
    let year = (year.len() == 4).then(|| number(year, 4)).flatten().ok_or_else(wrong)?;
    let month = number(month, 2).and_then(|n| i8::try_from(n).ok()).ok_or_else(wrong)?;
    let day = number(day, 2).and_then(|n| i8::try_from(n).ok()).ok_or_else(wrong)?;
    // Years that a utility's contracts and meters can have; 0026 and 9999 are slips.
    if !(1900..=2200).contains(&year) {
        return Err(Rule::Date);
    }
    Date::new(year, month, day).map_err(|_| Rule::Date)
}

/// 45931, or 45931.5 with a time: what a spreadsheet writes for a date that is not formatted as one.
fn day_number(cell: &str) -> bool {
    let whole = cell.split_once('.').map_or(cell, |(whole, _)| whole);
    whole.len() == 5
        && whole.bytes().all(|byte| byte.is_ascii_digit())
        && cell.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit())
}

/// RFC 3339 with its offset; a civil date and time; a date alone.
pub(crate) fn instant(cell: &str, zone: &Zone) -> Result<Timestamp, Rule> {
    if let Ok(instant) = cell.parse::<Timestamp>() {
        return Ok(instant);
    }
    if day_number(cell) {
        return Err(Rule::DayNumber);
    }
    let (day, clock) = cell.split_once(['T', ' ']).unwrap_or((cell, ""));
    let day = date(day).map_err(|_| Rule::Instant)?;
    let clock = clock.trim();
    let time = if clock.is_empty() { Time::midnight() } else { time(clock).ok_or(Rule::Instant)? };
    zone.instant(DateTime::from_parts(day, time)).ok_or(Rule::Instant)
}

/// `8:00`, `08:00`, `08:00:30`.
fn time(clock: &str) -> Option<Time> {
    let mut parts = clock.split(':');
    let mut number = || -> Option<Option<i8>> {
        let Some(text) = parts.next() else { return Some(None) };
        let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().map(Some)
    };
    let (hour, minute, second) = (number()??, number()??, number()?.unwrap_or(0));
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

/// A plain decimal.
pub(crate) fn decimal(cell: &str) -> Result<Decimal, Rule> {
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
    fn a_date_has_its_year_first() {
        for text in ["2026-10-01", "2026/10/1", "2026年10月1日", "2026-10-1"] {
            assert_eq!(date(text), Ok(jiff::civil::date(2026, 10, 1)), "{text}");
        }
        assert_eq!(date("45931"), Err(Rule::DayNumber));
        for text in
            ["01/10/2026", "1-10-26", "2026-13-01", "2026-02-30", "20261001", "0026-10-01", "2026-10-01-01"]
        {
            assert_eq!(date(text), Err(Rule::Date), "{text}");
        }
    }

    #[test]
    fn a_civil_time_is_in_the_utilitys_zone() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        for (text, instant_text) in [
            ("2026-10-01", "2026-09-30T16:00:00Z"),
            ("2026-10-01 08:00", "2026-10-01T00:00:00Z"),
            ("2026/10/1 8:00:30", "2026-10-01T00:00:30Z"),
            ("2026-10-01T08:00", "2026-10-01T00:00:00Z"),
            ("2026-10-01T08:00:00+02:00", "2026-10-01T06:00:00Z"),
            ("2026-10-01T08:00:00Z", "2026-10-01T08:00:00Z"),
        ] {
            assert_eq!(instant(text, &zone).map(|at| at.to_string()), Ok(instant_text.to_owned()), "{text}");
        }
        for text in ["08:00", "2026-10-01 8", "2026-10-01 25:00", "2026-10-01 08:00:00:00", "yesterday"] {
            assert_eq!(instant(text, &zone), Err(Rule::Instant), "{text}");
        }
        assert_eq!(instant("45931.3333", &zone), Err(Rule::DayNumber));
    }

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
