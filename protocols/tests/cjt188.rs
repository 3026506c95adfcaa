//! CJ/T 188: frames written byte by byte from the standard, and what every frame obeys.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use jiff::civil::{DateTime, date};
use metering::{EventKind, Medium, Quantity, Unit};
use proptest::prelude::*;
use protocols::cjt188::{Address, Amount, Command, Data, DiOrder, MeterType, Reply, Request};
use protocols::{Answer, Decoded, DeviceTime, ErrorKind, Format, Frame, Options, State, WarningKind, decode};
use rust_decimal::Decimal;

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex.split_whitespace().collect::<String>()).unwrap()
}

/// Sets the check byte, so that a test frame can be written as the standard draws it.
fn summed(hex: &str) -> Vec<u8> {
    let mut frame = bytes(hex);
    let start = frame.iter().position(|&byte| byte == 0x68).unwrap();
    let end = frame.len() - 2;
    frame[end] = frame[start..end].iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    frame
}

fn one(bytes: &[u8]) -> Frame {
    match decode(Format::Cjt188, bytes, &Options::default()) {
        Decoded::One(Ok(frame)) => frame,
        other => panic!("{other:?}"),
    }
}

fn error(bytes: &[u8]) -> ErrorKind {
    match decode(Format::Cjt188, bytes, &Options::default()) {
        Decoded::One(Err(error)) => error.kind,
        other => panic!("{other:?}"),
    }
}

/// Each record as `quantity value unit state storage`.
fn lines(frame: &Frame) -> Vec<String> {
    let value = |record: &protocols::Record| match &record.value {
        protocols::Value::Number(number) => number.to_string(),
        protocols::Value::Text(text) => text.to_string(),
        protocols::Value::None => "-".to_owned(),
    };
    let unit = |unit: Option<Unit>| unit.map_or("-", Unit::symbol);
    frame
        .records
        .iter()
        .map(|r| format!("{} {} {} {} {}", r.quantity, value(r), unit(r.unit), r.state.name(), r.storage))
        .collect()
}

const WATER: &str = "FE FE 68 10 77 66 55 44 33 22 11 81 16 90 1F 01 \
    56 34 12 00 2C 00 30 12 00 2C 59 58 23 31 10 26 20 05 00 00 16";

#[test]
fn a_water_meter_answers() {
    let frame = one(&summed(WATER));
    assert_eq!(frame.device.address.as_deref(), Some("11223344556677"));
    assert_eq!(frame.device.medium, Some(Medium::Water));
    assert_eq!(
        lines(&frame),
        ["volume 1234.56 m3 valid 0", "volume 1230.00 m3 valid 1", "status 0500 - valid 0"]
    );
    let clock = DeviceTime::Civil(date(2026, 10, 31).at(23, 58, 59, 0));
    assert_eq!(frame.records[0].time, Some(clock));
    assert_eq!(frame.records[0].obis.unwrap().to_string(), "8-0:1.0.0");
    assert_eq!((frame.records[1].time, frame.records[1].obis), (None, None));
    let events: Vec<_> = frame.events.iter().map(|event| event.kind).collect();
    assert_eq!(events, [EventKind::ValveClosed, EventKind::BatteryLow]);
    assert_eq!(frame.warnings, []);
}

#[test]
fn a_heat_meter_answers() {
    let frame = one(&summed(
        "68 20 77 66 55 44 33 22 11 81 2E 1F 90 07 \
         00 10 00 00 11  25 12 00 00 11  50 03 00 00 17  78 56 00 00 35  99 99 99 99 2C \
         34 85 00  21 43 00  56 34 12  00 00 12 01 11 26 20  00 00  00 16",
    ));
    assert_eq!(
        lines(&frame),
        [
            "heat_energy 10.00 GJ valid 1",
            "heat_energy 12.25 GJ valid 0",
            "power 3.50 kW valid 0",
            "volume_flow 0.5678 m3/h valid 0",
            "volume 999999.99 m3 valid 0",
            "flow_temperature 85.34 Cel valid 0",
            "return_temperature 43.21 Cel valid 0",
            "operating_time 123456 h valid 0",
            "status 0000 - valid 0",
        ]
    );
    let obis: Vec<_> = frame.records.iter().filter_map(|r| r.obis).map(|obis| obis.to_string()).collect();
    assert_eq!(obis, ["6-0:1.0.0", "6-0:8.0.0", "6-0:9.0.0", "6-0:2.0.0", "6-0:10.0.0", "6-0:11.0.0"]);
}

