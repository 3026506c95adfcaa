//! `cat1-nb-push`: the report of a CAT-1 (LTE) water meter over raw TCP.
//!
//! ```text
//!  0  68 │ T │ A 7, low byte first │ 03 │ C │ instruction 2 │ reporting type 2 │ m │ data m │ CS │ 16
//!     0    1   2                     9    10  11              13                 15  16
//!
//!  C   97 the meter reports        17 the server acknowledges
//!      84, 81 it answers a command 04, 01 the server commands
//!
//!  data of report 03 (postpaid), high bytes first
//!  16 packet 03 │ 17 maker 2 │ 19 table type 2 │ 21 hardware 2 │ 23 software 2 │ 25 IMEI 8 │ 33 ICCID 10
//!  43 battery mV 2 │ 45 RSSI │ 46 RSRQ │ 47 SNR, signed │ 48 reports 2 │ 50 reports today 2 │ 52 mode 6
//!  58 status 2 │ 60 litres 4 │ 64 litres today 4 │ 68 litres this month 4 │ 72 YY MM DD hh mm ss │ 78 spare
//!
//!  status  bit 1..0 valve: 00 open, 01 closed, 11 abnormal │ 5 battery low │ 6 magnet │ 7 cover open
//!          bit 14 a magnet was there
//! ```
//! CS is the sum of all bytes before it. It begins like CJ/T 188, whose length stands where this has its control
//! code. The meter keeps its radio on until it is acknowledged ([`acknowledgement`]).
//!
//! **Deliberately doesn't** read the other packets (prepaid, heating valve, daily history): no frame of them is
//! known; they are handed on. Table type, mode and the spare bytes are passed over: no source tells their codes.
//! What was used today and this month is a usage, not an index: subunits 1 and 2.

use metering::{EventKind, Medium, Obis, Quantity, Unit};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use smol_str::SmolStr;

use super::record;
use crate::anatomy::Field;
use crate::line_frame::{self, START, TAIL};
use crate::stream::{self, Framing, Front};
use crate::{
    Answer, DecodeError, Decoded, DeviceTime, Format, Frame, Options, Value, Warning, WarningKind, bcd,
    digits,
};

/// Bytes before the data.
pub(super) const HEAD: usize = 16;
const REPORT: u8 = 0x97;

/// A field of a report's data.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    /// Which packet it is.
    Packet,
    /// The maker's number.
    Maker,
    /// So many bytes whose meaning no source tells.
    Unread(usize),
    /// So many bytes of digits; the subunit tells equal quantities apart.
    Text(Quantity, usize, u16),
    /// Fifteen digits and a filling one.
    Imei,
    /// A byte with a sign.
    Signed(Quantity, u16),
    /// A number without a sign.
    Count(Count),
    /// The status word.
    Status,
    /// `YY MM DD hh mm ss`.
    Clock,
}

/// A number of so many bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    quantity: Quantity,
    len: usize,
    decimals: u32,
    unit: Option<Unit>,
    subunit: u16,
}

impl Item {
    /// Its bytes.
    pub(super) const fn len(self) -> usize {
        match self {
            Self::Packet | Self::Signed(..) => 1,
            Self::Maker | Self::Status => 2,
            Self::Imei => 8,
            Self::Clock => 6,
            Self::Unread(len) | Self::Text(_, len, _) | Self::Count(Count { len, .. }) => len,
        }
    }

    /// What it is in an anatomy; `None` for a record.
    pub(super) const fn part(self) -> Option<Field> {
        match self {
            Self::Packet => Some(Field::Identifier),
            Self::Maker => Some(Field::Identity),
            Self::Unread(_) => Some(Field::Unknown),
            Self::Clock => Some(Field::Clock),
            Self::Text(..) | Self::Imei | Self::Signed(..) | Self::Count(_) | Self::Status => None,
        }
    }
}

const fn litres(subunit: u16) -> Item {
    Item::Count(Count { quantity: Quantity::Volume, len: 4, decimals: 0, unit: Some(Unit::Litre), subunit })
}

const fn reports(subunit: u16) -> Item {
    Item::Count(Count { quantity: Quantity::AccessNumber, len: 2, decimals: 0, unit: None, subunit })
}

