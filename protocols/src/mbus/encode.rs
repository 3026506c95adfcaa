//! What a master asks, and what a (simulated) meter answers.
//!
//! [`response`] writes canonical records as an answer with a long header. It chooses the coarsest VIF that holds
//! the number exactly, and then reads its own bytes: what would not come back as it was given is refused, so
//! `decode(response(x)) = x` holds for all that it accepts.
//!
//! Deliberately absent: floats, plain-text units, compact profiles and VIFE beyond direction and phase, none of
//! which a simulated meter needs; fixed data; parameters for meters.

use std::fmt;

use metering::{Function, Quantity};
use rust_decimal::Decimal;

use super::cursor::Cursor;
use super::dib::Dib;
use super::header::{Identity, Status, medium};
use super::link;
use super::secondary::{SELECTED, Selection};
use super::vif::{Meaning, PRIMARY, ValueKind};
use super::{records, time, vif_fb, vif_fd};
use crate::{DeviceTime, Format, Frame, Record, State, Value};

/// SND_NKE: the link begins anew, the frame count bit with it. Answered with E5.
pub fn reset(address: u8) -> [u8; 5] {
    link::write_short(0x40, address)
}

/// REQ_UD2: user data, please.
pub fn request(address: u8, frame_count: FrameCount) -> [u8; 5] {
    link::write_short(0x5B | frame_count.bit(), address)
}

/// SND_UD with CI 52: the meters that fit listen to address FD from now on, and answer E5.
pub fn select(selection: &Selection, frame_count: FrameCount) -> Option<Vec<u8>> {
    link::write_long(0x53 | frame_count.bit(), SELECTED, 0x52, &selection.to_bytes())
}

/// The single character of acknowledgement.
pub const ACKNOWLEDGEMENT: [u8; 1] = [0xE5];

/// The frame count bit of a link: toggled with each answer that came whole, so that a repeated request is
/// answered with the same telegram and a toggled one with the next.
///
/// ```
/// use protocols::mbus::encode::{FrameCount, request};
/// let first = FrameCount::AFTER_RESET;
/// assert_eq!(request(1, first)[1], 0x7B);
/// assert_eq!(request(1, first.next())[1], 0x5B);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameCount(bool);

impl FrameCount {
    /// The first request after SND_NKE has the bit set.
    pub const AFTER_RESET: Self = Self(true);

    /// For the request after an answer that came whole.
    pub const fn next(self) -> Self {
        Self(!self.0)
    }

    /// FCV is always set in C = 53, 5A, 5B; this is FCB.
    const fn bit(self) -> u8 {
        if self.0 { 0x20 } else { 0 }
    }
}

/// Why records can't be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// The record of this index has no form here that would read back the same.
    Record(usize),
    /// More records than a frame of 255 bytes holds.
    TooLong,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(index) => write!(f, "record {index} has no form that would read back the same"),
            Self::TooLong => f.write_str("more records than a frame of 255 bytes holds"),
        }
    }
}

impl std::error::Error for EncodeError {}

/// RSP_UD with a long header (CI 72). `more` says that another telegram follows (DIF 1F).
pub fn response(
    address: u8,
    identity: Identity,
    status: Status,
    records: &[Record],
    more: bool,
) -> Result<Vec<u8>, EncodeError> {
    let mut data = Vec::with_capacity(246);
    data.extend_from_slice(&identity.to_bytes());
    data.extend_from_slice(&status.to_bytes());
    data.extend_from_slice(&body(identity.medium, records)?);
    if more {
        data.push(0x1F);
    }
    link::write_long(0x08, address, 0x72, &data).ok_or(EncodeError::TooLong)
}

/// The records alone, for a meter of the device type `device_type`.
pub fn body(device_type: u8, records: &[Record]) -> Result<Vec<u8>, EncodeError> {
    let mut body = Vec::new();
    for (index, record) in records.iter().enumerate() {
        write(record, &mut body).ok_or(EncodeError::Record(index))?;
    }
    let mut read = Frame::new(Format::Mbus);
    read.device.medium = Some(medium(device_type));
    let whole = records::read(Cursor::new(&body, 0), &mut read);
    let pairs = read.records.iter().zip(records);
    let differs = pairs.enumerate().find(|(_, (read, given))| read != given).map(|(index, _)| index);
    match differs {
        Some(index) => Err(EncodeError::Record(index)),
        None if whole.is_err() || read.records.len() != records.len() => Err(EncodeError::Record(0)),
        None => Ok(body),
    }
}

