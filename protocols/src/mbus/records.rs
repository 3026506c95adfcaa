//! The records of an answer: one data information block, one value information block, one value after another.
//!
//! ```text
//! EN 13757-3, 6; the maker's data 6.5
//!
//! (DIB VIB data)* | 2F filler | 0F the maker's data, to the end | 1F the same, and more telegrams follow
//! ```
//!
//! A record whose value cannot be used stays, with its state, and does not hurt its neighbours. A record that runs
//! past the end of the frame makes the layout of all of them doubtful: [`read`] says so, and the caller decides
//! (the wired frame is refused, of a radio telegram the tail may be lost).
//!
//! **Time.** A date-and-time record gives its time to the values of its storage number. A date alone does so for
//! storage 1 and up (a due date); for the values of now it would make one reading a day of many.
//!
//! Deliberately absent: a time that stands in another telegram of the same readout. Each telegram is a frame.

use metering::{Function, Medium, Quantity};

use super::cursor::Cursor;
use super::dib::Dib;
use super::makers;
use super::obis;
use super::profile;
use super::value::{self, Reading};
use super::vib::{Profile, Variant, Vib};
use super::vif::ValueKind;
use crate::{DecodeError, DeviceTime, ErrorKind, Frame, Record, State, Value, Warning, WarningKind};

/// Records that a frame of the common size has: more make the list grow.
const TYPICAL: usize = 16;

/// Reads records to the end of `body` into `frame`. What was read before an error stays in the frame.
pub(crate) fn read(body: Cursor<'_>, frame: &mut Frame) -> Result<(), DecodeError> {
    let mut cursor = body;
    // A record takes at least two bytes.
    frame.records.reserve(TYPICAL.min(cursor.rest().len() / 2));
    let mut times = TimePoints::default();
    let outcome = walk(&mut cursor, frame, &mut times);
    if times.first.is_some() {
        times.give(&mut frame.records);
    }
    outcome
}

/// The times of storage numbers. Most frames have two, which need no list.
#[derive(Default)]
struct TimePoints {
    first: Option<TimePoint>,
    second: Option<TimePoint>,
    more: Vec<TimePoint>,
}

/// The time of a storage number.
struct TimePoint {
    storage: u64,
    function: Function,
    time: DeviceTime,
}

fn walk(cursor: &mut Cursor<'_>, frame: &mut Frame, times: &mut TimePoints) -> Result<(), DecodeError> {
    loop {
        let start = *cursor;
        let Some(dif) = cursor.byte() else {
            return Ok(());
        };
        if dif & 0x0F != 0x0F {
            record(dif, cursor, frame, times)?;
            continue;
        }
        match dif {
            0x2F => {}
            0x0F | 0x1F => {
                let rest = cursor.rest();
                *cursor = Cursor::new(&[], cursor.offset().saturating_add(rest.len()));
                if !rest.is_empty() {
                    frame.manufacturer_data = Some(rest.to_vec());
                }
                if dif == 0x1F {
                    warn(frame, WarningKind::MoreFollows, start, 1);
                }
                return Ok(());
            }
            _ => {
                warn(frame, WarningKind::UnknownDif, start, start.rest().len());
                return Ok(());
            }
        }
    }
}

fn record(
    dif: u8,
    cursor: &mut Cursor<'_>,
    frame: &mut Frame,
    times: &mut TimePoints,
) -> Result<(), DecodeError> {
    let dib = Dib::read(dif, cursor)?;
    let block = *cursor;
    let mut vib = Vib::read(cursor)?;
    if vib.maker != [0; 2] || dib.subunit != 0 {
        makers::refine(frame.device.manufacturer.as_deref(), &dib, &mut vib);
    }
    if vib.unknown {
        let length = cursor.offset().saturating_sub(block.offset());
        warn(frame, WarningKind::UnknownVif, block, length);
    }
    if vib.profile != Profile::None && dib.coding == 0x0D {
        return profile::read(&dib, &vib, cursor, frame);
    }
    let at = *cursor;
    let data = value::take(dib.coding, cursor)?;
    let medium = frame.device.medium;
    frame.records.push(Record::BLANK);
    let Some(record) = frame.records.last_mut() else { return Ok(()) };
    match value::plain_number(dib.coding, &vib, data) {
        Some(number) => (record.value, record.state) = (Value::Number(number), State::Valid),
        None => tell(record, value::read(&data, dib.coding, &vib)),
    }
    let (time, state) = (record.time, record.state);
    name(record, &dib, &vib, medium);
    if state == State::Valid {
        if let (Some(time), ValueKind::Time, Variant::Plain) = (time, vib.kind, vib.variant)
            && matches!(vib.quantity, Quantity::Date | Quantity::Time)
            && dib.subunit == 0
            && (dib.storage > 0 || matches!(time, DeviceTime::Civil(_)))
        {
            times.push(TimePoint { storage: dib.storage, function: dib.function, time });
        }
        return Ok(());
    }
    let length = cursor.offset().saturating_sub(at.offset());
    match (state, vib.kind) {
        (State::Unknown, ValueKind::Time) => warn(frame, WarningKind::InvalidTime, at, length),
        (State::Unknown, _) => warn(frame, WarningKind::InvalidValue, at, length),
        // A time marked invalid is well-formed.
        (State::Error, kind) if kind != ValueKind::Time => warn(frame, WarningKind::InvalidDigit, at, length),
        _ => {}
    }
    Ok(())
}

