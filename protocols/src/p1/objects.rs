//! The objects of a telegram as records.

use jiff::civil::DateTime;
use metering::{EventKind, Function, Medium, Obis, Quantity, Unit};

use super::object::object;
use crate::document::decimal;
use crate::{DeviceTime, Frame, Record, State, Value, Warning, WarningKind, naming, senml, time};

/// Reads the lines of a telegram into a frame.
pub(super) struct Reader<'a> {
    frame: &'a mut Frame,
    /// The time of the telegram, 0-0:1.0.0.
    now: Option<DeviceTime>,
    /// Of each channel 1 to 9: what its meter measures (0-n:24.1.0).
    channels: [Option<Medium>; 10],
}

impl<'a> Reader<'a> {
    pub(super) fn new(frame: &'a mut Frame) -> Self {
        Self { frame, now: None, channels: [None; 10] }
    }

    /// How many records there are so far.
    pub(super) const fn count(&self) -> usize {
        self.frame.records.len()
    }

    /// One object: a code and its values in brackets.
    pub(super) fn line(&mut self, offset: usize, line: &str) {
        let Some((obis, groups)) = object(line) else {
            return self.warn(WarningKind::Noise, offset, line);
        };
        let first = groups.first().copied().unwrap_or_default();
        match (obis.a, obis.b, obis.c, obis.d, obis.e) {
            (0, 0, 1, 0, 0) => {
                self.now = instant(first);
                if self.now.is_none() {
                    self.warn(WarningKind::InvalidTime, offset, line);
                }
            }
            (1, 3, 0, 2, 8) => {
                self.frame.device.version = first.parse().ok();
                self.text(obis, Quantity::Version, first);
            }
            (0, 0, 96, 1, 4) => self.text(obis, Quantity::Version, first),
            (0, 0, 96, 1, 0 | 1) | (0, 0, 42, 0, 0) => {
                if self.frame.device.address.is_none() && !first.is_empty() {
                    self.frame.device.address = Some(printed(first).as_str().into());
                }
                self.text(obis, Quantity::Identification, first);
            }
            (0, channel, 24, 1, 0) => {
                if let Some(medium) = self.channels.get_mut(usize::from(channel)) {
                    *medium = medium_of(first);
                }
            }
            (0, _, 24, 2, _) => self.child(obis, offset, line, &groups),
            (0, _, 24, 3, 0) => self.child_of_v3(offset, line, &groups),
            (0, _, 24, 4, 0) => self.switch(obis, first, EventKind::ValveClosed),
            (0, 0, 96, 3, 10) => self.switch(obis, first, EventKind::RelayOpen),
            (1, 0, 99, 97, 0) => self.history(offset, line, &groups, 2),
            (0, 0, 98, 1, 0) => self.history(offset, line, &groups, 3),
            _ => self.plain(obis, offset, line, &groups),
        }
    }

    /// Gives each value without a time of its own that of the telegram.
    pub(super) fn finish(self) {
        for record in self.frame.records.iter_mut().filter(|record| record.time.is_none()) {
            if record.state != State::Unknown {
                record.time = self.now;
            }
        }
    }

    /// `(value*unit)` or, for a maximum, `(time)(value*unit)`; a limit of both directions `(value*unit)(value*unit)`.
    fn plain(&mut self, obis: Obis, offset: usize, line: &str, groups: &[&str]) {
        let (own_time, value) = match groups {
            [import, export] if import.contains('*') && export.contains('*') => {
                return self.both_limits(obis, offset, import, export);
            }
            [time, value] => (Some(*time), *value),
            [value] => (None, *value),
            _ => return self.warn(WarningKind::UnknownIdentifier, offset, line),
        };
        let known = naming::measures(obis);
        match known {
            Some((quantity @ (Quantity::Identification | Quantity::Text), ..)) => {
                return self.text(obis, quantity, value);
            }
            None if !value.contains('*') => {
                self.warn(WarningKind::UnknownIdentifier, offset, line);
                return self.text(obis, Quantity::Unknown, value);
            }
            _ => {}
        }
        let Some(mut record) = self.number(obis, offset, value) else { return };
        record.time = own_time.and_then(instant);
        if own_time.is_some() && record.time.is_none() {
            self.warn(WarningKind::InvalidTime, offset, line);
        }
        self.frame.records.push(record);
    }

