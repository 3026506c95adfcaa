//! DL/T 645 and CJ/T 188: one volume, a heat meter's eight values, one energy, five tariffs.

use jiff::civil::date;
use metering::Unit;
use protocols::Format;
use protocols::cjt188::{Amount, Data, DiOrder, MeterType, Reply};
use protocols::dlt645::{self, Content, Edition, numbers};
use rust_decimal::Decimal;

/// Each kind: its name, its format, sixteen frames alike in form and different in value.
pub(crate) fn kinds() -> [(&'static str, Format, Vec<Vec<u8>>); 4] {
    let sixteen = |frame: fn(i64) -> Option<Vec<u8>>| (0..16).filter_map(frame).collect();
    [
        ("cjt188_water", Format::Cjt188, sixteen(water)),
        ("cjt188_heat", Format::Cjt188, sixteen(heat)),
        ("dlt645_energy", Format::Dlt645V2007, sixteen(|n| electricity(0x0001_0000, 1, n))),
        ("dlt645_tariffs", Format::Dlt645V2007, sixteen(|n| electricity(0x0001_FF00, 5, n))),
    ]
}

fn amount(digits: i64, unit: Unit) -> Option<Amount> {
    Amount::counter(Decimal::new(digits, 2), unit).ok()
}

fn cjt188(data: Data, meter_type: MeterType) -> Option<Vec<u8>> {
    let address = "11223344556677".parse().ok()?;
    let clock = Some(date(2026, 10, 31).at(23, 58, 59, 0));
    let di_order = DiOrder::HighFirst;
    let reply = Reply { meter_type, address, di_order, ser: 1, preamble: 3, data, clock, status: [0, 0] };
    Some(reply.encode())
}

fn water(n: i64) -> Option<Vec<u8>> {
    let current = amount(123_456 + n, Unit::CubicMetre);
    let settlement = amount(123_000 + n, Unit::CubicMetre);
    cjt188(Data::Volume { current, settlement }, MeterType::COLD_WATER)
}

fn heat(n: i64) -> Option<Vec<u8>> {
    let data = Data::Heat {
        settlement: amount(1_000_000 + n, Unit::KiloWattHour),
        current: amount(1_234_567 + n, Unit::KiloWattHour),
        power: amount(350 + n, Unit::KiloWatt),
        flow_rate: Amount::flow_rate(Decimal::new(5_678 + n, 4), Unit::CubicMetrePerHour).ok(),
        volume: amount(77_000 + n, Unit::CubicMetre),
        flow_temperature: Some(8_534),
        return_temperature: Some(4_321),
        hours: Some(123_456),
    };
    cjt188(data, MeterType::HEAT)
}

fn electricity(identifier: u32, count: i64, n: i64) -> Option<Vec<u8>> {
    let values: Vec<_> = (0..count).map(|tariff| Some(Decimal::new(123_456 + tariff + n, 2))).collect();
    let payload = numbers(Edition::V2007, identifier, &values).ok()?;
    let address = "123456789012".parse().ok()?;
    let content = Content::Data { identifier, payload, more: false };
    Some(dlt645::Reply { edition: Edition::V2007, address, preamble: 4, content }.encode())
}
