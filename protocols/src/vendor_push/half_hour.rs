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
//! Known from one published example and its table, all of whose fields it fits. The half hours are usages, not
//! indexes: they are handed on as `manufacturer_data`. Other identifiers are read as CJ/T 188.
//!
//! Deliberately absent: pressure and ultrasound, which were zero in the example: their four bytes stay unread.

use metering::{EventKind, Medium, Quantity, Unit};
use rust_decimal::Decimal;

use super::record;
use crate::anatomy::Field;
use crate::bcd::{self, Bcd};
use crate::cjt188;
use crate::{
    Decoded, DeviceTime, Format, Frame, Options, Record, State, Value, Warning, WarningKind, digits, stream,
};

const IDENTIFIER: [u8; 2] = [0x90, 0x97];
/// Bytes before the data.
pub(super) const HEAD: usize = 11;

/// Reads a buffer.
pub(crate) fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    stream::decode_each(cjt188::FRAMING, bytes, |bytes, offset| {
        let data = bytes.get(HEAD..bytes.len().saturating_sub(2)).unwrap_or_default();
        if let Some(fields) = fields(data) {
            return Ok(one(bytes, data, fields, offset.saturating_add(HEAD)));
        }
        cjt188::one(bytes, offset, options).map(|frame| Frame { format: Format::Cjt188VendorPush, ..frame })
    })
}

/// A field of the data.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    /// DI.
    Identifier,
    /// SER.
    Sequence,
    /// A unit byte and eight digits, low byte first, at so many settlement days back.
    Amount(Quantity, u64),
    /// Six digits, low byte first, hundredths of a degree.
    Temperature,
    /// So many bytes whose meaning or unit no source tells.
    Unread(usize),
    /// The clock of CJ/T 188.
    Clock,
    /// ST.
    Status,
    /// Two bytes with a sign, high first.
    Signed(Quantity),
    /// So many bytes of digits, high first; the subunit tells equal quantities apart.
    Text(usize, u16),
    /// Eight digits, low byte first, thousandths of a cubic metre: the volume at a cut-off whose day is not told.
    CutOff,
}

impl Item {
    /// Its bytes.
    pub(super) const fn len(self) -> usize {
        match self {
            Self::Sequence => 1,
            Self::Identifier | Self::Status | Self::Signed(_) => 2,
            Self::Temperature => 3,
            Self::CutOff => 4,
            Self::Amount(..) => 5,
            Self::Clock => 7,
            Self::Unread(len) | Self::Text(len, _) => len,
        }
    }

    /// What it is in an anatomy; `None` for a record.
    pub(super) const fn part(self) -> Option<Field> {
        match self {
            Self::Identifier => Some(Field::Identifier),
            Self::Sequence => Some(Field::Sequence),
            Self::Unread(_) => Some(Field::Unknown),
            Self::Clock => Some(Field::Clock),
            Self::Amount(..)
            | Self::Temperature
            | Self::Status
            | Self::Signed(_)
            | Self::Text(..)
            | Self::CutOff => None,
        }
    }
}

/// The fields before the half hours.
const LAYOUT: &[Item] = &[
    Item::Identifier,
    Item::Sequence,
    Item::Amount(Quantity::Volume, 0),
    Item::Amount(Quantity::Volume, 1),
    Item::Amount(Quantity::ReverseVolume, 0),
    Item::Amount(Quantity::Balance, 0),
    Item::Amount(Quantity::VolumeFlow, 0),
    Item::Temperature,
    Item::Unread(4),
    Item::Clock,
    Item::Status,
    Item::Signed(Quantity::SignalStrength),
    Item::Signed(Quantity::SignalQuality),
    Item::Signed(Quantity::AccessNumber),
    Item::Text(10, 1),
    Item::Text(8, 0),
    Item::Unread(6),
    Item::CutOff,
];

/// Bytes of [`LAYOUT`].
const FIXED: usize = 78;

/// The fields of a frame's data. `None` where another identifier stands there, or the data are too short.
pub(super) fn fields(data: &[u8]) -> Option<&'static [Item]> {
    (data.starts_with(&IDENTIFIER) && data.len() >= FIXED).then_some(LAYOUT)
}