/// Packet 03.
const POSTPAID: &[Item] = &[
    Item::Packet,
    Item::Maker,
    Item::Unread(2),
    Item::Text(Quantity::Version, 2, 0),
    Item::Text(Quantity::Version, 2, 1),
    Item::Imei,
    Item::Text(Quantity::Identification, 10, 1),
    Item::Count(Count {
        quantity: Quantity::BatteryVoltage,
        len: 2,
        decimals: 3,
        unit: Some(Unit::Volt),
        subunit: 0,
    }),
    Item::Signed(Quantity::SignalStrength, 0),
    Item::Signed(Quantity::SignalQuality, 0),
    Item::Signed(Quantity::SignalQuality, 1),
    reports(0),
    reports(1),
    Item::Unread(6),
    Item::Status,
    litres(0),
    litres(1),
    litres(2),
    Item::Clock,
];

/// Bytes of [`POSTPAID`]; spare ones follow.
const FIXED: usize = 62;

/// The framing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cat1;

impl Framing for Cat1 {
    fn front(&self, bytes: &[u8]) -> Front {
        let plausible = |at: usize, fits: fn(u8) -> bool| bytes.get(at).is_none_or(|byte| fits(*byte));
        if bytes.first() != Some(&START)
            || !plausible(1, |t| matches!(t, 0x10..=0x49))
            || !plausible(9, |device| matches!(device, 0x01 | 0x03))
            || !plausible(10, |control| matches!(control, 0x97 | 0x17 | 0x04 | 0x84 | 0x01 | 0x81))
        {
            return Front::Nothing;
        }
        match bytes.get(HEAD.saturating_sub(1)) {
            Some(length) => line_frame::front(bytes, HEAD, *length),
            None => Front::Partial(HEAD + TAIL),
        }
    }

    fn start(&self) -> Option<u8> {
        Some(START)
    }

    fn shortest(&self) -> usize {
        HEAD
    }
}

/// Reads a buffer.
pub(crate) fn decode(bytes: &[u8], _options: &Options<'_>) -> Decoded {
    stream::decode_each(&Cat1, bytes, one)
}

/// The acknowledgement of a report, which lets the meter sleep. `None` where the frame is no report.
///
/// The meter's own type, address, reporting type and packet are repeated; AF says that no command follows.
pub fn acknowledgement(report: &[u8]) -> Option<Vec<u8>> {
    let (head, data) = report.split_first_chunk::<HEAD>()?;
    let &[start, meter_type, a0, a1, a2, a3, a4, a5, a6, _, REPORT, _, _, r1, r0, _] = head else {
        return None;
    };
    let packet = *data.first()?;
    let head = [start, meter_type, a0, a1, a2, a3, a4, a5, a6, 0x03, 0x17, 0, 0, r1, r0];
    Some(line_frame::build(0, &head, &[packet, 0xAF]))
}

fn one(bytes: &[u8], offset: usize) -> Result<Frame, DecodeError> {
    let cut = || DecodeError::truncated(offset, HEAD, bytes.len());
    let (head, rest) = bytes.split_first_chunk::<HEAD>().ok_or_else(cut)?;
    let (data, _check) = rest.split_last_chunk::<2>().ok_or_else(cut)?;
    let &[_, meter_type, a0, a1, a2, a3, a4, a5, a6, _, control, ..] = head;
    let mut frame = Frame::new(Format::Cat1NbPush);
    frame.device.address = Some(digits::reversed(&[a0, a1, a2, a3, a4, a5, a6]));
    frame.device.medium = crate::cjt188::MeterType(meter_type).medium();
    match control {
        REPORT => report(&mut frame, data, offset.saturating_add(HEAD)),
        // Identifier 2, then 00 for done or an error code.
        0x84 | 0x81 => {
            frame.answer = Some(match data.get(2) {
                Some(0) | None => Answer::Ack,
                Some(code) => Answer::Error(format!("{code:02x}")),
            });
        }
        _ => frame.answer = Some(Answer::Request),
    }
    Ok(frame)
}

