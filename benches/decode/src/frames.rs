//! The frames of the measurement.

use jiff::civil::{date, datetime};
use metering::{Function, Quantity, Unit};
use protocols::mbus::{Identity, Status, encode, maker_code};
use protocols::{DeviceTime, Record, Value};
use rust_decimal::Decimal;

/// Sixteen telegrams of heat meters, alike in form and different in every value.
pub(crate) fn heat_meters() -> Vec<Vec<u8>> {
    (0..16).map(|n| telegram(i64::from(n), n % 3)).collect()
}

fn telegram(n: i64, extra: u8) -> Vec<u8> {
    // Digits: the other decoder refuses letters in an identification.
    let id = u32::try_from(0x1234_5600 + n / 10 * 16 + n % 10).unwrap_or(0).to_le_bytes();
    let identity = Identity { id, manufacturer: maker_code("KAM").unwrap_or(0), version: 27, medium: 4 };
    let status = Status { access: extra, status: 0, configuration: 0 };
    let now = datetime(2026, 11, 22, 10, 15, 0, 0);
    let due = date(2025, 12, 31);
    let of = |quantity, mantissa: i64, scale, unit| Record {
        time: Some(DeviceTime::Civil(now)),
        ..Record::new(quantity, Decimal::new(mantissa + n, scale), unit)
    };
    let mut records = vec![
        Record {
            value: Value::None,
            unit: None,
            time: Some(DeviceTime::Civil(now)),
            ..of(Quantity::Time, 0, 0, Unit::One)
        },
        of(Quantity::Energy, 123_456_000, 0, Unit::WattHour),
        of(Quantity::Volume, 7_890_123, 2, Unit::CubicMetre),
        of(Quantity::Power, 12_300, 0, Unit::Watt),
        of(Quantity::VolumeFlow, 513, 3, Unit::CubicMetrePerHour),
        of(Quantity::FlowTemperature, 712, 1, Unit::Celsius),
        of(Quantity::ReturnTemperature, 433, 1, Unit::Celsius),
        of(Quantity::TemperatureDifference, 2_793, 2, Unit::Kelvin),
        of(Quantity::OperatingTime, 45_678, 0, Unit::Hour),
    ];
    let at_due = |record: Record| Record { storage: 1, time: Some(DeviceTime::Date(due)), ..record };
    records.push(at_due(Record { value: Value::None, unit: None, ..of(Quantity::Date, 0, 0, Unit::One) }));
    records.push(at_due(of(Quantity::Energy, 98_765_000, 0, Unit::WattHour)));
    records.push(at_due(of(Quantity::Volume, 5_432_100, 2, Unit::CubicMetre)));
    let maximum = |record: Record| Record { function: Function::Maximum, ..record };
    records.extend(
        [
            maximum(of(Quantity::Power, 45_600, 0, Unit::Watt)),
            maximum(of(Quantity::VolumeFlow, 1_513, 3, Unit::CubicMetrePerHour)),
        ]
        .into_iter()
        .take(usize::from(extra)),
    );
    for record in &mut records {
        // The canonical record of now has its OBIS code: it is what decoding gives.
        record.obis = None;
    }
    let records = with_codes(records);
    encode::response(1, identity, status, &records, false).unwrap_or_default()
}

/// The codes of EN 13757-1 for a heat meter's values of now.
fn with_codes(mut records: Vec<Record>) -> Vec<Record> {
    for record in &mut records {
        let c = match record.quantity {
            Quantity::Energy => 1,
            Quantity::Volume => 2,
            Quantity::Power => 8,
            Quantity::VolumeFlow => 9,
            Quantity::FlowTemperature => 10,
            Quantity::ReturnTemperature => 11,
            Quantity::TemperatureDifference => 12,
            _ => continue,
        };
        if record.storage == 0 && record.function == Function::Instantaneous {
            record.obis = Some(metering::Obis::new(6, 0, c, 0, 0));
        }
    }
    records
}