#[test]
fn a_cooling_meter_counts_cooling() {
    let mut reply = heat_reply();
    reply.meter_type = MeterType::COOLING;
    let frame = one(&reply.encode());
    assert_eq!(frame.records[1].quantity, Quantity::CoolingEnergy);
    assert_eq!(frame.records[1].obis.unwrap().to_string(), "5-0:1.0.0");
}

#[test]
fn what_a_meter_does_not_have_is_absent() {
    let frame = one(&summed(
        "68 10 77 66 55 44 33 22 11 81 16 90 1F 01 \
         00 00 00 00 2C FF FF FF FF FF FF FF FF FF FF FF FF 00 00 00 16",
    ));
    assert_eq!(lines(&frame)[..2], ["volume 0.00 m3 valid 0", "volume - - absent 1"]);
    assert_eq!((frame.records[0].time, frame.warnings.len()), (None, 0));
}

#[test]
fn zeros_without_a_unit_cost_their_own_value_alone() {
    let frame = one(&summed(
        "68 10 77 66 55 44 33 22 11 81 16 90 1F 01 \
         56 34 12 00 2C 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 16",
    ));
    assert_eq!(lines(&frame)[..2], ["volume 1234.56 m3 valid 0", "volume 0.00 - unknown 1"]);
    assert_eq!(frame.warnings[0].kind, WarningKind::UnknownUnit);
}

#[test]
fn a_digit_that_is_none_loses_the_value_and_not_the_frame() {
    let frame = one(&summed(
        "68 10 77 66 55 44 33 22 11 81 16 90 1F 01 \
         00 0A 00 00 2C 00 10 00 00 2C 00 00 00 00 13 26 20 00 00 00 16",
    ));
    assert_eq!(lines(&frame)[..2], ["volume - m3 unknown 0", "volume 10.00 m3 valid 1"]);
    let kinds: Vec<_> = frame.warnings.iter().map(|w| (w.kind, w.offset)).collect();
    assert_eq!(kinds, [(WarningKind::InvalidDigit, 14), (WarningKind::InvalidTime, 24)]);
}

#[test]
fn a_shifted_layout_is_refused_and_the_unit_first_layout_is_read() {
    let shifted = summed(
        "68 10 77 66 55 44 33 22 11 81 16 90 1F 01 \
         2C 56 34 12 00 2C 00 30 12 00 59 58 23 31 10 26 20 00 00 00 16",
    );
    assert_eq!(error(&shifted), ErrorKind::Structure);
    let heat = one(&summed(
        "68 20 77 66 55 44 33 22 11 81 2E 90 1F 00 \
         05 00 10 00 00  05 25 12 00 00  17 50 03 00 00  35 78 56 00 00  2C 42 00 00 00 \
         34 85 00  21 43 00  56 34 12  00 00 12 01 11 26 20  00 00  00 16",
    ));
    assert_eq!(lines(&heat)[1..3], ["heat_energy 12.25 kWh valid 0", "power 3.50 kW valid 0"]);
}