/// The canonical record of what the three parts say.
pub(super) fn assemble(dib: &Dib, vib: &Vib, reading: Reading, medium: Option<Medium>) -> Record {
    let mut record = Record::BLANK;
    tell(&mut record, reading);
    name(&mut record, dib, vib, medium);
    record
}

fn tell(record: &mut Record, reading: Reading) {
    record.value = reading.value;
    record.state = reading.state;
    record.time = reading.time;
    record.precision = reading.precision;
}

/// What the value of the record is a value of.
#[inline]
fn name(record: &mut Record, dib: &Dib, vib: &Vib, medium: Option<Medium>) {
    record.quantity = quantity(vib, record.time, medium);
    if let Some(fault) = vib.fault {
        record.state = fault;
        if fault == State::Absent {
            record.value = Value::None;
        }
    } else if dib.function == Function::Error && record.state == State::Valid {
        // How long an error lasted is a good number; anything else measured meanwhile is not.
        if matches!(record.quantity, Quantity::OnTime | Quantity::OperatingTime) {
            record.quantity = Quantity::ErrorTime;
        } else {
            record.state = State::Error;
        }
    }
    record.unit = if matches!(record.value, Value::Text(_)) { None } else { vib.unit };
    record.obis = obis::code(medium, dib, vib);
    record.function = dib.function;
    record.storage = dib.storage;
    record.tariff = dib.tariff;
    record.subunit = dib.subunit;
}

fn quantity(vib: &Vib, time: Option<DeviceTime>, medium: Option<Medium>) -> Quantity {
    match (vib.quantity, time) {
        // The VIF says "a time"; the length of the data says whether it is only a date, or more than one.
        (Quantity::Time, Some(DeviceTime::Date(_))) => Quantity::Date,
        (Quantity::Date, Some(DeviceTime::Civil(_))) => Quantity::Time,
        // What a heat meter counts backwards is cooling.
        (Quantity::EnergyExport, _) if matches!(medium, Some(Medium::Heat | Medium::Cooling)) => {
            Quantity::CoolingEnergy
        }
        (quantity, _) => quantity,
    }
}

impl TimePoints {
    fn push(&mut self, point: TimePoint) {
        if self.first.is_none() {
            self.first = Some(point);
        } else if self.second.is_none() {
            self.second = Some(point);
        } else {
            self.more.push(point);
        }
    }

    #[inline]
    fn of(&self, storage: u64, function: Function) -> Option<&DeviceTime> {
        let fits = |point: &&TimePoint| point.storage == storage && point.function == function;
        let either = self.first.as_ref().filter(fits).or_else(|| self.second.as_ref().filter(fits));
        either.or_else(|| self.more.iter().find(fits)).map(|point| &point.time)
    }

    fn give(&self, records: &mut [Record]) {
        for record in records.iter_mut().filter(|record| record.time.is_none()) {
            // A maximum has its own time, or that of the period which its storage number closes.
            let time = match (record.function, self.of(record.storage, record.function)) {
                (Function::Instantaneous, time) | (_, time @ Some(_)) => time,
                (_, None) => self.of(record.storage, Function::Instantaneous),
            };
            if let Some(time) = time {
                record.time = Some(*time);
            }
        }
    }
}

/// Notes `length` bytes from `at` as a warning.
pub(super) fn warn(frame: &mut Frame, kind: WarningKind, at: Cursor<'_>, length: usize) {
    let bytes = at.rest().get(..length).unwrap_or(at.rest()).to_vec();
    frame.warnings.push(Warning { kind, offset: at.offset(), bytes });
}

/// A record cut off by the end, as a warning: for telegrams whose tail may have been lost on the way.
pub(crate) fn tolerate(
    outcome: Result<(), DecodeError>,
    body: Cursor<'_>,
    frame: &mut Frame,
) -> Result<(), DecodeError> {
    match outcome {
        Err(error) if error.kind == ErrorKind::Structure && !frame.records.is_empty() => {
            let from = error.offset.saturating_sub(body.offset()).min(body.rest().len());
            let bytes = body.rest().get(from..).unwrap_or_default().to_vec();
            frame.warnings.push(Warning { kind: WarningKind::IncompleteRecord, offset: error.offset, bytes });
            Ok(())
        }
        other => other,
    }
}
