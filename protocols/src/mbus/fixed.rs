//! The fixed data structure of meters from before the variable one.
//!
//! ```text
//! EN 1434-3 (later editions of EN 13757-3 have given it up), CI 73 low byte first, 77 high byte first
//!
//! identification 4 BCD | access number | status | medium and units 2 | counter 1, 4 bytes | counter 2, 4 bytes
//!
//! status   7 counters: 0 BCD, 1 binary | 6 counters: 0 of now, 1 of the due date | 5-2 as in the variable header
//! units    byte 1: 7-6 medium, low bits | 5-0 unit of counter 1 ; byte 2: medium, high bits | unit of counter 2
//! ```
//!
//! A maker isn't named. Unit 3E of counter 2 means: as counter 1, of the due date. A counter without a unit (3F) is
//! dimensionless, one whose unit is reserved is of an unknown quantity.
//!
//! Deliberately absent: writing it. A simulated meter answers with variable data.

use metering::{Medium, Quantity, Unit};

use super::cursor::Cursor;
use super::dib::Dib;
use super::header;
use super::hex;
use super::records::assemble;
use super::value::{self, Reading};
use super::vib::{Vib, plain};
use super::vif::{Meaning, ValueKind};
use crate::{DecodeError, ErrorKind, Frame, State, Value, Warning, WarningKind};

/// Reads the structure into `frame`.
pub(super) fn read(
    mut cursor: Cursor<'_>,
    high_byte_first: bool,
    frame: &mut Frame,
) -> Result<(), DecodeError> {
    let mut id: [u8; 4] = cursor.array()?;
    let [access, status] = cursor.array()?;
    let status_at = cursor.offset().saturating_sub(1);
    let units_at = cursor.offset();
    let mut units: [u8; 2] = cursor.array()?;
    let mut counters: [[u8; 4]; 2] = [cursor.array()?, cursor.array()?];
    if !cursor.rest().is_empty() {
        return Err(DecodeError::new(
            ErrorKind::Structure,
            cursor.offset(),
            "bytes behind the second counter",
        ));
    }
    if high_byte_first {
        id.reverse();
        units.reverse();
        for counter in &mut counters {
            counter.reverse();
        }
    }
    let [first, second] = units;
    let medium = medium(first >> 6 | (second >> 6) << 2);
    frame.device.address = Some(hex::reversed(&id));
    frame.device.medium = Some(medium);
    frame.device.access = Some(u32::from(access));
    header::events(status & 0x3C, status_at, frame);
    let of_due_date = status & 0x40 != 0;
    let historic = second & 0x3F == 0x3E;
    let codes = [first & 0x3F, if historic { first } else { second } & 0x3F];
    for (index, (bytes, code)) in counters.iter().zip(codes).enumerate() {
        let meaning = unit(code).unwrap_or_else(|| {
            let warning = Warning { kind: WarningKind::UnknownUnit, offset: units_at, bytes: units.to_vec() };
            frame.warnings.push(warning);
            Meaning::UNKNOWN
        });
        let storage = u64::from(of_due_date || historic && index == 1);
        // The counters' own numbers tell two registers of one quantity apart.
        let same =
            index == 1 && !historic && unit(codes[0]).is_some_and(|first| first.quantity == meaning.quantity);
        let dib = Dib {
            coding: if status & 0x80 == 0 { 0x0C } else { 0x04 },
            function: metering::Function::Instantaneous,
            storage,
            tariff: 0,
            subunit: u16::from(same),
        };
        let vib: Vib = plain(meaning);
        let reading = match meaning.kind {
            ValueKind::Time => clock(code, *bytes),
            _ => value::fixed(dib.coding, &vib, bytes),
        };
        let record = assemble(&dib, &vib, reading, Some(medium));
        frame.records.push(record);
    }
    Ok(())
}

/// Units 00 (h, min, s) and 01 (day, month, year) are handed on as text.
fn clock(code: u8, [_, a, b, c]: [u8; 4]) -> Reading {
    let text =
        if code == 0 { format!("{c:02x}:{b:02x}:{a:02x}") } else { format!("{a:02x}-{b:02x}-{c:02x}") };
    Reading::new(Value::Text(text.into()), State::Valid)
}

const fn medium(code: u8) -> Medium {
    match code {
        2 => Medium::Electricity,
        3 | 10 => Medium::Gas,
        4 | 11 => Medium::Heat,
        6 | 12 => Medium::HotWater,
        7 | 13 => Medium::Water,
        _ => Medium::Other,
    }
}