#[test]
fn history_and_freezes_have_their_storage() {
    let month = one(&summed("68 10 77 66 55 44 33 22 11 81 08 D1 22 00 56 34 12 00 2C 00 16"));
    assert_eq!(lines(&month), ["volume 1234.56 m3 valid 3"]);
    assert_eq!(month.records[0].obis, None);
    let freeze = one(&summed(
        "68 10 77 66 55 44 33 22 11 81 1A D3 00 00 00 00 00 01 11 26 20 \
         56 34 12 00 2C 00 00 00 00 35 50 12 00 00 03 00 00 16",
    ));
    assert_eq!(
        lines(&freeze),
        [
            "volume 1234.56 m3 valid 1",
            "volume_flow 0.0000 m3/h valid 1",
            "temperature 12.50 Cel valid 1",
            "pressure 3.00 - unknown 1"
        ]
    );
    assert_eq!(freeze.records[0].time, Some(DeviceTime::Civil(date(2026, 11, 1).at(0, 0, 0, 0))));
    assert_eq!(freeze.records[0].obis.unwrap().to_string(), "8-0:1.0.0");
}

#[test]
fn prices_purchases_and_days_are_read() {
    let prices = one(&summed(
        "68 10 77 66 55 44 33 22 11 81 12 81 02 00 50 03 00 15 00 00 25 04 00 25 00 00 75 06 00 00 16",
    ));
    assert_eq!(
        lines(&prices),
        [
            "ratio 3.50 - valid 0",
            "limit 15 - valid 0",
            "ratio 4.25 - valid 0",
            "limit 25 - valid 0",
            "ratio 6.75 - valid 0"
        ]
    );
    let purchase = one(&summed(
        "68 10 77 66 55 44 33 22 11 81 12 81 05 00 07 00 50 00 00 00 00 01 00 50 12 00 00 00 00 00 16",
    ));
    assert_eq!(
        lines(&purchase)[..4],
        [
            "event_count 7 - valid 0",
            "credit 50.00 - valid 0",
            "credit 100.00 - valid 0",
            "balance 12.50 - valid 0"
        ]
    );
    for (di, number) in [("81 03", 25), ("04 81", 28)] {
        let day = one(&summed(&format!("68 10 77 66 55 44 33 22 11 81 04 {di} 00 {number} 00 16")));
        assert_eq!(lines(&day), [format!("dimensionless {number} - valid 0")]);
    }
}

#[test]
fn every_unit_of_the_table() {
    for (code, shown) in [
        ("02", "1225.00 Wh"),
        ("05", "12.25 kWh"),
        ("08", "12.25 MWh"),
        ("0A", "1225 MWh"),
        ("01", "12.25 J"),
        ("0B", "12.25 kJ"),
        ("0E", "12.25 MJ"),
        ("0F", "122.5 MJ"),
        ("11", "12.25 GJ"),
        ("13", "1225 GJ"),
    ] {
        let digits = if code == "02" { "00 25 12 00" } else { "25 12 00 00" };
        let heat = one(&summed(&format!(
            "68 20 77 66 55 44 33 22 11 81 2E 90 1F 00 {digits} {code} {digits} {code} \
             50 03 00 00 14  78 56 34 12 32  45 23 01 00 2D 34 85 00  21 43 00  56 34 12  \
             00 00 12 01 11 26 20  00 00  00 16",
        )));
        assert_eq!(lines(&heat)[1], format!("heat_energy {shown} valid 0"), "{code}");
        assert_eq!(
            lines(&heat)[2..5],
            ["power 3.50 W valid 0", "volume_flow 1234.5678 l/h valid 0", "volume 1234.5 m3 valid 0"]
        );
    }
}

#[test]
fn a_short_answer_has_no_unit_byte() {
    let frame = one(&summed("68 10 77 66 55 44 33 22 11 81 09 90 1F 00 56 34 12 00 04 00 00 16"));
    assert_eq!(lines(&frame), ["volume 1234.56 m3 valid 0", "status 0400 - valid 0"]);
    assert_eq!(frame.events[0].kind, EventKind::BatteryLow);
    // One that leaves out what stands between its volume and ST.
    let frame = one(&summed("68 10 77 66 55 44 33 22 11 81 0A 90 1F 00 56 34 12 00 2C 04 00 00 16"));
    assert_eq!(lines(&frame), ["volume 1234.56 m3 valid 0", "status 0400 - valid 0"]);
    assert_eq!((frame.warnings.len(), frame.manufacturer_data), (0, None));
}

