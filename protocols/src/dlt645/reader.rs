//! The payload behind an identifier becomes records.

use jiff::civil::{Date, DateTime, Time};
use metering::{Obis, Quantity, Unit};
use rust_decimal::Decimal;
use smol_str::{SmolStr, SmolStrBuilder};

use crate::bcd::{self, Bcd};
use crate::{DeviceTime, Frame, Record, State, Value, Warning, WarningKind, digits};

use super::layout::{Form, Layout, Progression, Series};
use super::{load, status};

/// Reads a payload into the frame's records. `offset` is that of its first byte in the buffer.
pub(crate) fn read(frame: &mut Frame, layout: Layout, payload: &[u8], offset: usize) {
    let mut reader = Reader { frame, rest: payload, offset };
    reader.layout(layout);
    if !reader.rest.is_empty() {
        let rest = reader.rest.to_vec();
        frame.manufacturer_data = Some(rest);
    }
}

/// What some meters of 1997 put behind a block.
const BLOCK_END: u8 = 0xAA;

/// A payload that is being read.
pub(crate) struct Reader<'a, 'b> {
    pub(crate) frame: &'a mut Frame,
    pub(crate) rest: &'b [u8],
    pub(crate) offset: usize,
}

impl<'b> Reader<'_, 'b> {
    fn layout(&mut self, layout: Layout) {
        match layout {
            Layout::Series(series) => self.series(series, usize::MAX),
            Layout::Powers { active } => self.powers(active),
            Layout::Date => self.date(),
            Layout::TimeOfDay => self.time_of_day(),
            Layout::DateTime => self.clock(),
            Layout::FreezeTime { freeze, storage } => self.freeze_time(freeze, storage),
            Layout::YearlessTimes(series) => self.yearless_times(series),
            Layout::Occurrences { event, by_phase } => self.occurrences(event, by_phase),
            Layout::EventTimes(storage) => self.event_times(storage),
            Layout::Digits(quantity) => {
                let text = digits::reversed(self.rest.get(..self.rest.len().min(11)).unwrap_or_default());
                let absent = self.rest.iter().all(|byte| *byte == 0xFF);
                self.rest = self.rest.get(self.rest.len().min(11)..).unwrap_or_default();
                self.text(quantity, text, absent);
            }
            Layout::Text(quantity) => self.ascii(quantity),
            Layout::StatusWords(first) => self.status_words(first),
            Layout::LoadProfile(class) => load::read(self, class),
            Layout::OldState(which) => self.old_state(which),
        }
    }

    /// The next `N` bytes, or nothing and a warning where the payload ends before.
    pub(crate) fn take<const N: usize>(&mut self) -> Option<&'b [u8; N]> {
        let Some((bytes, rest)) = self.rest.split_first_chunk::<N>() else {
            self.cut();
            return None;
        };
        self.rest = rest;
        self.offset = self.offset.saturating_add(N);
        Some(bytes)
    }

    fn cut(&mut self) {
        self.frame.warnings.push(Warning {
            kind: WarningKind::IncompleteRecord,
            offset: self.offset,
            bytes: self.rest.to_vec(),
        });
        self.rest = &[];
    }

    pub(crate) fn warn(&mut self, kind: WarningKind, offset: usize, bytes: &[u8]) {
        self.frame.warnings.push(Warning { kind, offset, bytes: bytes.to_vec() });
    }

    /// A number, or as many as a block holds, at most `most`.
    fn series(&mut self, series: Series, most: usize) {
        let len = series.form.whole();
        let count = match series.step {
            Progression::None => 1,
            step => {
                let whole = self.rest.len().checked_div(len).unwrap_or(0).min(most);
                if step == Progression::Phase { whole.min(phases(series)) } else { whole }
            }
        };
        self.frame.records.reserve_exact(count);
        for index in 0..count {
            self.number(series.at(index), None);
        }
        if series.step != Progression::None && most == usize::MAX && !self.rest.is_empty() {
            self.behind_block(series, count);
        }
    }

    /// What stands behind a block's last whole number.
    #[cold]
    fn behind_block(&mut self, series: Series, count: usize) {
        let is_full = series.step == Progression::Phase && count == phases(series);
        if self.rest == [BLOCK_END] {
            self.rest = &[];
        } else if !is_full && self.rest.len() < series.form.whole() {
            self.cut();
        }
    }

    #[inline(never)]
    fn yearless_times(&mut self, series: Series) {
        let mut index = 0_usize;
        while !matches!(self.rest, [] | [BLOCK_END]) {
            let at = self.offset;
            let Some(bytes) = self.take::<4>() else { return };
            let [minute, hour, day, month] = *bytes;
            // Of the years that there are, a leap year has every day.
            let is_time = date(day, month, 0x00).is_some() && time(0, minute, hour).is_some();
            let (value, state) = if is_time {
                let text = smol_str::format_smolstr!("{month:02x}-{day:02x} {hour:02x}:{minute:02x}");
                (Value::Text(text), State::Valid)
            } else if [day, month] == [0, 0] || bytes == &[0xFF; 4] {
                (Value::None, State::Absent)
            } else {
                self.warn(WarningKind::InvalidTime, at, bytes);
                (Value::None, State::Unknown)
            };
            self.push(series.at(index), value, state, None, None);
            if series.step == Progression::None {
                return;
            }
            index = index.saturating_add(1);
        }
        self.rest = &[];
    }

    #[inline(never)]
    fn occurrences(&mut self, event: u8, by_phase: bool) {
        let form = Form::plain(3, 0);
        for phase in if by_phase { 1..=3 } else { 0..=0 } {
            for (quantity, unit) in [(Quantity::EventCount, Unit::One), (Quantity::Duration, Unit::Minute)] {
                self.number(Series::one(form, quantity, Some(unit)).among(event, phase), None);
                if self.rest.is_empty() {
                    return;
                }
            }
        }
    }

    fn powers(&mut self, active: Series) {
        self.series(active, 4);
        let reactive =
            Series { quantity: Quantity::ReactivePower, unit: Some(Unit::KiloVar), c: 3, ..active };
        self.series(reactive, 4);
    }

    /// One number; `time` is its own where the block around it has one.
    pub(crate) fn number(&mut self, series: Series, time: Option<DateTime>) {
        let form = series.form;
        let Some((bytes, rest)) = self.rest.split_at_checked(form.whole()) else {
            self.cut();
            return;
        };
        let at = self.offset;
        self.rest = rest;
        self.offset = self.offset.saturating_add(form.whole());
        let (digits, stamp) = bytes.split_at_checked(form.len).unwrap_or((bytes, &[]));
        let (value, state) = match value(form, digits) {
            (Bcd::Number(_), Some(number)) => (Value::Number(number), State::Valid),
            (Bcd::Absent, _) => (Value::None, State::Absent),
            _ => {
                self.warn(WarningKind::InvalidDigit, at, digits);
                (Value::None, State::Unknown)
            }
        };
        let time = match stamp.first_chunk::<5>() {
            Some(stamp) => self.minute(*stamp, at.saturating_add(form.len)),
            None => time,
        };
        let obis = match time {
            // A dated value of the past has the code of what it is.
            Some(_) if series.c > 0 && !form.timed => Series { storage: 0, ..series }.obis(),
            _ => series.obis(),
        };
        self.push(series, value, state, obis, time);
    }

    fn push(
        &mut self,
        series: Series,
        value: Value,
        state: State,
        obis: Option<Obis>,
        time: Option<DateTime>,
    ) {
        self.frame.records.push(Record {
            quantity: series.quantity,
            value,
            unit: series.unit,
            state,
            obis,
            function: series.function,
            storage: u64::from(series.storage),
            tariff: u32::from(series.tariff),
            subunit: if obis.is_some() { 0 } else { series.subunit() },
            time: time.map(DeviceTime::Civil),
            precision: None,
        });
    }

    /// `mm hh DD MM YY`; zeros and all bits set are no time.
    pub(crate) fn minute(&mut self, bytes: [u8; 5], at: usize) -> Option<DateTime> {
        let [minute, hour, day, month, year] = bytes;
        self.civil([0, minute, hour, day, month, year], at)
    }

    /// `ss mm hh DD MM YY`.
    fn civil(&mut self, bytes: [u8; 6], at: usize) -> Option<DateTime> {
        let [second, minute, hour, day, month, year] = bytes;
        if [day, month] == [0, 0] || [minute, hour, day, month, year] == [0xFF; 5] {
            return None;
        }
        let time = || {
            let date = date(day, month, year)?;
            let time = time(second, minute, hour)?;
            Some(date.to_datetime(time))
        };
        let time = time();
        if time.is_none() {
            self.warn(WarningKind::InvalidTime, at, &bytes);
        }
        time
    }

    fn date(&mut self) {
        let at = self.offset;
        let Some(&[weekday, day, month, year]) = self.take::<4>() else { return };
        match date(day, month, year) {
            Some(date) => self.moment(Quantity::Date, Some(DeviceTime::Date(date)), 0, 0),
            None if [weekday, day, month, year] == [0xFF; 4] => self.moment(Quantity::Date, None, 0, 0),
            None => self.warn(WarningKind::InvalidTime, at, &[weekday, day, month, year]),
        }
    }

    fn time_of_day(&mut self) {
        let at = self.offset;
        let Some(&[second, minute, hour]) = self.take::<3>() else { return };
        match time(second, minute, hour) {
            Some(time) => {
                let text =
                    smol_str::format_smolstr!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
                self.text(Quantity::Time, text, false);
            }
            None if [second, minute, hour] == [0xFF; 3] => {
                self.text(Quantity::Time, SmolStr::default(), true);
            }
            None => self.warn(WarningKind::InvalidTime, at, &[second, minute, hour]),
        }
    }

    fn clock(&mut self) {
        let at = self.offset;
        let Some(&[second, minute, hour, _weekday, day, month, year]) = self.take::<7>() else { return };
        self.instant([second, minute, hour, day, month, year], at, 0, 0);
    }

    /// A time as a record: absent where the meter has none, unknown where its digits are none.
    fn instant(&mut self, bytes: [u8; 6], at: usize, storage: u8, subunit: u16) {
        let warned = self.frame.warnings.len();
        let time = self.civil(bytes, at);
        self.moment(Quantity::Time, time.map(DeviceTime::Civil), storage, subunit);
        if let Some(record) = self.frame.records.last_mut().filter(|_| self.frame.warnings.len() > warned) {
            record.state = State::Unknown;
        }
    }

    fn freeze_time(&mut self, freeze: u8, storage: u8) {
        let at = self.offset;
        let Some(&[minute, hour, day, month, year]) = self.take::<5>() else { return };
        self.instant(
            [0, minute, hour, day, month, year],
            at,
            storage,
            u16::from(freeze).saturating_mul(1_000),
        );
    }

    /// The beginning is subunit 0, the end subunit 1.
    fn event_times(&mut self, storage: u8) {
        for subunit in 0..2 {
            let at = self.offset;
            let Some(&bytes) = self.take::<6>() else { return };
            self.instant(bytes, at, storage, subunit);
        }
    }

    fn moment(&mut self, quantity: Quantity, time: Option<DeviceTime>, storage: u8, subunit: u16) {
        let state = if time.is_some() { State::Valid } else { State::Absent };
        let record = bare(quantity);
        self.frame.records.push(Record { time, state, subunit, storage: storage.into(), ..record });
    }

    fn text(&mut self, quantity: Quantity, text: SmolStr, absent: bool) {
        let (value, state) =
            if absent { (Value::None, State::Absent) } else { (Value::Text(text), State::Valid) };
        self.frame.records.push(Record { value, state, ..bare(quantity) });
    }

    fn ascii(&mut self, quantity: Quantity) {
        let bytes = std::mem::take(&mut self.rest);
        let absent = bytes.iter().all(|byte| *byte == 0xFF);
        let mut text = SmolStrBuilder::new();
        for byte in bytes.iter().rev().filter(|byte| **byte != 0) {
            text.push(if byte.is_ascii() && !byte.is_ascii_control() { char::from(*byte) } else { '?' });
        }
        self.text(quantity, SmolStr::new(text.finish().trim()), absent);
    }

    fn status_words(&mut self, first: u8) {
        let mut word = first;
        while !self.rest.is_empty() {
            let Some(&bytes) = self.take::<2>() else { return };
            let [low, high] = bytes;
            status::word(self.frame, word, u16::from_le_bytes(bytes));
            let value = Value::Text(digits::forward(&[high, low]));
            self.frame.records.push(Record { value, subunit: word.into(), ..bare(Quantity::Status) });
            word = word.saturating_add(1);
        }
    }

    fn old_state(&mut self, which: u8) {
        let Some(&[byte]) = self.take::<1>() else { return };
        status::old(self.frame, which, byte);
        let value = Value::Text(digits::forward(&[byte]));
        self.frame.records.push(Record { value, subunit: which.into(), ..bare(Quantity::Status) });
    }
}

