//! `cjt188-vendor-push`: the daily push of NB-IoT water meters with half-hourly usage, identifier 9097.
//!
//! ```text
//!  the frame of CJ/T 188, C = 81, L = AC
//!  90 97 │ SER │ volume 1+4 │ settlement 1+4 │ reverse 1+4 │ remaining 1+4 │ flow rate 1+4
//!  temperature 3 │ pressure and ultrasound 4 │ clock 7 │ ST 2 │ RSSI 2 │ quality 2 │ pushes 2
//!  ICCID 10 │ IMEI 8 │ flag 1 │ push hours 4 │ cut-off hour 1 │ volume at cut-off 4
//!  usage of 47 half hours, latest first, 2 each, litres
//! ```
//! The unit byte stands before the digits. Volumes with unit 2B are thousandths of a cubic metre, which is also what
//! the code means by the standard: hundreds of litres with two decimals.
//!
//! Known from one published example and its table, all of whose fields it fits; pressure was zero there, so those
//! four bytes stay unread. The half hours are usages, not indexes: they are handed on as `manufacturer_data`. Other
//! identifiers are read as CJ/T 188.

use metering::{EventKind, Medium, Quantity, Unit};
use rust_decimal::Decimal;

use super::record;
use crate::bcd::{self, Bcd};
use crate::cjt188;
use crate::{
    Decoded, DeviceTime, Format, Frame, Options, State, Value, Warning, WarningKind, digits, stream,
};

const IDENTIFIER: [u8; 2] = [0x90, 0x97];
const HEAD: usize = 11;
/// The bytes before the half hours.
const FIXED: usize = 78;

/// Reads a buffer.
pub(crate) fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    stream::decode_each(cjt188::FRAMING, bytes, |bytes, offset| {
        let data = bytes.get(HEAD..bytes.len().saturating_sub(2)).unwrap_or_default();
        if data.starts_with(&IDENTIFIER) && data.len() >= FIXED {
            return Ok(one(bytes, data, offset.saturating_add(HEAD)));
        }
        cjt188::one(bytes, offset, options).map(|frame| Frame { format: Format::Cjt188VendorPush, ..frame })
    })
}

fn one(bytes: &[u8], data: &[u8], at: usize) -> Frame {
    let mut frame = Frame::new(Format::Cjt188VendorPush);
    if let Some(envelope) = cjt188::envelope(bytes) {
        frame.device.address = Some(envelope.address.to_smol_str());
        frame.device.medium = envelope.meter_type.medium();
    }
    let mut fields = Fields { frame: &mut frame, data, at, place: 3 };
    for (quantity, storage, subunit) in [
        (Quantity::Volume, 0, 0),
        (Quantity::Volume, 1, 0),
        (Quantity::ReverseVolume, 0, 0),
        (Quantity::Balance, 0, 0),
        (Quantity::VolumeFlow, 0, 0),
    ] {
        fields.amount(quantity, storage, subunit);
    }
    fields.temperature();
    fields.skip(4);
    let time = fields.clock();
    fields.status();
    fields.signed(Quantity::SignalStrength);
    fields.signed(Quantity::SignalQuality);
    fields.signed(Quantity::AccessNumber);
    fields.text(Quantity::Identification, 10, 1);
    fields.text(Quantity::Identification, 8, 0);
    fields.skip(6);
    fields.cut_off();
    frame.manufacturer_data = data.get(FIXED..).map(<[u8]>::to_vec);
    for record in &mut frame.records {
        if record.storage == 0 {
            record.time = time;
        }
    }
    let main = match frame.device.medium {
        Some(medium @ (Medium::Water | Medium::HotWater | Medium::Gas)) => medium.main_register(),
        _ => None,
    };
    if let Some(volume) = frame.records.first_mut() {
        volume.obis = main;
    }
    frame
}

/// The data field, from place to place. Its length was checked: no field is cut.
struct Fields<'a, 'b> {
    frame: &'a mut Frame,
    data: &'b [u8],
    at: usize,
    place: usize,
}