/// Reads the fields of report 03, from place to place; the data stand at `at`.
fn report(frame: &mut Frame, data: &[u8], at: usize) {
    let Some(fields) = fields(data) else {
        frame.manufacturer_data = Some(data.to_vec());
        let bytes = data.first().copied().into_iter().collect();
        frame.warnings.push(Warning { kind: WarningKind::UnknownIdentifier, offset: at, bytes });
        return;
    };
    let (mut time, mut rest, mut at) = (None, data, at);
    for item in fields {
        let Some((bytes, behind)) = rest.split_at_checked(item.len()) else { break };
        match item {
            Item::Packet | Item::Unread(_) => {}
            Item::Maker => frame.device.manufacturer = Some(digits::forward(bytes)),
            Item::Text(quantity, _, subunit) => {
                frame.records.push(record(*quantity, Value::Text(digits::forward(bytes)), None, *subunit));
            }
            Item::Imei => {
                frame.records.push(record(Quantity::Identification, Value::Text(imei(bytes)), None, 0));
            }
            Item::Signed(quantity, subunit) => {
                let number = bytes.first().map_or(0, |byte| byte.cast_signed());
                frame.records.push(record(*quantity, Value::Number(number.into()), None, *subunit));
            }
            Item::Count(Count { quantity, decimals, unit, subunit, .. }) => {
                let value = Value::Number(Decimal::new(number(bytes), *decimals));
                frame.records.push(record(*quantity, value, *unit, *subunit));
            }
            Item::Status => {
                frame.records.push(record(Quantity::Status, Value::Text(digits::forward(bytes)), None, 0));
                status(frame, number(bytes), at, bytes);
            }
            Item::Clock => {
                time = clock(bytes);
                if time.is_none() {
                    let bytes = bytes.to_vec();
                    frame.warnings.push(Warning { kind: WarningKind::InvalidTime, offset: at, bytes });
                }
            }
        }
        (rest, at) = (behind, at.saturating_add(bytes.len()));
    }
    let main = obis(frame.device.medium);
    for record in &mut frame.records {
        record.time = time;
        match (record.quantity, record.subunit, &record.value) {
            (Quantity::Volume, 0, _) => record.obis = main,
            (Quantity::AccessNumber, 0, Value::Number(reports)) => frame.device.access = reports.to_u32(),
            _ => {}
        }
    }
}

/// The fields of a report's data. `None` where no packet of theirs is known, or the data are too short for them.
pub(super) fn fields(data: &[u8]) -> Option<&'static [Item]> {
    (data.first() == Some(&0x03) && data.len() >= FIXED).then_some(POSTPAID)
}

/// A number of so many bytes, high first, of at most four.
fn number(bytes: &[u8]) -> i64 {
    bytes.iter().fold(0_i64, |number, byte| (number << 8) | i64::from(*byte))
}

fn obis(medium: Option<Medium>) -> Option<Obis> {
    match medium {
        Some(medium @ (Medium::Water | Medium::HotWater | Medium::Gas)) => medium.main_register(),
        _ => None,
    }
}

/// Fifteen digits and a filling one.
fn imei(bytes: &[u8]) -> SmolStr {
    SmolStr::new(digits::forward(bytes).get(..15).unwrap_or_default())
}

/// `YY MM DD hh mm ss`.
fn clock(bytes: &[u8]) -> Option<DeviceTime> {
    let &[year, month, day, hour, minute, second] = bytes else { return None };
    let year = i16::from(bcd::digits(year)?).wrapping_add(2000);
    let (month, day) = (bcd::digits(month)?, bcd::digits(day)?);
    let (hour, minute, second) = (bcd::digits(hour)?, bcd::digits(minute)?, bcd::digits(second)?);
    jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok().map(DeviceTime::Civil)
}