fn write(record: &Record, out: &mut Vec<u8>) -> Option<()> {
    match (&record.value, record.time) {
        (Value::None, Some(DeviceTime::Date(date))) if record.quantity == Quantity::Date => {
            block(record, 0x02, &[0x6C], &time::encode_date(date)?, out)
        }
        (Value::None, Some(DeviceTime::Civil(civil))) if record.quantity == Quantity::Time => {
            match time::encode_minutes(civil) {
                Some(minutes) => block(record, 0x04, &[0x6D], &minutes, out),
                None => block(record, 0x06, &[0x6D], &time::encode_seconds(civil)?, out),
            }
        }
        (Value::Number(number), _) => {
            let (vif, exponent) = field(record, Some(*number))?;
            let mantissa = mantissa(*number, exponent)?;
            match i32::try_from(mantissa) {
                Ok(small) if small != i32::MIN && small != -1 => {
                    block(record, 0x04, &vif, &small.to_le_bytes(), out)
                }
                _ => block(record, 0x07, &vif, &mantissa.to_le_bytes(), out),
            }
        }
        (Value::Text(text), _) => {
            let (vif, _) = field(record, None)?;
            match bcd(text) {
                Some(digits) => block(record, 0x0C, &vif, &digits, out),
                None => block(record, 0x0D, &vif, &variable(text)?, out),
            }
        }
        (Value::None, _) => {
            let (vif, _) = field(record, None)?;
            // BCD has a "none" and an "error" whatever the VIF says.
            let digit = match record.state {
                State::Absent => 0xFF,
                State::Error => 0xEE,
                State::Valid | State::Unknown => return None,
            };
            block(record, 0x0C, &vif, &[digit; 4], out)
        }
    }
}

fn block(record: &Record, coding: u8, vif: &[u8], data: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let Record { function, storage, tariff, subunit, .. } = *record;
    let function = if record.quantity == Quantity::ErrorTime { Function::Error } else { function };
    Dib { coding, function, storage, tariff, subunit }.write(out)?;
    out.extend_from_slice(vif);
    out.extend_from_slice(data);
    Some(())
}

/// The value information block of a record, and its power of ten: the coarsest one that holds `number` exactly.
fn field(record: &Record, number: Option<Decimal>) -> Option<(Vec<u8>, i16)> {
    let (quantity, backward) = match record.quantity {
        Quantity::EnergyExport | Quantity::CoolingEnergy => (Quantity::Energy, true),
        Quantity::PowerExport => (Quantity::Power, true),
        Quantity::ReactiveEnergyExport => (Quantity::ReactiveEnergy, true),
        Quantity::ReverseVolume => (Quantity::Volume, true),
        Quantity::ErrorTime => (Quantity::OnTime, false),
        quantity => (quantity, false),
    };
    let scale = number.map_or(0, |number| i16::try_from(number.normalize().scale()).unwrap_or(0));
    let holds = |meaning: &Meaning| {
        meaning.quantity == quantity
            && meaning.kind != ValueKind::Unknown
            && (meaning.unit == record.unit || matches!(record.value, Value::Text(_)))
            && (number.is_none() || i16::from(meaning.exponent) <= scale.wrapping_neg())
    };
    let tables = [(None, &PRIMARY), (Some(0xFB), &vif_fb::TABLE), (Some(0xFD), &vif_fd::TABLE)];
    let rows =
        tables.into_iter().flat_map(|(prefix, table)| (0_u8..).zip(table).map(move |row| (prefix, row)));
    let (prefix, (code, meaning)) =
        rows.filter(|(_, (_, meaning))| holds(meaning)).max_by_key(|(_, (_, meaning))| meaning.exponent)?;
    let phase = record.obis.filter(|obis| obis.a == 1 && matches!(obis.c, 21..=80)).map(|obis| obis.c / 20);
    let mut vif: Vec<u8> = prefix.into_iter().collect();
    vif.push(if backward || phase.is_some() { code | 0x80 } else { code });
    match phase {
        Some(phase) => vif.extend_from_slice(&[0xFC, phase]),
        None if backward => vif.push(0x3C),
        None => {}
    }
    Some((vif, i16::from(meaning.exponent)))
}

/// `number / 10^exponent`, where that is an integer of 64 bits.
fn mantissa(number: Decimal, exponent: i16) -> Option<i64> {
    let number = number.normalize();
    let up = i32::try_from(number.scale()).ok()?.checked_add(i32::from(exponent))?;
    let factor = 10_i128.checked_pow(u32::try_from(up.checked_neg()?).ok()?)?;
    i64::try_from(number.mantissa().checked_mul(factor)?).ok()
}

/// Eight digits, low byte first.
fn bcd(text: &str) -> Option<[u8; 4]> {
    let mut digits = [0; 4];
    if text.len() != 8 || !text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    u32::from_str_radix(text, 16).ok()?.to_le_bytes().into_iter().zip(&mut digits).for_each(|(b, d)| *d = b);
    Some(digits)
}

/// LVAR and the characters, last one first.
fn variable(text: &str) -> Option<Vec<u8>> {
    let mut bytes: Vec<u8> =
        text.chars().rev().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<_>>()?;
    let length = u8::try_from(bytes.len()).ok().filter(|length| (1..=0xBF).contains(length))?;
    bytes.insert(0, length);
    Some(bytes)
}
