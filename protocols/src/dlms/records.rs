//! The values of a list as records.

use jiff::civil::DateTime;
use metering::{EventKind, Function, Medium, Quantity, Unit};
use rust_decimal::Decimal;

use super::data::Data;
use super::list::{self, Item};
use super::models;
use crate::cbor::scaled;
use crate::{DeviceTime, Format, Frame, Record, State, Value, Warning, WarningKind, naming, senml, time};

/// The frame of a notification: its list, and when the meter says that it sent it.
pub(super) fn frame(data: &Data<'_>, sent: Option<&[u8]>) -> Frame {
    let mut frame = Frame::new(Format::DlmsPush);
    frame.device.medium = Some(Medium::Electricity);
    let name = list::name(data);
    let mut items = list::items(data);
    if let (true, Data::List(values)) = (items.is_empty(), data) {
        items = models::by_position(name, values);
    }
    if items.is_empty() {
        frame.warnings.push(Warning { kind: WarningKind::UnknownIdentifier, offset: 0, bytes: Vec::new() });
    }
    for item in &items {
        put(&mut frame, item, name);
    }
    let clock = frame.records.iter().find_map(|record| record.time).or_else(|| sent.and_then(date_time));
    for record in &mut frame.records {
        record.time = record.time.or(clock);
    }
    frame
}

/// A system title begins with the maker's three letters.
pub(super) fn name_by_title(frame: &mut Frame, title: [u8; 8]) {
    let [a, b, c, ..] = title;
    let letters = [a, b, c];
    if frame.device.manufacturer.is_none() && letters.iter().all(u8::is_ascii_alphabetic) {
        frame.device.manufacturer = std::str::from_utf8(&letters).ok().map(Into::into);
    }
}

fn put(frame: &mut Frame, item: &Item<'_, '_>, name: Option<&str>) {
    let scaler = item.scaler.or_else(|| models::scaler(name, item.obis));
    let unit = scaler.and_then(|(_, code)| unit(code));
    if let Some((_, code)) = scaler.filter(|(_, code)| unit.is_none() && *code != NO_UNIT) {
        frame.warnings.push(Warning { kind: WarningKind::UnknownUnit, offset: 0, bytes: vec![code] });
    }
    let (quantity, canonical, function) = naming::measures(item.obis).unwrap_or_else(|| {
        let by_unit = unit.and_then(|unit| senml::quantity(unit.symbol()));
        (by_unit.unwrap_or(Quantity::Unknown), None, Function::Instantaneous)
    });
    let mut record = Record {
        quantity,
        value: Value::None,
        // A count and a ratio have no unit on the wire and need none.
        unit: unit.or(canonical.filter(|unit| *unit == Unit::One)),
        state: State::Valid,
        obis: Some(item.obis),
        function,
        storage: naming::storage(item.obis),
        tariff: naming::tariff(item.obis),
        subunit: 0,
        time: None,
        precision: None,
    };
    match item.value {
        Data::Null => record.state = State::Absent,
        Data::Integer(number, _) => {
            number_into(&mut record, scaled(*number, exponent(scaler)), scaler.is_some());
        }
        Data::Float(number, precision) => {
            record.precision = Some(*precision);
            let number = number.and_then(|number| number.checked_mul(scaled(1, exponent(scaler))?));
            number_into(&mut record, number, scaler.is_some());
        }
        Data::Enum(code) => record.value = Value::Number(Decimal::from(*code)),
        Data::Bool(is_on) => {
            record.value = Value::Number(Decimal::from(u8::from(*is_on)));
            if !is_on && quantity == Quantity::Status {
                frame.events.push(EventKind::RelayOpen.into());
            }
        }
        Data::Octets(octets)
            if quantity == Quantity::Time || octets.len() == 12 && date_time(octets).is_some() =>
        {
            record.time = date_time(octets);
            record.state = if record.time.is_some() { State::Valid } else { State::Absent };
        }
        Data::Octets(octets) => record.value = Value::Text(printed(octets).into()),
        Data::Text(text) => record.value = Value::Text((*text).into()),
        Data::List(_) | Data::Other => {
            let bytes = item.obis.to_string().into_bytes();
            frame.warnings.push(Warning { kind: WarningKind::UnknownIdentifier, offset: 0, bytes });
            return;
        }
    }
    identify(frame, &record);
    frame.records.push(record);
}

