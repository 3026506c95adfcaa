//! The bytes of one frame, by the protocols' own encoders.

use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan};
use metering::{EventKind, Obis, Quantity, Unit, Zone};
use protocols::cjt188::{Address, Amount, Data, DiOrder, MeterType, Reply};
use protocols::{DeviceTime, Format, Frame, Record};
use rust_decimal::Decimal;

use crate::meter::{Kind, SimMeter};
use crate::noise;
use crate::plan::Note;

/// The frame that a meter sends at a civil time with that index (in least digits).
pub(crate) fn of(meter: &SimMeter, zone: &Zone, civil: DateTime, index: u64, battery_low: bool) -> Vec<u8> {
    match meter.kind {
        Kind::Electricity => json(meter, zone, civil, index, battery_low),
        Kind::Water | Kind::Heat => cjt188(meter, civil, index, battery_low),
    }
}

fn hundredths(index: u64) -> Decimal {
    Decimal::from_i128_with_scale(i128::from(index), 2)
}

fn cjt188(meter: &SimMeter, civil: DateTime, index: u64, battery_low: bool) -> Vec<u8> {
    let counter = |index: u64, unit| Amount::counter(hundredths(index % 100_000_000), unit).ok();
    let (meter_type, data) = match meter.kind {
        Kind::Heat => {
            let data = Data::Heat {
                settlement: None,
                current: counter(index, Unit::KiloWattHour),
                power: None,
                flow_rate: None,
                // About 40 kWh a cubic metre at 35 K.
                volume: counter(index / 40, Unit::CubicMetre),
                flow_temperature: u32::try_from(noise::between(meter.seed, index, 5_500, 6_500)).ok(),
                return_temperature: u32::try_from(noise::between(meter.seed, index + 1, 3_500, 4_000)).ok(),
                hours: None,
            };
            (MeterType::HEAT, data)
        }
        Kind::Water | Kind::Electricity => (
            MeterType::COLD_WATER,
            Data::Volume { current: counter(index, Unit::CubicMetre), settlement: None },
        ),
    };
    let status = [if battery_low { 0b100 } else { 0 }, 0];
    let reply = Reply {
        meter_type,
        address: meter.address.parse().unwrap_or(Address::ANY),
        // Both orders occur in the field; half of the fleet sends each.
        di_order: if meter.number.is_multiple_of(2) { DiOrder::HighFirst } else { DiOrder::LowFirst },
        ser: 0,
        preamble: usize::try_from(meter.number % 4).unwrap_or(0),
        data,
        clock: Some(civil),
        status,
    };
    reply.encode()
}

fn json(meter: &SimMeter, zone: &Zone, civil: DateTime, index: u64, battery_low: bool) -> Vec<u8> {
    let mut frame = Frame::new(Format::Json);
    frame.device.address = Some(meter.address.as_str().into());
    let peak = index * 6 / 10;
    let rates = [(Obis::ELECTRICITY_IMPORT, index), (rate(1), peak), (rate(2), index - peak)];
    for (obis, index) in rates {
        let mut record = Record::new(Quantity::Energy, hundredths(index), Unit::KiloWattHour);
        record.obis = Some(obis);
        record.time = zone.instant(civil).map(DeviceTime::Instant);
        frame.records.push(record);
    }
    if battery_low {
        frame.events.push(EventKind::BatteryLow.into());
    }
    protocols::json::encode(&frame).into_bytes()
}

const fn rate(n: u8) -> Obis {
    Obis::new(1, 0, 1, 8, n)
}

/// A copy with one flipped bit in its data, as a bad line delivers it: CJ/T 188's sum covers it, and a JSON
/// document breaks where its first brace was.
pub(crate) fn corrupted(note: &Note, place: u64) -> Note {
    let mut bytes = note.bytes().to_vec();
    let at = match bytes.first() {
        Some(b'{') => 0,
        // Behind preamble, start, type, address, control, length and identifier; before sum and end.
        _ => bytes.len() - 4 - usize::try_from(place % 8).unwrap_or(0),
    };
    bytes[at] ^= 1 << (place % 7);
    Note::spoilt(bytes)
}

/// A time that lies ahead of every clock that may receive it.
pub(crate) fn ahead_of_all_clocks(civil: DateTime) -> Option<DateTime> {
    civil.checked_add(20.years()).ok()
}

/// A concentrator's document: the frames of the meters that hang on it.
pub(crate) fn concentrator<'a>(
    zone: &Zone,
    at: Timestamp,
    frames: impl Iterator<Item = &'a [u8]>,
) -> Vec<u8> {
    let time = at.to_zoned(zone.tz().clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let frames: Vec<_> = frames
        .map(|bytes| serde_json::json!({"time": time, "format": "cjt188", "hex": hex::encode(bytes)}))
        .collect();
    serde_json::json!({ "frames": frames }).to_string().into_bytes()
}

/// An operator's push document around a CJ/T 188 frame.
pub(crate) fn ctwing(meter: &SimMeter, at: Timestamp, bytes: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    serde_json::json!({
        "upPacketSN": -1,
        "upDataSN": -1,
        "topic": "v1/up/ad",
        "timestamp": at.as_millisecond(),
        "tenantId": "10000001",
        "serviceId": "",
        "protocol": "lwm2m",
        "productId": "15000001",
        "payload": { "APPdata": base64::engine::general_purpose::STANDARD.encode(bytes) },
        "messageType": "dataReport",
        "deviceType": "",
        "deviceId": format!("{:032x}", meter.number),
        "assocAssetId": "",
        "IMSI": "undefined",
        "IMEI": format!("86{:013}", meter.number),
    })
    .to_string()
    .into_bytes()
}