/// How many numbers a block of phases has from its first on: what stands behind the third is not a fourth.
fn phases(series: Series) -> usize {
    usize::from(4_u8.saturating_sub(series.phase))
}

/// A record with neither value nor unit.
fn bare(quantity: Quantity) -> Record {
    let record = Record::new(quantity, Decimal::ZERO, Unit::One);
    Record { value: Value::None, unit: None, ..record }
}

/// Digits, their sign, their point.
#[inline]
pub(crate) fn value(form: Form, digits: &[u8]) -> (Bcd, Option<Decimal>) {
    let mut bytes = [0_u8; 8];
    let Some(copy) = bytes.get_mut(..digits.len()) else { return (Bcd::Invalid, None) };
    copy.copy_from_slice(digits);
    let mut negative = false;
    if form.signed
        && digits != [0xFF, 0xFF, 0xFF, 0xFF].get(..digits.len()).unwrap_or_default()
        && let Some(last) = copy.last_mut()
    {
        negative = *last & 0x80 != 0;
        *last &= 0x7F;
    }
    match bcd::read(copy) {
        Bcd::Number(number) => {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            let number = if negative { number.wrapping_neg() } else { number };
            (Bcd::Number(number.unsigned_abs()), Some(Decimal::new(number, form.decimals)))
        }
        other => (other, None),
    }
}

fn date(day: u8, month: u8, year: u8) -> Option<Date> {
    let year = i16::from(bcd::digits(year)?).wrapping_add(2000);
    Date::new(year, bcd::digits(month)?, bcd::digits(day)?).ok()
}

fn time(second: u8, minute: u8, hour: u8) -> Option<Time> {
    Time::new(bcd::digits(hour)?, bcd::digits(minute)?, bcd::digits(second)?, 0).ok()
}
