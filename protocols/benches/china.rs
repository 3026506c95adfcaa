//! Frames a second on one core, from bytes to canonical records: CJ/T 188 and DL/T 645.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::civil::date;
use metering::Unit;
use protocols::cjt188::{Amount, Data, DiOrder, MeterType, Reply};
use protocols::dlt645::{self, Content, Edition, numbers};
use protocols::{Format, Options, decode};
use rust_decimal::Decimal;

fn amount(digits: i64, unit: Unit) -> Option<Amount> {
    Amount::counter(Decimal::new(digits, 2), unit).ok()
}

fn cjt188(data: Data, meter_type: MeterType) -> Vec<u8> {
    let address = "11223344556677".parse().unwrap();
    let clock = Some(date(2026, 10, 31).at(23, 58, 59, 0));
    Reply {
        meter_type,
        address,
        di_order: DiOrder::HighFirst,
        ser: 1,
        preamble: 3,
        data,
        clock,
        status: [0, 0],
    }
    .encode()
}

fn water() -> Vec<u8> {
    let current = amount(123_456, Unit::CubicMetre);
    let settlement = amount(123_000, Unit::CubicMetre);
    cjt188(Data::Volume { current, settlement }, MeterType::COLD_WATER)
}

fn heat() -> Vec<u8> {
    let data = Data::Heat {
        settlement: amount(1_000, Unit::KiloWattHour),
        current: amount(1_234, Unit::KiloWattHour),
        power: amount(350, Unit::KiloWatt),
        flow_rate: Amount::flow_rate(Decimal::new(5_678, 4), Unit::CubicMetrePerHour).ok(),
        volume: amount(77, Unit::CubicMetre),
        flow_temperature: Some(8_534),
        return_temperature: Some(4_321),
        hours: Some(123_456),
    };
    cjt188(data, MeterType::HEAT)
}

fn electricity(identifier: u32, count: i64) -> Vec<u8> {
    let values: Vec<_> = (0..count).map(|n| Some(Decimal::new(123_456 + n, 2))).collect();
    let payload = numbers(Edition::V2007, identifier, &values).unwrap();
    let address = "123456789012".parse().unwrap();
    let content = Content::Data { identifier, payload, more: false };
    dlt645::Reply { edition: Edition::V2007, address, preamble: 4, content }.encode()
}

fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(1));
    for (name, format, frame) in [
        ("cjt188-water", Format::Cjt188, water()),
        ("cjt188-heat", Format::Cjt188, heat()),
        ("dlt645-energy", Format::Dlt645V2007, electricity(0x0001_0000, 1)),
        ("dlt645-tariffs", Format::Dlt645V2007, electricity(0x0001_FF00, 5)),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| decode(format, black_box(&frame), &Options::default()));
        });
    }
    group.finish();
}

criterion_group!(benches, frames);
criterion_main!(benches);