#[test]
fn requests_acknowledgements_and_refusals_are_told_apart() {
    for command in [
        Command::Read(protocols::cjt188::CURRENT),
        Command::ReadAddress,
        Command::WriteClock(date(2026, 1, 1).at(0, 0, 0, 0)),
        Command::OpenValve,
        Command::CloseValve,
    ] {
        assert_eq!(one(&request(command).encode()).answer, Some(Answer::Request), "{command:?}");
    }
    let valve = one(&summed("68 10 77 66 55 44 33 22 11 84 05 A0 17 01 01 00 00 16"));
    assert_eq!((valve.answer, valve.events[0].kind), (Some(Answer::Ack), EventKind::ValveClosed));
    let refused = one(&summed("68 10 77 66 55 44 33 22 11 C1 03 01 04 00 00 16"));
    assert_eq!(refused.answer, Some(Answer::Error("0400".to_owned())));
    let refused = one(&summed("68 10 77 66 55 44 33 22 11 C1 04 90 1F 01 02 00 16"));
    assert_eq!(refused.answer, Some(Answer::Error("02".to_owned())));
    let address = one(&summed("68 10 77 66 55 44 33 22 11 83 03 81 0A 00 00 16"));
    assert_eq!(lines(&address), ["bus_address 11223344556677 - valid 0"]);
}

#[test]
fn an_unknown_identifier_hands_its_bytes_on() {
    let frame = one(&summed("68 10 77 66 55 44 33 22 11 81 05 12 34 00 AB CD 00 16"));
    assert_eq!(frame.warnings[0].kind, WarningKind::UnknownIdentifier);
    assert_eq!(frame.manufacturer_data, Some(vec![0xAB, 0xCD]));
}

#[test]
fn an_echo_two_answers_and_noise_are_taken_apart() {
    let mut line = b"CRTL:R00112233445566".to_vec();
    line.extend(request(Command::Read(protocols::cjt188::CURRENT)).encode());
    line.extend(summed(WATER));
    line.extend(summed(WATER));
    line.extend([0x52, 0x4F]);
    let Decoded::Many(frames) = decode(Format::Cjt188, &line, &Options::default()) else { panic!() };
    let frames: Vec<_> = frames.into_iter().map(Result::unwrap).collect();
    assert_eq!(frames[0].answer, Some(Answer::Request));
    assert_eq!(frames[0].warnings[0].kind, WarningKind::Noise);
    assert_eq!(frames[1].records, frames[2].records);
    assert_eq!((frames[1].warnings.len(), frames[2].warnings[0].offset), (0, line.len() - 2));
}

fn address() -> Address {
    "11223344556677".parse().unwrap()
}

fn request(command: Command) -> Request {
    Request {
        meter_type: MeterType::COLD_WATER,
        address: address(),
        di_order: DiOrder::HighFirst,
        ser: 1,
        preamble: 3,
        command,
    }
}

fn amount(digits: u32, unit: Unit) -> Amount {
    Amount::counter(Decimal::new(i64::from(digits), 2), unit).unwrap()
}

fn heat_reply() -> Reply {
    let energy = |digits| Some(amount(digits, Unit::KiloWattHour));
    Reply {
        meter_type: MeterType::HEAT,
        address: address(),
        di_order: DiOrder::LowFirst,
        ser: 1,
        preamble: 0,
        data: Data::Heat {
            settlement: energy(1_000),
            current: energy(1_234),
            power: Some(amount(350, Unit::KiloWatt)),
            flow_rate: Some(Amount::flow_rate(Decimal::new(5_678, 4), Unit::CubicMetrePerHour).unwrap()),
            volume: Some(amount(77, Unit::CubicMetre)),
            flow_temperature: Some(8_534),
            return_temperature: None,
            hours: Some(123_456),
        },
        clock: Some(date(2026, 11, 1).at(12, 0, 0, 0)),
        status: [0, 0],
    }
}