/// No unit: a count or a text.
const NO_UNIT: u8 = 255;

fn exponent(scaler: Option<(i8, u8)>) -> i128 {
    scaler.map_or(0, |(power, _)| i128::from(power))
}

/// A count whose scaler nobody tells is a number, but not a usable one.
fn number_into(record: &mut Record, number: Option<Decimal>, is_scaled: bool) {
    match number {
        Some(number) => {
            record.value = Value::Number(number);
            let needs_unit = naming::unit(record.quantity).is_some_and(|unit| unit != Unit::One);
            if !is_scaled && needs_unit {
                record.state = State::Unknown;
            }
        }
        None => record.state = State::Error,
    }
}

/// Who the meter is: its serial number (0-0:96.1.0, in Kamstrup's lists 1-1:0.0.5), else its logical device name.
fn identify(frame: &mut Frame, record: &Record) {
    let (Some(obis), Value::Text(text)) = (record.obis, &record.value) else { return };
    let is_serial = matches!((obis.a, obis.c, obis.d, obis.e), (0, 96, 1, 0 | 1) | (1, 0, 0, 5));
    let is_name = (obis.a, obis.c, obis.d) == (0, 42, 0);
    if is_serial || is_name && frame.device.address.is_none() {
        frame.device.address = Some(text.clone());
    }
    if is_name && text.bytes().take(3).all(|byte| byte.is_ascii_alphabetic()) {
        frame.device.manufacturer = text.get(..3).map(Into::into);
    }
}

/// Text where the octets are one (a padding of zeros taken off), hex where they are not.
fn printed(octets: &[u8]) -> String {
    let trimmed =
        octets.iter().rposition(|byte| *byte != 0).and_then(|last| octets.get(..=last)).unwrap_or_default();
    let is_text = trimmed.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    match std::str::from_utf8(trimmed) {
        Ok(text) if is_text => text.to_owned(),
        _ => hex::encode_upper(octets),
    }
}

/// IEC 62056-6-2 clause 4.1.6.1: year (2), month, day, day of week, hour, minute, second, hundredths, deviation
/// (2: minutes from local time to UTC), clock status. FF and a deviation of 8000 are "not said".
fn date_time(octets: &[u8]) -> Option<DeviceTime> {
    let [y1, y0, month, day, _, hour, minute, second, _, d1, d0, _] = octets else { return None };
    let narrow = |byte: u8| i8::try_from(byte).ok();
    let second = if *second == 0xFF { 0 } else { narrow(*second)? };
    let year = i16::from_be_bytes([*y1, *y0]);
    let civil =
        DateTime::new(year, narrow(*month)?, narrow(*day)?, narrow(*hour)?, narrow(*minute)?, second, 0)
            .ok()?;
    match i16::from_be_bytes([*d1, *d0]) {
        i16::MIN => Some(DeviceTime::Civil(civil)),
        deviation if (-720..=720).contains(&deviation) => {
            time::with_offset(civil, i32::from(deviation).checked_neg()?)
        }
        _ => Some(DeviceTime::Civil(civil)),
    }
}

/// The unit codes of IEC 62056-6-2 table 4 that have a unit of ours.
fn unit(code: u8) -> Option<Unit> {
    Some(match code {
        4 => Unit::Day,
        5 => Unit::Hour,
        6 => Unit::Minute,
        7 => Unit::Second,
        8 => Unit::Degree,
        9 => Unit::Celsius,
        13 | 14 => Unit::CubicMetre,
        15 | 16 => Unit::CubicMetrePerHour,
        19 => Unit::Litre,
        20 => Unit::Kilogram,
        24 => Unit::Bar,
        25 => Unit::Joule,
        26 => Unit::JoulePerHour,
        27 => Unit::Watt,
        28 => Unit::VoltAmpere,
        29 => Unit::Var,
        30 => Unit::WattHour,
        31 => Unit::VoltAmpereHour,
        32 => Unit::VarHour,
        33 => Unit::Ampere,
        35 => Unit::Volt,
        44 => Unit::Hertz,
        52 => Unit::Kelvin,
        56 => Unit::Percent,
        _ => return None,
    })
}