fn status(frame: &mut Frame, bits: i64, offset: usize, bytes: &[u8]) {
    const KNOWN: i64 = 0b0100_0000_1110_0011;
    let mut unknown = bits & !KNOWN != 0;
    match bits & 0b11 {
        0b01 => frame.events.push(EventKind::ValveClosed.into()),
        0b11 => frame.events.push(EventKind::ValveFault.into()),
        0b10 => unknown = true,
        _ => {}
    }
    for (mask, kind) in
        [(0x0020, EventKind::BatteryLow), (0x4040, EventKind::MagneticField), (0x0080, EventKind::CoverOpen)]
    {
        if bits & mask != 0 {
            frame.events.push(kind.into());
        }
    }
    if unknown {
        frame.warnings.push(Warning { kind: WarningKind::UnknownStatus, offset, bytes: bytes.to_vec() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report of 123456 litres, written by the table above.
    fn whole() -> Vec<u8> {
        let hex = "68 10 04 00 00 00 26 10 20 03 97 00 00 00 01 3E \
            03 AB CD 00 24 03 06 03 00 86 12 34 56 78 90 12 3D 89 86 01 02 03 04 05 06 07 08 \
            0E 10 A6 F6 0C 00 2A 00 01 C0 05 A0 FF FF FF 00 A1 00 01 E2 40 00 00 00 07 00 00 01 00 \
            26 10 31 23 58 59 00 16";
        let mut bytes = hex::decode(hex.replace([' ', '\n'], "")).unwrap();
        let end = bytes.len().saturating_sub(2);
        bytes[end] = bytes[..end].iter().fold(0, |sum, byte| sum.wrapping_add(*byte));
        bytes
    }

    fn read(bytes: &[u8]) -> Frame {
        decode(bytes, &Options::default()).into_results().remove(0).unwrap()
    }

    #[test]
    fn a_report_is_read() {
        let frame = read(&whole());
        assert_eq!(frame.device.address.as_deref(), Some("20102600000004"));
        assert_eq!(frame.device.access, Some(42));
        let shown: Vec<_> =
            frame.records.iter().map(|r| format!("{} {:?}", r.register(), r.value.number())).collect();
        let expected = [
            "x:version.instantaneous.0.0.0 None",
            "x:version.instantaneous.1.0.0 None",
            "x:identification.instantaneous.0.0.0 None",
            "x:identification.instantaneous.1.0.0 None",
            "x:battery_voltage.instantaneous.0.0.0 Some(3.600)",
            "x:signal_strength.instantaneous.0.0.0 Some(-90)",
            "x:signal_quality.instantaneous.0.0.0 Some(-10)",
            "x:signal_quality.instantaneous.1.0.0 Some(12)",
            "x:access_number.instantaneous.0.0.0 Some(42)",
            "x:access_number.instantaneous.1.0.0 Some(1)",
            "x:status.instantaneous.0.0.0 None",
            "8-0:1.0.0 Some(123456)",
            "x:volume.instantaneous.1.0.0 Some(7)",
            "x:volume.instantaneous.2.0.0 Some(256)",
        ];
        assert_eq!(shown, expected);
        assert_eq!(frame.records[0].time.unwrap().to_string(), "2026-10-31T23:58:59");
        assert_eq!(frame.records[2].value, Value::Text("861234567890123".into()));
        let events: Vec<_> = frame.events.iter().map(|event| event.kind).collect();
        assert_eq!(events, [EventKind::ValveClosed, EventKind::BatteryLow, EventKind::CoverOpen]);
        assert_eq!(frame.warnings, []);
    }

    #[test]
    fn the_fields_fill_the_table() {
        assert_eq!(POSTPAID.iter().map(|item| item.len()).sum::<usize>(), FIXED);
    }

    #[test]
    fn a_report_is_acknowledged() {
        let acknowledgement = acknowledgement(&whole()).unwrap();
        assert_eq!(hex::encode(&acknowledgement[9..18]), "03170000000102 03af".replace(' ', ""));
        assert_eq!(read(&acknowledgement).answer, Some(Answer::Request));
        assert_eq!(super::acknowledgement(&acknowledgement), None);
    }

    #[test]
    fn no_truncation_is_a_frame_and_no_flipped_bit_goes_unseen() {
        let whole = whole();
        let refused = |bytes: &[u8]| matches!(decode(bytes, &Options::default()), Decoded::One(Err(_)));
        assert!((0..whole.len()).all(|end| refused(&whole[..end])));
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(refused(&flipped), "bit {bit}");
        }
    }
}