#[test]
fn no_truncation_is_a_frame_and_no_flipped_bit_goes_unseen() {
    for whole in [summed(WATER), heat_reply().encode(), request(Command::OpenValve).encode()] {
        let start = whole.iter().position(|&byte| byte == 0x68).unwrap();
        for end in 0..whole.len() {
            assert!(
                matches!(decode(Format::Cjt188, &whole[..end], &Options::default()), Decoded::One(Err(_))),
                "cut at {end}"
            );
        }
        for bit in start * 8..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(
                matches!(decode(Format::Cjt188, &flipped, &Options::default()), Decoded::One(Err(_))),
                "bit {bit}"
            );
        }
    }
}

prop_compose! {
    fn any_time()(second in 946_684_800_i64..4_000_000_000) -> DateTime {
        let zone = jiff::tz::TimeZone::UTC;
        zone.to_datetime(jiff::Timestamp::from_second(second).unwrap())
    }
}

proptest! {
    /// Law: decode(encode(x)) = x.
    #[test]
    fn what_is_written_reads_back(
        kind in prop::sample::select(vec![MeterType::COLD_WATER, MeterType::HOT_WATER, MeterType::GAS]),
        wire in any::<[u8; 7]>(),
        low_first in any::<bool>(),
        (ser, preamble) in (any::<u8>(), 0_usize..20),
        current in 0_u32..100_000_000,
        settlement in prop::option::of(0_u32..100_000_000),
        clock in prop::option::of(any_time()),
        valve in prop::sample::select(vec![0_u8, 1, 3]),
        battery in any::<bool>(),
    ) {
        let reply = Reply {
            meter_type: kind,
            address: Address::from_wire(wire),
            di_order: if low_first { DiOrder::LowFirst } else { DiOrder::HighFirst },
            ser,
            preamble,
            data: Data::Volume {
                current: Some(amount(current, Unit::CubicMetre)),
                settlement: settlement.map(|digits| amount(digits, Unit::CubicMetre)),
            },
            clock,
            status: [valve | u8::from(battery) << 2, 0],
        };
        let frame = one(&reply.encode());
        prop_assert_eq!(frame.device.address.unwrap(), reply.address.to_string());
        prop_assert_eq!(frame.records[0].obis, kind.medium().unwrap().main_register());
        prop_assert_eq!(frame.records[0].value.number(), Some(Decimal::new(current.into(), 2)));
        prop_assert_eq!(frame.records[0].time, clock.map(DeviceTime::Civil));
        prop_assert_eq!(frame.records[1].value.number(), settlement.map(|digits| Decimal::new(digits.into(), 2)));
        prop_assert_eq!(frame.records[1].state == State::Absent, settlement.is_none());
        prop_assert_eq!(frame.events.len(), usize::from(valve != 0) + usize::from(battery));
        prop_assert_eq!(frame.warnings, vec![]);
    }

    /// Law: no bytes panic, and what is read lies within them.
    #[test]
    fn arbitrary_bytes_never_panic(noise in prop::collection::vec(any::<u8>(), 0..600)) {
        decode(Format::Cjt188, &noise, &Options::default());
    }

    /// Law: a frame behind noise is found, unless the noise holds the beginning of a frame.
    #[test]
    fn noise_before_a_frame_is_skipped(noise in prop::collection::vec(0_u8..0x68, 0..100)) {
        let mut line = noise;
        line.extend(summed(WATER));
        let frame = one(&line);
        prop_assert_eq!(frame.records[0].value.number(), Some(Decimal::new(123_456, 2)));
    }
}