/// The table of units.
const fn unit(code: u8) -> Option<Meaning> {
    use Quantity as Q;
    let (quantity, unit, exponent) = match code {
        0x02..=0x04 => (Q::Energy, Unit::WattHour, code.wrapping_sub(0x02)),
        0x05..=0x07 => (Q::Energy, Unit::KiloWattHour, code.wrapping_sub(0x05)),
        0x08..=0x0A => (Q::Energy, Unit::MegaWattHour, code.wrapping_sub(0x08)),
        0x0B..=0x0D => (Q::Energy, Unit::KiloJoule, code.wrapping_sub(0x0B)),
        0x0E..=0x10 => (Q::Energy, Unit::MegaJoule, code.wrapping_sub(0x0E)),
        0x11..=0x13 => (Q::Energy, Unit::GigaJoule, code.wrapping_sub(0x11)),
        0x14..=0x16 => (Q::Power, Unit::Watt, code.wrapping_sub(0x14)),
        0x17..=0x19 => (Q::Power, Unit::KiloWatt, code.wrapping_sub(0x17)),
        0x1A..=0x1C => (Q::Power, Unit::MegaWatt, code.wrapping_sub(0x1A)),
        0x1D..=0x1F => (Q::Power, Unit::KiloJoulePerHour, code.wrapping_sub(0x1D)),
        0x20..=0x22 => (Q::Power, Unit::MegaJoulePerHour, code.wrapping_sub(0x20)),
        0x23..=0x25 => (Q::Power, Unit::GigaJoulePerHour, code.wrapping_sub(0x23)),
        0x26..=0x28 => (Q::Volume, Unit::Litre, code.wrapping_sub(0x26)),
        0x29..=0x2B => (Q::Volume, Unit::Litre, code.wrapping_sub(0x29)),
        0x2C..=0x2E => (Q::Volume, Unit::CubicMetre, code.wrapping_sub(0x2C)),
        0x2F..=0x31 => (Q::VolumeFlow, Unit::LitrePerHour, code.wrapping_sub(0x2F)),
        0x32..=0x34 => (Q::VolumeFlow, Unit::LitrePerHour, code.wrapping_sub(0x32)),
        0x35..=0x37 => (Q::VolumeFlow, Unit::CubicMetrePerHour, code.wrapping_sub(0x35)),
        0x38 => (Q::Temperature, Unit::Celsius, 0),
        0x39 => (Q::HeatCostAllocation, Unit::One, 0),
        0x00 | 0x01 => {
            return Some(Meaning { quantity: Q::Time, unit: None, exponent: 0, kind: ValueKind::Time });
        }
        0x3F => (Q::Dimensionless, Unit::One, 0),
        _ => return None,
    };
    // Millilitres, millilitres per hour and thousandths of a degree.
    let thousandths = matches!(code, 0x26..=0x28 | 0x2F..=0x31 | 0x38);
    let exponent = exponent.cast_signed().wrapping_sub(if thousandths { 3 } else { 0 });
    Some(Meaning { quantity, unit: Some(unit), exponent, kind: ValueKind::Signed })
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::Format;

    fn frame(bytes: &[u8; 16], high_byte_first: bool) -> Frame {
        let mut frame = Frame::new(Format::Mbus);
        read(Cursor::new(bytes, 0), high_byte_first, &mut frame).unwrap();
        frame
    }

    /// Water meter 12345678, access number 10: 1 l of now, 135 l of the due date (EN 1434-3's own example).
    const WATER: [u8; 16] = [0x78, 0x56, 0x34, 0x12, 0x0A, 0x00, 0xE9, 0x7E, 0x01, 0, 0, 0, 0x35, 0x01, 0, 0];

    #[test]
    fn the_standards_example() {
        let frame = frame(&WATER, false);
        assert_eq!(frame.device.address.as_deref(), Some("12345678"));
        assert_eq!(frame.device.medium, Some(Medium::Water));
        let read: Vec<_> = frame.records.iter().map(|r| (r.value.number(), r.unit, r.storage)).collect();
        let litres = |n: i64| Some(Decimal::from(n));
        assert_eq!(read, [(litres(1), Some(Unit::Litre), 0), (litres(135), Some(Unit::Litre), 1)]);
    }

    #[test]
    fn high_byte_first_is_the_same() {
        let mut mirrored = WATER;
        mirrored[0..4].reverse();
        mirrored[6..8].reverse();
        mirrored[8..12].reverse();
        mirrored[12..16].reverse();
        assert_eq!(frame(&mirrored, true).records, frame(&WATER, false).records);
    }

    #[test]
    fn a_binary_counter_and_one_without_a_unit() {
        let mut bytes = WATER;
        bytes[5] = 0x80;
        bytes[7] = 0x7F;
        bytes[8] = 0x1F;
        let reserved = [&bytes[..6], &[0xFA], &bytes[7..]].concat().try_into().unwrap();
        let frame_of_reserved = self::frame(&reserved, false);
        assert_eq!(frame_of_reserved.records[0].quantity, Quantity::Unknown);
        assert_eq!(frame_of_reserved.warnings[0].kind, WarningKind::UnknownUnit);
        let frame = frame(&bytes, false);
        let read: Vec<_> = frame.records.iter().map(|r| (r.quantity, r.value.number())).collect();
        let counted = |quantity, n: i64| (quantity, Some(Decimal::from(n)));
        assert_eq!(read, [counted(Quantity::Volume, 31), counted(Quantity::Dimensionless, 0x135)]);
        assert!(frame.warnings.is_empty());
    }
}