fn one(bytes: &[u8], data: &[u8], fields: &[Item], at: usize) -> Frame {
    let mut frame = Frame::new(Format::Cjt188VendorPush);
    if let Some(envelope) = cjt188::envelope(bytes) {
        frame.device.address = Some(envelope.address.to_smol_str());
        frame.device.medium = envelope.meter_type.medium();
    }
    let (mut time, mut rest, mut at) = (None, data, at);
    for item in fields {
        let Some((bytes, behind)) = rest.split_at_checked(item.len()) else { break };
        let mut field = FieldAt { frame: &mut frame, bytes, at };
        match *item {
            Item::Identifier | Item::Sequence | Item::Unread(_) => {}
            Item::Amount(quantity, storage) => field.amount(quantity, storage),
            Item::Temperature => field.number(Quantity::Temperature, 2, Unit::Celsius, 0),
            Item::Clock => time = field.clock(),
            Item::Status => field.status(),
            Item::Signed(quantity) => field.signed(quantity),
            Item::Text(_, subunit) => field.text(subunit),
            Item::CutOff => field.number(Quantity::Volume, 3, Unit::CubicMetre, 2),
        }
        (rest, at) = (behind, at.saturating_add(bytes.len()));
    }
    frame.manufacturer_data = Some(rest.to_vec());
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

/// A field where it stands.
struct FieldAt<'a, 'b> {
    frame: &'a mut Frame,
    bytes: &'b [u8],
    at: usize,
}

impl FieldAt<'_, '_> {
    fn warn(&mut self, kind: WarningKind) {
        self.frame.warnings.push(Warning { kind, offset: self.at, bytes: self.bytes.to_vec() });
    }

    /// The digits of the field, without its unit.
    fn digits(&mut self, digits: &[u8], decimals: u32) -> (Value, State) {
        match bcd::read(digits) {
            Bcd::Absent => (Value::None, State::Absent),
            Bcd::Number(number) => {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                (Value::Number(Decimal::new(number, decimals)), State::Valid)
            }
            Bcd::Invalid => {
                self.warn(WarningKind::InvalidDigit);
                (Value::None, State::Unknown)
            }
        }
    }

    fn put(&mut self, quantity: Quantity, (value, state): (Value, State), unit: Option<Unit>, storage: u64) {
        self.frame.records.push(Record { state, storage, ..record(quantity, value, unit, 0) });
    }

    /// Unit 2B, cubic metres with three decimals; 2C with two; 35, cubic metres an hour with four.
    fn amount(&mut self, quantity: Quantity, storage: u64) {
        let Some((code, digits)) = self.bytes.split_first() else { return };
        let (unit, decimals) = match code {
            0x2B => (Some(Unit::CubicMetre), 3),
            0x2C => (Some(Unit::CubicMetre), 2),
            0x35 => (Some(Unit::CubicMetrePerHour), 4),
            _ => (None, 2),
        };
        // What a meter does not have it sends as zeros without a unit.
        if self.bytes == [0; 5] {
            return self.put(quantity, (Value::None, State::Absent), None, storage);
        }
        let (value, state) = self.digits(digits, decimals);
        if unit.is_some() {
            return self.put(quantity, (value, state), unit, storage);
        }
        self.warn(WarningKind::UnknownUnit);
        let state = if state == State::Valid { State::Unknown } else { state };
        self.put(quantity, (value, state), None, storage);
    }

    fn number(&mut self, quantity: Quantity, decimals: u32, unit: Unit, storage: u64) {
        let reading = self.digits(self.bytes, decimals);
        self.put(quantity, reading, Some(unit), storage);
    }

    fn clock(&mut self) -> Option<DeviceTime> {
        let time = self.bytes.first_chunk::<7>().and_then(|bytes| cjt188::civil_time(*bytes));
        if time.is_none() && self.bytes != [0; 7] && self.bytes != [0xFF; 7] {
            self.warn(WarningKind::InvalidTime);
        }
        time.map(DeviceTime::Civil)
    }

    /// The first byte is that of CJ/T 188; of the second, only the empty pipe is known.
    fn status(&mut self) {
        let &[first, second] = self.bytes else { return };
        let empty = second & 0b10;
        cjt188::read_status([first, second & !empty], self.at, self.frame);
        if empty != 0 {
            self.frame.events.push(EventKind::EmptyPipe.into());
        }
        let value = Value::Text(digits::forward(self.bytes));
        self.put(Quantity::Status, (value, State::Valid), None, 0);
    }

    fn signed(&mut self, quantity: Quantity) {
        if let &[high, low] = self.bytes {
            let number = i16::from_be_bytes([high, low]);
            self.put(quantity, (Value::Number(number.into()), State::Valid), None, 0);
        }
    }

    /// Digits without the zero that fills an odd number of them.
    fn text(&mut self, subunit: u16) {
        let text = digits::forward(self.bytes);
        let text = if text.len() == 16 { text.strip_prefix('0').unwrap_or(&text).into() } else { text };
        self.frame.records.push(record(Quantity::Identification, Value::Text(text), None, subunit));
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
