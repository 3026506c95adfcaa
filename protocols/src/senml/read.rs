//! A resolved record as a record of ours.

use jiff::Timestamp;
use metering::{Function, Obis, Quantity, Register};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::entry::{Content, Entry};
use super::measures;
use crate::document::Json;
use crate::envelope::fields;
use crate::lwm2m;
use crate::{DeviceTime, Frame, Options, Record, State, Value, Warning, WarningKind, naming};

/// Section 4.5.3: below this a time is relative to the receipt.
const RELATIVE_BELOW: i64 = 1 << 28;

/// The device and what is measured: two parts of a name.
pub(super) fn split(entry: &Entry) -> (Option<&str>, &str) {
    let name = entry.name.as_str();
    let cut = lwm2m::Path::suffix_start(name).or_else(|| obis_start(name)).unwrap_or_else(|| {
        let (base, rest) = name.split_at_checked(entry.base_bytes).unwrap_or((name, ""));
        match (base.is_empty(), rest.is_empty()) {
            (false, _) => base.len(),
            // Without a base name, the last separator parts the two.
            (true, _) => rest.rfind(['/', ':']).map_or(0, |at| at.saturating_add(1)),
        }
    });
    let (device, measured) = name.split_at_checked(cut).unwrap_or((name, ""));
    let device = device.trim_end_matches(['/', ':']);
    ((!device.is_empty()).then_some(device), measured)
}

/// Where an OBIS code at the end of a name begins: `…:8-0:1.0.0`.
fn obis_start(name: &str) -> Option<usize> {
    let colon = name.rfind(':')?;
    let head = name.get(..colon)?;
    let start = head.rfind([':', '/']).map_or(0, |at| at.saturating_add(1));
    name.get(start..)?.parse::<Obis>().ok().map(|_| start)
}

/// Puts a record into the frame of its device.
pub(super) fn put(frame: &mut Frame, entry: &Entry, measured: &str, options: &Options<'_>) {
    let time = time(frame, entry.time_s, options.received);
    let first = frame.records.len();
    if let Some(content) = &entry.content {
        match (lwm2m::Path::parse(measured), content) {
            (_, Content::Data(data)) if frame.manufacturer_data.is_none() => {
                frame.manufacturer_data = Some(data.clone());
            }
            (Some(path), content) => lwm2m::put(frame, path, content, entry.unit.as_deref()),
            (None, Content::Number(value, precision)) => {
                let record = record(measured, *value, entry.unit.as_deref());
                frame.records.push(Record { precision: *precision, ..record });
            }
            (None, Content::NotANumber) => frame.records.push(not_a_number(measured, entry.unit.as_deref())),
            _ => unknown(frame, entry),
        }
    }
    if let Some(sum) = entry.sum {
        let symbol = entry.unit.as_deref().unwrap_or_default();
        let (quantity, unit) =
            measures::integral(symbol).map_or((Quantity::Unknown, None), |(q, u)| (q, Some(u)));
        let mut record = record(measured, sum, None);
        (record.quantity, record.unit) = (quantity, unit);
        frame.records.push(record);
    }
    for record in frame.records.iter_mut().skip(first).filter(|record| record.time.is_none()) {
        record.time = time;
    }
}

fn record(measured: &str, value: Decimal, symbol: Option<&str>) -> Record {
    let unit = symbol.and_then(measures::unit);
    let mut record = match measured.parse::<Register>() {
        Ok(Register::Obis(obis)) => {
            let (quantity, _, function) =
                naming::measures(obis).unwrap_or((Quantity::Unknown, None, Function::Instantaneous));
            let (tariff, storage) = (naming::tariff(obis), naming::storage(obis));
            Record { quantity, function, obis: Some(obis), tariff, storage, ..plain(value) }
        }
        _ => {
            // A field name with the unit's symbol at its end is a name of the tables: "total" in m3 is total_m3.
            let suffix = symbol.unwrap_or_default().to_ascii_lowercase().replace('/', "");
            let named = fields::record(&format!("{measured}_{suffix}"), &Json::Number("0"), None);
            let quantity = symbol.and_then(measures::quantity).unwrap_or(Quantity::Unknown);
            match named {
                Some(named) => Record { value: Value::Number(value), ..named },
                None => Record { quantity, ..plain(value) },
            }
        }
    };
    record.unit = unit;
    record
}

fn plain(value: Decimal) -> Record {
    Record { unit: None, ..Record::new(Quantity::Unknown, value, metering::Unit::One) }
}

fn unknown(frame: &mut Frame, entry: &Entry) {
    let bytes = match &entry.content {
        Some(Content::Text(text)) => format!("{}={text}", entry.name),
        Some(Content::Bool(value)) => format!("{}={value}", entry.name),
        _ => entry.name.clone(),
    };
    frame.warnings.push(Warning { kind: WarningKind::UnknownField, offset: 0, bytes: bytes.into_bytes() });
}

/// The instant of a record. A relative time without a time of receipt, and a time out of range, is no time.
fn time(frame: &mut Frame, seconds: Decimal, received: Option<Timestamp>) -> Option<DeviceTime> {
    if seconds.is_zero() {
        return received.map(DeviceTime::Instant);
    }
    let nanoseconds = seconds.checked_mul(Decimal::from(1_000_000_000)).and_then(|ns| ns.trunc().to_i128());
    let instant = if seconds < Decimal::from(RELATIVE_BELOW) {
        received
            .and_then(|now| Timestamp::from_nanosecond(now.as_nanosecond().checked_add(nanoseconds?)?).ok())
    } else {
        nanoseconds.and_then(|ns| Timestamp::from_nanosecond(ns).ok())
    };
    if instant.is_none() {
        let bytes = seconds.to_string().into_bytes();
        frame.warnings.push(Warning { kind: WarningKind::InvalidTime, offset: 0, bytes });
    }
    instant.map(DeviceTime::Instant)
}

/// A float that is not finite: a record in error.
fn not_a_number(measured: &str, symbol: Option<&str>) -> Record {
    Record { value: Value::None, state: State::Error, ..record(measured, Decimal::ZERO, symbol) }
}