    /// Two values under one code: the first is the code's, the other is named by its quantity.
    fn both_limits(&mut self, obis: Obis, offset: usize, import: &str, export: &str) {
        let first = self.number(obis, offset, import);
        self.frame.records.extend(first);
        if let Some(second) = self.number(obis, offset, export) {
            self.frame.records.push(Record { obis: None, function: Function::Minimum, ..second });
        }
    }

    /// `12345.678*kWh` as a record; nothing between the brackets is an absent value.
    fn number(&mut self, obis: Obis, offset: usize, text: &str) -> Option<Record> {
        let (digits, symbol) = match text.split_once('*') {
            Some((digits, symbol)) => (digits, Some(symbol)),
            None => (text, None),
        };
        let unit = symbol.and_then(unit);
        if symbol.is_some() && unit.is_none() {
            self.warn(WarningKind::UnknownUnit, offset, text);
        }
        let (quantity, canonical, function) = naming::measures(obis).unwrap_or_else(|| {
            let quantity = unit.and_then(|unit| senml::quantity(unit.symbol()));
            (quantity.unwrap_or(Quantity::Unknown), None, Function::Instantaneous)
        });
        let (value, state) = match decimal(digits) {
            Some(number) => (Value::Number(number), State::Valid),
            None if digits.is_empty() => (Value::None, State::Absent),
            None => {
                self.warn(WarningKind::InvalidValue, offset, text);
                return None;
            }
        };
        Some(Record {
            quantity,
            value,
            // Counts have no unit on the wire and need none.
            unit: unit.or(canonical.filter(|unit| *unit == Unit::One && symbol.is_none())),
            state,
            obis: Some(obis),
            function,
            storage: naming::storage(obis),
            tariff: naming::tariff(obis),
            subunit: if obis.a == 0 { u16::from(obis.b) } else { 0 },
            time: None,
            precision: None,
        })
    }

    fn text(&mut self, obis: Obis, quantity: Quantity, text: &str) {
        let (value, state) = match text {
            "" => (Value::None, State::Absent),
            text => (Value::Text(text.into()), State::Valid),
        };
        self.frame.records.push(Record {
            quantity,
            value,
            unit: None,
            state,
            obis: Some(obis),
            function: Function::Instantaneous,
            storage: 0,
            tariff: 0,
            subunit: if obis.a == 0 { u16::from(obis.b) } else { 0 },
            time: None,
            precision: None,
        });
    }

    /// `0-n:24.2.x(time)(value*unit)`: NL .1, BE .3 (and .1 for water), with the child's own time.
    fn child(&mut self, obis: Obis, offset: usize, line: &str, groups: &[&str]) {
        let [time, value] = groups else { return self.warn(WarningKind::UnknownIdentifier, offset, line) };
        let Some(mut record) = self.number(obis, offset, value) else { return };
        record.time = instant(time);
        record.quantity = self.child_quantity(obis, record.unit);
        if record.time.is_none() {
            self.warn(WarningKind::InvalidTime, offset, time);
            record.state = State::Unknown;
        }
        // A channel without a meter sends zeros without a unit: a number, but nobody's reading.
        if record.unit.is_none() && record.state == State::Valid {
            record.state = State::Unknown;
        }
        self.frame.records.push(record);
    }

    /// `0-n:24.3.0(time)(00)(60)(1)(0-n:24.2.1)(m3)` and, on the line below, `(value)`: the profile names the object
    /// whose value it holds.
    fn child_of_v3(&mut self, offset: usize, line: &str, groups: &[&str]) {
        let [time, _, _, _, code, symbol, value] = groups else {
            return self.warn(WarningKind::UnknownIdentifier, offset, line);
        };
        let Ok(obis) = code.parse::<Obis>() else {
            return self.warn(WarningKind::UnknownIdentifier, offset, line);
        };
        self.child(obis, offset, line, &[time, &format!("{value}*{symbol}")]);
    }

    fn child_quantity(&self, obis: Obis, unit: Option<Unit>) -> Quantity {
        use metering::Dimension as D;
        let medium = self.channels.get(usize::from(obis.b)).copied().flatten();
        match (unit.map(Unit::dimension), medium) {
            (Some(D::Volume), _) => Quantity::Volume,
            (Some(D::Energy | D::Heat), Some(Medium::Cooling)) => Quantity::CoolingEnergy,
            (Some(D::Energy | D::Heat), Some(Medium::Heat) | None) => Quantity::HeatEnergy,
            (Some(D::Energy), _) => Quantity::Energy,
            _ => Quantity::Unknown,
        }
    }

