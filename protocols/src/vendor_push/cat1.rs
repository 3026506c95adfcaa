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
//! known; they are handed on. What was used today and this month is a usage, not an index: subunits 1 and 2.

use metering::{EventKind, Medium, Obis, Quantity, Unit};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::record;
use crate::stream::{self, Fault, Framing, Front};
use crate::{
    Answer, DecodeError, Decoded, DeviceTime, Format, Frame, Options, Value, Warning, WarningKind, bcd,
    digits,
};

const HEAD: usize = 16;
const REPORT: u8 = 0x97;

/// The framing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cat1;

impl Framing for Cat1 {
    fn front(&self, bytes: &[u8]) -> Front {
        let plausible = |at: usize, fits: fn(u8) -> bool| bytes.get(at).is_none_or(|byte| fits(*byte));
        if bytes.first() != Some(&0x68)
            || !plausible(1, |t| matches!(t, 0x10..=0x49))
            || !plausible(9, |device| matches!(device, 0x01 | 0x03))
            || !plausible(10, |control| matches!(control, 0x97 | 0x17 | 0x04 | 0x84 | 0x01 | 0x81))
        {
            return Front::Nothing;
        }
        let Some(m) = bytes.get(15) else { return Front::Partial(HEAD + 2) };
        let len = usize::from(*m).saturating_add(HEAD + 2);
        let Some(&[ref body @ .., got, end]) = bytes.get(..len) else { return Front::Partial(len) };
        if end != 0x16 {
            return Front::Damaged(len, Fault::End { at: len.saturating_sub(1), got: end });
        }
        let expected = body.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        if expected == got {
            Front::Frame(len)
        } else {
            Front::Damaged(len, Fault::Sum { at: body.len(), expected, got })
        }
    }

    fn start(&self) -> Option<u8> {
        Some(0x68)
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
    let mut frame = vec![start, meter_type, a0, a1, a2, a3, a4, a5, a6, 0x03, 0x17, 0, 0, r1, r0, 2];
    frame.extend([packet, 0xAF]);
    let check = frame.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    frame.extend([check, 0x16]);
    Some(frame)
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

fn report(frame: &mut Frame, data: &[u8], at: usize) {
    if data.first() != Some(&0x03) || data.len() < 62 {
        frame.manufacturer_data = Some(data.to_vec());
        let bytes = data.first().copied().into_iter().collect();
        frame.warnings.push(Warning { kind: WarningKind::UnknownIdentifier, offset: at, bytes });
        return;
    }
    let text = |from: usize, to: usize| Value::Text(digits::forward(data.get(from..to).unwrap_or_default()));
    let number = |from: usize, len: usize| {
        let bytes = data.get(from..from.saturating_add(len)).unwrap_or_default();
        bytes.iter().fold(0_i64, |number, byte| (number << 8) | i64::from(*byte))
    };
    let signed = |from: usize| Value::Number(data.get(from).map_or(0, |byte| byte.cast_signed()).into());
    let count = |from: usize, len: usize| Value::Number(Decimal::from(number(from, len)));

    let time = clock(data.get(56..62).unwrap_or_default());
    if time.is_none() {
        let bytes = data.get(56..62).unwrap_or_default().to_vec();
        frame.warnings.push(Warning { kind: WarningKind::InvalidTime, offset: at.saturating_add(56), bytes });
    }
    frame.device.manufacturer = Some(digits::forward(data.get(1..3).unwrap_or_default()));
    frame.device.access = u32::try_from(number(32, 2)).ok();
    let litre = Some(Unit::Litre);
    let mut volume = record(Quantity::Volume, count(44, 4), litre, 0);
    volume.obis = obis(frame.device.medium);
    frame.records.extend([
        volume,
        record(Quantity::Volume, count(48, 4), litre, 1),
        record(Quantity::Volume, count(52, 4), litre, 2),
        record(Quantity::BatteryVoltage, Value::Number(Decimal::new(number(27, 2), 3)), Some(Unit::Volt), 0),
        record(Quantity::SignalStrength, signed(29), None, 0),
        record(Quantity::SignalQuality, signed(30), None, 0),
        record(Quantity::SignalQuality, signed(31), None, 1),
        record(Quantity::AccessNumber, count(32, 2), None, 0),
        record(Quantity::AccessNumber, count(34, 2), None, 1),
        record(Quantity::Status, text(42, 44), None, 0),
        record(Quantity::Version, text(5, 7), None, 0),
        record(Quantity::Version, text(7, 9), None, 1),
        record(Quantity::Identification, Value::Text(imei(data.get(9..17).unwrap_or_default())), None, 0),
        record(Quantity::Identification, text(17, 27), None, 1),
    ]);
    for record in &mut frame.records {
        record.time = time;
    }
    status(frame, number(42, 2), at.saturating_add(42), data.get(42..44).unwrap_or_default());
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
        assert_eq!(shown[0], "8-0:1.0.0 Some(123456)");
        assert_eq!(shown[1], "x:volume.instantaneous.1.0.0 Some(7)");
        assert_eq!(shown[3], "x:battery_voltage.instantaneous.0.0.0 Some(3.600)");
        assert_eq!(shown[4], "x:signal_strength.instantaneous.0.0.0 Some(-90)");
        assert_eq!(frame.records[0].time.unwrap().to_string(), "2026-10-31T23:58:59");
        assert_eq!(frame.records[12].value, Value::Text("861234567890123".into()));
        let events: Vec<_> = frame.events.iter().map(|event| event.kind).collect();
        assert_eq!(events, [EventKind::ValveClosed, EventKind::BatteryLow, EventKind::CoverOpen]);
        assert_eq!(frame.warnings, []);
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