impl<'b> Fields<'_, 'b> {
    fn take(&mut self, len: usize) -> &'b [u8] {
        let from = self.place;
        self.place = from.saturating_add(len);
        self.data.get(from..self.place).unwrap_or_default()
    }

    fn skip(&mut self, len: usize) {
        self.take(len);
    }

    fn warn(&mut self, kind: WarningKind, bytes: &[u8]) {
        let offset = self.at.saturating_add(self.place).saturating_sub(bytes.len());
        self.frame.warnings.push(Warning { kind, offset, bytes: bytes.to_vec() });
    }

    /// Unit 2B, cubic metres with three decimals; 2C with two; 35, cubic metres an hour with four.
    fn amount(&mut self, quantity: Quantity, storage: u64, subunit: u16) {
        let bytes = self.take(5);
        let Some((code, digits)) = bytes.split_first() else { return };
        let (unit, decimals) = match code {
            0x2B => (Some(Unit::CubicMetre), 3),
            0x2C => (Some(Unit::CubicMetre), 2),
            0x35 => (Some(Unit::CubicMetrePerHour), 4),
            _ => (None, 2),
        };
        let unused = *code == 0 && digits == [0; 4];
        let (value, state) = match bcd::read(digits) {
            // What a meter does not have it sends as zeros without a unit.
            Bcd::Absent => (Value::None, State::Absent),
            Bcd::Number(_) if unused => (Value::None, State::Absent),
            Bcd::Number(number) => {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                let state = if unit.is_some() { State::Valid } else { State::Unknown };
                (Value::Number(Decimal::new(number, decimals)), state)
            }
            Bcd::Invalid => {
                self.warn(WarningKind::InvalidDigit, bytes);
                (Value::None, State::Unknown)
            }
        };
        if unit.is_none() && !unused {
            self.warn(WarningKind::UnknownUnit, bytes);
        }
        let mut record = record(quantity, value, unit, subunit);
        (record.state, record.storage) = (state, storage);
        self.frame.records.push(record);
    }

    fn temperature(&mut self) {
        let bytes = self.take(3);
        let value = match bcd::read(bytes) {
            Bcd::Number(number) => Value::Number(Decimal::new(i64::try_from(number).unwrap_or(i64::MAX), 2)),
            Bcd::Absent | Bcd::Invalid => Value::None,
        };
        let mut record = record(Quantity::Temperature, value, Some(Unit::Celsius), 0);
        if record.value == Value::None {
            record.state = State::Absent;
        }
        self.frame.records.push(record);
    }

    fn clock(&mut self) -> Option<DeviceTime> {
        let bytes = self.take(7);
        let time = bytes.first_chunk::<7>().and_then(|bytes| cjt188::civil_time(*bytes));
        if time.is_none() && bytes != [0; 7] && bytes != [0xFF; 7] {
            self.warn(WarningKind::InvalidTime, bytes);
        }
        time.map(DeviceTime::Civil)
    }

    /// The first byte is that of CJ/T 188; of the second, only the empty pipe is known.
    fn status(&mut self) {
        let bytes = self.take(2);
        let &[first, second] = bytes else { return };
        let offset = self.at.saturating_add(self.place).saturating_sub(2);
        let empty = second & 0b10;
        cjt188::read_status([first, second & !empty], offset, self.frame);
        if empty != 0 {
            self.frame.events.push(EventKind::EmptyPipe.into());
        }
        self.frame.records.push(record(Quantity::Status, Value::Text(digits::forward(bytes)), None, 0));
    }

    fn signed(&mut self, quantity: Quantity) {
        if let &[high, low] = self.take(2) {
            let number = i16::from_be_bytes([high, low]);
            self.frame.records.push(record(quantity, Value::Number(number.into()), None, 0));
        }
    }

    /// Digits, high first, without the zero that fills an odd number of them.
    fn text(&mut self, quantity: Quantity, len: usize, subunit: u16) {
        let text = digits::forward(self.take(len));
        let text = if len == 8 { text.strip_prefix('0').unwrap_or(&text).into() } else { text };
        self.frame.records.push(record(quantity, Value::Text(text), None, subunit));
    }

    /// The volume at the last cut-off, whose day the push doesn't tell: storage 2.
    fn cut_off(&mut self) {
        if let Bcd::Number(number) = bcd::read(self.take(4)) {
            let value = Value::Number(Decimal::new(i64::try_from(number).unwrap_or(i64::MAX), 3));
            let mut record = record(Quantity::Volume, value, Some(Unit::CubicMetre), 0);
            record.storage = 2;
            self.frame.records.push(record);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A push of 12.345 m³, written by the table above.
    fn whole() -> Vec<u8> {
        let mut data = hex::decode(
            "909700 2B45230100 2B00100100 2B00000000 0000000000 3500000000 501200 00000000 59582331102620 0402 \
             FFA6 0014 0007 89860102030405060708 0861234567890123 01 04FFFFFF 00 40230100"
                .replace(' ', ""),
        )
        .unwrap();
        assert_eq!(data.len(), FIXED);
        data.extend([0_u8; 94]);
        let mut frame = vec![0x68, 0x10, 0x04, 0, 0, 0, 0x26, 0x10, 0x20, 0x81, 0xAC];
        frame.extend(data);
        frame.push(frame.iter().fold(0, |sum, byte| sum.wrapping_add(*byte)));
        frame.push(0x16);
        frame
    }

    #[test]
    fn a_push_is_read() {
        let frame = decode(&whole(), &Options::default()).into_results().remove(0).unwrap();
        let shown: Vec<_> = frame
            .records
            .iter()
            .map(|r| format!("{} {:?} {}", r.register(), r.value.number(), r.state.name()))
            .collect();
        assert_eq!(shown[0], "8-0:1.0.0 Some(12.345) valid");
        assert_eq!(shown[1], "x:volume.instantaneous.0.0.1 Some(11.000) valid");
        assert_eq!(shown[3], "x:balance.instantaneous.0.0.0 None absent");
        assert_eq!(shown[5], "x:temperature.instantaneous.0.0.0 Some(12.50) valid");
        assert_eq!(shown.last().unwrap(), "x:volume.instantaneous.0.0.2 Some(12.340) valid");
        assert_eq!(frame.records[0].time.unwrap().to_string(), "2026-10-31T23:58:59");
        let events: Vec<_> = frame.events.iter().map(|event| event.kind).collect();
        assert_eq!(events, [EventKind::BatteryLow, EventKind::EmptyPipe]);
        assert_eq!(frame.manufacturer_data.map(|bytes| bytes.len()), Some(94));
        assert_eq!(frame.warnings, []);
    }

    #[test]
    fn no_truncation_is_a_frame() {
        let whole = whole();
        for end in 0..whole.len() {
            assert!(matches!(decode(&whole[..end], &Options::default()), Decoded::One(Err(_))), "{end}");
        }
    }
}