    /// 0 is off, 1 on, 2 ready to be switched on.
    fn switch(&mut self, obis: Obis, position: &str, off: EventKind) {
        if matches!(position, "0" | "2") {
            self.frame.events.push(off.into());
        }
        self.text(obis, Quantity::Status, position);
    }

    /// A count, the codes of the columns, and for each entry its columns: an end of power failure and its
    /// duration, or an end of month, the time of its peak and the peak. The youngest entry is storage 1.
    fn history(&mut self, offset: usize, line: &str, groups: &[&str], columns: usize) {
        let (Some((_, codes)), Some(count)) =
            (groups.split_first(), groups.first().and_then(|n| n.parse::<usize>().ok()))
        else {
            return self.warn(WarningKind::UnknownIdentifier, offset, line);
        };
        let code_count = columns.saturating_sub(1);
        let (codes, entries) = codes.split_at_checked(code_count).unwrap_or((codes, &[]));
        let Some(Ok(obis)) = codes.first().map(|code| code.parse::<Obis>()) else {
            if count > 0 {
                self.warn(WarningKind::UnknownIdentifier, offset, line);
            }
            return;
        };
        let mut found = Vec::new();
        for entry in entries.chunks_exact(columns) {
            let [.., time, value] = entry else { continue };
            if let Some(mut record) = self.number(obis, offset, value) {
                record.time = instant(time);
                if record.quantity == Quantity::EventCount {
                    record.quantity = Quantity::Duration;
                }
                if record.time.is_none() {
                    record.state = State::Unknown;
                    self.warn(WarningKind::InvalidTime, offset, time);
                }
                found.push((instant(entry.first().copied().unwrap_or_default()), record));
            }
        }
        // The list goes from the oldest to the youngest in some meters and the other way in others.
        found.sort_by_key(|(end, _)| std::cmp::Reverse(end.map(|end| end.to_string())));
        for (n, (_, mut record)) in (1_u64..).zip(found) {
            record.storage = n;
            self.frame.records.push(record);
        }
        if entries.chunks_exact(columns).len() != count {
            self.warn(WarningKind::IncompleteRecord, offset, line);
        }
    }

    fn warn(&mut self, kind: WarningKind, offset: usize, text: &str) {
        self.frame.warnings.push(Warning { kind, offset, bytes: text.as_bytes().to_vec() });
    }
}

/// `YYMMDDhhmmss`, then S (+02:00), W (+01:00) or nothing (civil time).
fn instant(text: &str) -> Option<DeviceTime> {
    let (digits, east_minutes) = match text.as_bytes().last()? {
        b'S' => (text.strip_suffix('S')?, Some(120)),
        b'W' => (text.strip_suffix('W')?, Some(60)),
        _ => (text, None),
    };
    let pair = |n: usize| -> Option<i8> {
        let pair = digits.get(n..n.checked_add(2)?)?;
        pair.bytes().all(|byte| byte.is_ascii_digit()).then(|| pair.parse().ok()).flatten()
    };
    if digits.len() != 12 {
        return None;
    }
    let year = i16::from(pair(0)?).checked_add(2000)?;
    let civil = DateTime::new(year, pair(2)?, pair(4)?, pair(6)?, pair(8)?, pair(10)?, 0).ok()?;
    match east_minutes {
        Some(minutes) => time::with_offset(civil, minutes),
        None => Some(DeviceTime::Civil(civil)),
    }
}

/// Names are ASCII in hex (`4B38…`): what is printed on the meter. A name that is not is left as it is.
fn printed(text: &str) -> String {
    match hex::decode(text) {
        Ok(bytes) if !bytes.is_empty() && bytes.iter().all(u8::is_ascii_graphic) => {
            String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
        }
        _ => text.to_owned(),
    }
}

/// The device types of EN 13757-3 that stand behind a P1 port.
fn medium_of(code: &str) -> Option<Medium> {
    Some(match code.parse::<u8>().ok()? {
        2 => Medium::Electricity,
        3 => Medium::Gas,
        4 | 12 | 13 => Medium::Heat,
        6 | 21 => Medium::HotWater,
        7 | 22 | 23 => Medium::Water,
        10 | 11 => Medium::Cooling,
        _ => return None,
    })
}

/// The port's symbols; makers differ in upper and lower case.
fn unit(symbol: &str) -> Option<Unit> {
    if let Ok(unit) = symbol.parse() {
        return Some(unit);
    }
    let lower = symbol.to_ascii_lowercase();
    if lower == "dm3" {
        return Some(Unit::Litre);
    }
    Unit::ALL.iter().copied().find(|unit| unit.symbol().eq_ignore_ascii_case(&lower))
}
