//! DL/T 645: frames written byte by byte from the standard, and what every frame obeys.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use jiff::civil::date;
use metering::{EventKind, Medium, Unit};
use proptest::prelude::*;
use protocols::dlt645::{Address, Command, Content, Edition, RelayAction, Reply, Request, numbers};
use protocols::{Answer, Decoded, ErrorKind, Format, Frame, Options, State, Value, WarningKind, decode};
use rust_decimal::Decimal;

/// A frame as the standard draws it: the data are given without the 33H, the check byte is computed.
fn frame(control: u8, data: &str) -> Vec<u8> {
    let data = hex::decode(data.split_whitespace().collect::<String>()).unwrap();
    let mut frame = vec![0x68, 0x12, 0x90, 0x78, 0x56, 0x34, 0x12, 0x68, control];
    frame.push(u8::try_from(data.len()).unwrap());
    frame.extend(data.iter().map(|byte| byte.wrapping_add(0x33)));
    frame.push(frame.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
    frame.push(0x16);
    frame
}

fn one(bytes: &[u8]) -> Frame {
    match decode(Format::Dlt645V2007, bytes, &Options::default()) {
        Decoded::One(Ok(frame)) => frame,
        other => panic!("{other:?}"),
    }
}

/// Each record as `name value unit state`, its name the OBIS code or what stands for it, with its time.
fn lines(frame: &Frame) -> Vec<String> {
    let line = |record: &protocols::Record| {
        let value = match &record.value {
            Value::Number(number) => number.to_string(),
            Value::Text(text) => text.to_string(),
            Value::None => "-".to_owned(),
        };
        let unit = record.unit.map_or("-", Unit::symbol);
        let time = record.time.map_or(String::new(), |time| format!(" at {time}"));
        format!("{} {value} {unit} {}{time}", record.register(), record.state.name())
    };
    frame.records.iter().map(line).collect()
}

fn check(control: u8, data: &str, expected: &[&str]) {
    let frame = one(&frame(control, data));
    assert_eq!(lines(&frame), expected, "{data}");
    assert_eq!(frame.warnings, [], "{data}");
    assert_eq!(frame.manufacturer_data, None, "{data}");
}

#[test]
fn an_energy_is_read() {
    let whole = frame(0x91, "00 00 01 00 56 34 12 00");
    // Worked by hand: sum of 68 12 90 78 56 34 12 68 91 08 33 33 34 33 89 67 45 33.
    assert_eq!(hex::encode(&whole[10..]), "33333433896745335416");
    let frame = one(&whole);
    assert_eq!(frame.device.address.as_deref(), Some("123456789012"));
    assert_eq!((frame.device.medium, frame.format), (Some(Medium::Electricity), Format::Dlt645V2007));
    check(0x91, "00 00 01 00 56 34 12 00", &["1-0:1.8.0 1234.56 kWh valid"]);
}

#[test]
fn blocks_have_their_tariffs_phases_and_days() {
    check(
        0x91,
        "00 FF 01 00 00 01 00 00 25 00 00 00 FF FF FF FF",
        &["1-0:1.8.0 1.00 kWh valid", "1-0:1.8.1 0.25 kWh valid", "1-0:1.8.2 - kWh absent"],
    );
    check(
        0x91,
        "00 FF 01 02 01 22 FF FF 00 00",
        &["1-0:32.7.0 220.1 V valid", "1-0:52.7.0 - V absent", "1-0:72.7.0 0.0 V valid"],
    );
    check(
        0x91,
        "FF 00 01 00 00 03 00 00 00 02 00 00",
        &["1-0:1.8.0 3.00 kWh valid", "x:energy.instantaneous.0.0.1 2.00 kWh valid"],
    );
    check(0x91, "01 02 05 00 00 03 00 00", &["x:reactive_energy.instantaneous.5.2.1 3.00 kvarh valid"]);
}

#[test]
fn the_top_bit_of_a_signed_number_is_its_sign() {
    check(0x91, "00 00 03 02 56 34 92", &["1-0:1.7.0 -12.3456 kW valid"]);
    check(0x91, "00 00 00 00 56 34 12 80", &["1-0:15.8.0 -1234.56 kWh valid"]);
    check(0x91, "00 01 02 02 99 49 80", &["1-0:31.7.0 -4.999 A valid"]);
    check(0x91, "00 00 06 02 01 85", &["1-0:13.7.0 -0.501 1 valid"]);
    // An unsigned energy of eight and more million has the same bit and no sign.
    check(0x91, "00 00 01 00 00 00 00 80", &["1-0:1.8.0 800000.00 kWh valid"]);
    check(0x91, "00 00 03 02 FF FF FF", &["1-0:1.7.0 - kW absent"]);
}

#[test]
fn a_demand_has_its_time() {
    check(0x91, "00 00 01 01 34 12 00 30 14 25 10 26", &["1-0:1.6.0 0.1234 kW valid at 2026-10-25T14:30:00"]);
    check(0x91, "00 00 01 01 00 00 00 00 00 00 00 00", &["1-0:1.6.0 0.0000 kW valid"]);
}

#[test]
fn clocks_names_and_words_are_read() {
    check(0x91, "01 01 00 04 03 25 10 26", &["x:date.instantaneous.0.0.0 - - valid at 2026-10-25"]);
    check(0x91, "02 01 00 04 59 58 23", &["x:time.instantaneous.0.0.0 23:58:59 - valid"]);
    check(
        0x91,
        "0C 01 00 04 59 58 23 03 25 10 26",
        &["x:time.instantaneous.0.0.0 - - valid at 2026-10-25T23:58:59"],
    );
    // A meter without a clock.
    check(0x91, "01 01 00 04 FF FF FF FF", &["x:date.instantaneous.0.0.0 - - absent"]);
    check(0x91, "02 01 00 04 FF FF FF", &["x:time.instantaneous.0.0.0 - - absent"]);
    check(0x91, "0C 01 00 04 FF FF FF FF FF FF FF", &["x:time.instantaneous.0.0.0 - - absent"]);
    let wrong = one(&frame(0x91, "0C 01 00 04 59 58 2A 03 25 10 26"));
    assert_eq!(lines(&wrong), ["x:time.instantaneous.0.0.0 - - unknown"]);
    assert_eq!(wrong.warnings[0].kind, WarningKind::InvalidTime);
    check(0x91, "01 04 00 04 12 90 78 56 34 12", &["x:bus_address.instantaneous.0.0.0 123456789012 - valid"]);
    // "V1.2 " is sent from its last character.
    check(0x91, "01 00 80 04 20 32 2E 31 56 00", &["x:version.instantaneous.0.0.0 V1.2 - valid"]);
    let words = one(&frame(0x91, "FF 05 00 04 04 00 00 00 10 00 00 00 00 00 02 00 01 00"));
    assert_eq!(lines(&words)[2], "x:status.instantaneous.3.0.0 0010 - valid");
    let events: Vec<_> = words.events.iter().map(|event| event.kind).collect();
    assert_eq!(
        events,
        [EventKind::BatteryLow, EventKind::RelayOpen, EventKind::UnderVoltage, EventKind::PhaseReversal]
    );
}

#[test]
fn variables_balances_and_counts_are_read() {
    check(0x91, "02 00 80 02 03 50", &["1-0:14.7.0 50.03 Hz valid"]);
    check(0x91, "07 00 80 02 05 80", &["x:temperature.instantaneous.0.0.0 -0.5 Cel valid"]);
    check(0x91, "0A 00 80 02 78 56 34 12", &["x:battery_time.instantaneous.0.0.0 12345678 min valid"]);
    check(0x91, "00 02 90 00 50 12 00 00", &["x:balance.instantaneous.0.0.0 12.50 - valid"]);
    check(0x91, "00 0D 30 03 07 00 00", &["x:event_count.instantaneous.48013.0.0 7 1 valid"]);
    check(
        0x91,
        "01 0D 30 03 00 30 14 25 10 26 05 31 14 25 10 26",
        &[
            "x:time.instantaneous.0.0.1 - - valid at 2026-10-25T14:30:00",
            "x:time.instantaneous.1.0.1 - - valid at 2026-10-25T14:31:05",
        ],
    );
}

#[test]
fn events_say_how_often_how_long_and_when() {
    check(0x91, "00 00 11 03 12 00 00", &["x:event_count.instantaneous.17000.0.0 12 1 valid"]);
    check(0x91, "01 00 00 1D 02 00 00", &["x:event_count.instantaneous.29000.0.0 2 1 valid"]);
    check(
        0x91,
        "00 00 07 03 03 00 00 45 01 00",
        &[
            "x:event_count.instantaneous.7000.0.0 3 1 valid",
            "x:duration.instantaneous.7000.0.0 145 min valid",
        ],
    );
    check(
        0x91,
        "00 00 01 03 01 00 00 02 00 00 03 00 00 04 00 00 FF FF FF FF FF FF",
        &[
            "x:event_count.instantaneous.1001.0.0 1 1 valid",
            "x:duration.instantaneous.1001.0.0 2 min valid",
            "x:event_count.instantaneous.1002.0.0 3 1 valid",
            "x:duration.instantaneous.1002.0.0 4 min valid",
            "x:event_count.instantaneous.1003.0.0 - 1 absent",
            "x:duration.instantaneous.1003.0.0 - min absent",
        ],
    );
    check(
        0x91,
        "01 00 11 03 00 30 14 25 10 26 00 00 00 00 00 00",
        &[
            "x:time.instantaneous.0.0.1 - - valid at 2026-10-25T14:30:00",
            "x:time.instantaneous.1.0.1 - - absent",
        ],
    );
}

#[test]
fn rarer_energies_variables_and_settings() {
    check(0x91, "00 00 15 00 56 34 12 00", &["1-0:21.8.0 1234.56 kWh valid"]);
    check(0x91, "00 00 3E 00 56 34 12 00", &["1-0:62.8.0 1234.56 kWh valid"]);
    check(0x91, "00 00 03 00 56 34 12 80", &["1-0:3.8.0 -1234.56 kvarh valid"]);
    check(0x91, "00 00 09 00 56 34 12 00", &["1-0:9.8.0 1234.56 kVAh valid"]);
    check(0x91, "01 00 0B 00 56 34 12 00", &["x:interval_usage.instantaneous.11.0.1 1234.56 kWh valid"]);
    check(0x91, "00 00 95 00 56 34 12 00", &["x:energy.instantaneous.149.0.0 1234.56 kWh valid"]);
    check(0x91, "00 00 05 02 56 34 02", &["1-0:9.7.0 2.3456 kVA valid"]);
    check(0x91, "00 02 07 02 05 12", &["x:phase_angle.instantaneous.2.0.0 120.5 deg valid"]);
    check(0x91, "00 01 08 02 34 01", &["x:ratio.instantaneous.8001.0.0 1.34 % valid"]);
    check(0x91, "01 00 80 02 56 34 82", &["1-0:91.7.0 -23.456 A valid"]);
    check(0x91, "04 00 80 02 56 34 02", &["1-0:1.4.0 2.3456 kW valid"]);
    check(0x91, "08 00 80 02 60 03", &["x:battery_voltage.instantaneous.0.0.0 3.60 V valid"]);
    check(0x91, "20 00 80 02 83 48 00 00", &["x:ratio.instantaneous.2032.0.0 0.4883 - valid"]);
    check(0x91, "06 03 00 04 40 00 00", &["x:ratio.instantaneous.0.0.0 40 1 valid"]);
    check(0x91, "01 0F 00 04 00 50 00 00", &["x:limit.instantaneous.15001.0.0 50.00 kWh valid"]);
    check(0x91, "03 0E 00 04 00 26", &["x:limit.instantaneous.14003.0.0 260.0 V valid"]);
    let named = one(&frame(0x91, "0E 04 00 04 21 43 65 87 09 00"));
    assert!(lines(&named)[0].ends_with(" 000987654321 - valid"));
}

#[test]
fn a_block_of_phases_ends_with_the_third() {
    // The block of 1997 has the limits of power behind the phases.
    let powers = one(&frame(0x81, "3F B6 00 30 00 00 10 00 00 10 00 00 10 00 00 99 00 98"));
    assert_eq!(
        lines(&powers),
        [
            "1-0:1.7.0 0.3000 kW valid",
            "1-0:21.7.0 0.1000 kW valid",
            "1-0:41.7.0 0.1000 kW valid",
            "1-0:61.7.0 0.1000 kW valid"
        ]
    );
    assert_eq!(powers.manufacturer_data, Some(vec![0x00, 0x99, 0x00, 0x98]));
    // The end of a block is no number.
    check(
        0x81,
        "1F 90 00 03 00 00 00 02 00 00 AA",
        &["1-0:1.8.0 3.00 kWh valid", "1-0:1.8.1 2.00 kWh valid"],
    );
}

#[test]
fn times_of_1997_have_no_year() {
    check(0x81, "10 B0 30 14 25 10", &["x:time.maximum.1001.0.0 10-25 14:30 - valid"]);
    check(
        0x81,
        "2F B5 30 14 29 02 00 00 00 00",
        &["x:time.maximum.2002.0.1 02-29 14:30 - valid", "x:time.maximum.2002.1.1 - - absent"],
    );
    check(0x81, "10 B2 00 08 01 01", &["x:time.instantaneous.3016.0.0 01-01 08:00 - valid"]);
    check(0x81, "21 B3 45 01 00", &["x:duration.instantaneous.4033.0.0 145 min valid"]);
    check(0x81, "11 B3 03 00", &["x:event_count.instantaneous.4017.0.0 3 1 valid"]);
    check(0x81, "10 A0 34 12 00", &["1-0:1.6.0 0.1234 kW valid"]);
    check(0x81, "40 91 64 93 00 00", &["1-0:8.8.0 93.64 kvarh valid"]);
    let wrong = one(&frame(0x81, "10 B0 30 25 25 10"));
    assert_eq!(wrong.warnings[0].kind, WarningKind::InvalidTime);
}

#[test]
fn freezes_are_named_by_kind_and_number() {
    check(0x91, "01 01 04 05 00 03 00 00", &["x:energy.instantaneous.5000.0.1 3.00 kWh valid"]);
    check(0x91, "01 01 07 05 00 03 00 00", &["x:energy.instantaneous.8000.0.1 3.00 kWh valid"]);
    check(
        0x91,
        "01 00 06 05 00 00 01 11 26",
        &["x:time.instantaneous.7000.0.1 - - valid at 2026-11-01T00:00:00"],
    );
    check(
        0x91,
        "01 01 06 05 00 03 00 00 00 02 00 00",
        &["x:energy.instantaneous.7000.0.1 3.00 kWh valid", "x:energy.instantaneous.7000.1.1 2.00 kWh valid"],
    );
    let powers = one(&frame(0x91, &format!("02 10 04 05 {}", "34 12 00".repeat(8))));
    let lines = lines(&powers);
    assert_eq!(lines[0], "x:power.instantaneous.5000.0.2 0.1234 kW valid");
    assert_eq!(lines[7], "x:reactive_power.instantaneous.5063.0.2 0.1234 kvar valid");
}

#[test]
fn the_load_profile_is_dated() {
    // Energies alone: class 4, the others are their separators.
    let body = "00 15 01 11 26 AA AA AA 00 03 00 00 00 00 00 00 00 01 00 00 00 01 00 80 AA AA AA";
    let bytes = hex::decode(body.replace(' ', "")).unwrap();
    let len = u8::try_from(bytes.len()).unwrap();
    let check_byte = bytes.iter().fold(0x40_u8.wrapping_add(len), |sum, byte| sum.wrapping_add(*byte));
    let whole = format!("02 00 00 06 A0 A0 {len:02x} {body} {check_byte:02x} E5");
    check(
        0x91,
        &whole,
        &[
            "1-0:1.8.0 3.00 kWh valid at 2026-11-01T15:00:00",
            "1-0:2.8.0 0.00 kWh valid at 2026-11-01T15:00:00",
            "1-0:3.8.0 1.00 kvarh valid at 2026-11-01T15:00:00",
            "1-0:4.8.0 -1.00 kvarh valid at 2026-11-01T15:00:00",
        ],
    );
    let damaged = one(&frame(0x91, &whole.replace(&format!("{check_byte:02x} E5"), "00 E5")));
    assert_eq!((damaged.records.len(), damaged.warnings[0].kind), (0, WarningKind::InvalidValue));
    assert!(damaged.manufacturer_data.is_some());
}

#[test]
fn a_digit_that_is_none_loses_the_value_and_not_the_frame() {
    let frame = one(&frame(0x91, "00 FF 01 00 00 00 0E 00 25 00 00 00"));
    assert_eq!(lines(&frame), ["1-0:1.8.0 - kWh unknown", "1-0:1.8.1 0.25 kWh valid"]);
    assert_eq!((frame.warnings[0].kind, frame.warnings[0].offset), (WarningKind::InvalidDigit, 14));
}

#[test]
fn what_is_not_understood_is_handed_on() {
    let unknown = one(&frame(0x91, "01 02 03 FF AB CD"));
    assert_eq!(unknown.manufacturer_data, Some(vec![0xAB, 0xCD]));
    assert_eq!(unknown.warnings[0].bytes, [0xFF, 3, 2, 1]);
    let longer = one(&frame(0x91, "00 00 01 00 56 34 12 00 01"));
    assert_eq!((longer.records.len(), longer.manufacturer_data), (1, Some(vec![1])));
    let shorter = one(&frame(0x91, "00 00 01 00 56 34 12"));
    assert_eq!((shorter.records.len(), shorter.warnings[0].kind), (0, WarningKind::IncompleteRecord));
}

#[test]
fn requests_acknowledgements_and_refusals_are_told_apart() {
    let address: Address = "123456789012".parse().unwrap();
    let request = |command| Request { edition: Edition::V2007, address, preamble: 4, command }.encode();
    let until = date(2026, 10, 25).at(12, 0, 0, 0);
    for command in [
        Command::Read(0x0001_0000),
        Command::ReadFollowing(0x0001_0000, 1),
        Command::ReadAddress,
        Command::SetTime(until),
        Command::Relay { action: RelayAction::Trip, password: [2, 0, 0, 0], operator: [0; 4], until },
    ] {
        assert_eq!(one(&request(command)).answer, Some(Answer::Request), "{command:?}");
    }
    let relay = request(Command::Relay {
        action: RelayAction::Close,
        password: [2, 0x56, 0x34, 0x12],
        operator: [0; 4],
        until,
    });
    let data: Vec<u8> = relay[14..relay.len() - 2].iter().map(|byte| byte.wrapping_sub(0x33)).collect();
    assert_eq!(hex::encode(data), "02563412000000001c00000012251026");
    assert_eq!(one(&frame(0x9C, "")).answer, Some(Answer::Ack));
    assert_eq!(one(&frame(0x9D, "")).answer, Some(Answer::Ack));
    assert_eq!(one(&frame(0xD1, "02")).answer, Some(Answer::Error("02".to_owned())));
    assert_eq!(one(&frame(0xDC, "01 80")).answer, Some(Answer::Error("8001".to_owned())));
    assert_eq!(
        lines(&one(&frame(0x93, "12 90 78 56 34 12")))[0],
        "x:bus_address.instantaneous.0.0.0 123456789012 - valid"
    );
    match decode(Format::Dlt645V2007, &frame(0x85, ""), &Options::default()) {
        Decoded::One(Err(error)) => assert_eq!((error.kind, error.offset), (ErrorKind::Unsupported, 8)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_edition_of_1997_is_told_by_its_function() {
    let old = one(&frame(0x81, "10 90 64 93 00 00"));
    assert_eq!(
        (lines(&old), old.format),
        (vec!["1-0:1.8.0 9364.00".replace("9364.00", "93.64") + " kWh valid"], Format::Dlt645V1997)
    );
    check(0x81, "11 B6 23 02", &["1-0:32.7.0 223 V valid"]);
    check(0x81, "10 94 64 93 00 00", &["x:energy.instantaneous.0.0.1 93.64 kWh valid"]);
    check(0x81, "11 C0 59 58 23", &["x:time.instantaneous.0.0.0 23:58:59 - valid"]);
    let state = one(&frame(0x81, "20 C0 04"));
    assert_eq!(state.events[0].kind, EventKind::BatteryLow);
    assert_eq!(one(&frame(0xC1, "01")).answer, Some(Answer::Error("01".to_owned())));
}

#[test]
fn follow_ups_go_on_where_the_answer_stopped() {
    let identifier = 0x0001_FF00;
    let energy = |n: i64| Decimal::new(n * 100, 2);
    let payload =
        numbers(Edition::V2007, identifier, &(0..20).map(|n| Some(energy(n))).collect::<Vec<_>>()).unwrap();
    let address = "123456789012".parse().unwrap();
    let reply = |content| Reply { edition: Edition::V2007, address, preamble: 4, content }.encode();
    let (front, rest) = payload.split_at(42);
    let first = reply(Content::Data { identifier, payload: front.to_vec(), more: true });
    let last = reply(Content::Following { identifier, payload: rest.to_vec(), sequence: 1, more: false });
    let joined = [first.clone(), last.clone()].concat();
    let Decoded::Many(frames) = decode(Format::Dlt645V2007, &joined, &Options::default()) else { panic!() };
    let frames: Vec<_> = frames.into_iter().map(Result::unwrap).collect();
    assert_eq!(frames[0].warnings[0].kind, WarningKind::MoreFollows);
    let values: Vec<_> =
        frames.iter().flat_map(|f| &f.records).map(|r| (r.tariff, r.value.number().unwrap())).collect();
    let expected: Vec<_> = (0..20_u32).map(|n| (n, energy(n.into()))).collect();
    assert_eq!(values, expected);
    // Read apart, the answer before is given as `prior`.
    let prior = [first];
    let options = Options { prior: &prior, ..Options::default() };
    match decode(Format::Dlt645V2007, &last, &options) {
        Decoded::One(Ok(frame)) => assert_eq!(frame.records, frames[1].records),
        other => panic!("{other:?}"),
    }
}

#[test]
fn addresses_and_values_may_hold_the_marks() {
    let address: Address = "166868166816".parse().unwrap();
    let payload = vec![0x35, 0x35, 0x00, 0x00];
    let content = Content::Data { identifier: 0x0001_0000, payload, more: false };
    let whole = Reply { edition: Edition::V2007, address, preamble: 1, content }.encode();
    assert_eq!(lines(&one(&whole)), ["1-0:1.8.0 35.35 kWh valid"]);
    let mut line = vec![0x68, 0xFE, 0x68, 0x16];
    line.extend(&whole);
    line.extend(&whole);
    let Decoded::Many(frames) = decode(Format::Dlt645V2007, &line, &Options::default()) else { panic!() };
    assert!(frames.iter().all(Result::is_ok) && frames.len() == 2);
}

#[test]
fn no_truncation_is_a_frame_and_no_flipped_bit_goes_unseen() {
    for whole in [frame(0x91, "00 00 01 00 56 34 12 00"), frame(0x13, ""), frame(0x81, "11 B6 23 02")] {
        let refused = |bytes: &[u8]| {
            matches!(decode(Format::Dlt645V2007, bytes, &Options::default()), Decoded::One(Err(_)))
        };
        for end in 0..whole.len() {
            assert!(refused(&whole[..end]), "cut at {end}");
        }
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(refused(&flipped), "bit {bit}");
        }
    }
}

/// Identifiers with numbers, whether signed, their decimals and their digits.
const NUMBERS: [(u32, bool, u32, u32); 9] = [
    (0x0000_0000, true, 2, 7),
    (0x0001_0000, false, 2, 8),
    (0x0002_0300, false, 2, 8),
    (0x0001_0002, false, 2, 8),
    (0x0201_0100, false, 1, 4),
    (0x0202_0300, true, 3, 5),
    (0x0203_0000, true, 4, 5),
    (0x0206_0100, true, 3, 3),
    (0x0280_0002, false, 2, 4),
];

proptest! {
    /// Law: decode(encode(x)) = x.
    #[test]
    fn what_is_written_reads_back(
        wire in any::<[u8; 6]>(),
        preamble in 0_usize..8,
        row in prop::sample::select(NUMBERS.to_vec()),
        number in any::<u32>(),
        negative in any::<bool>(),
        absent in any::<bool>(),
    ) {
        let (identifier, signed, decimals, digits) = row;
        let number = i64::from(number) % 10_i64.pow(digits);
        let number = if signed && negative { -number } else { number };
        let value = (!absent).then(|| Decimal::new(number, decimals));
        let payload = numbers(Edition::V2007, identifier, &[value]).unwrap();
        let address = Address::from_wire(wire);
        let content = Content::Data { identifier, payload, more: false };
        let frame = one(&Reply { edition: Edition::V2007, address, preamble, content }.encode());
        prop_assert_eq!(frame.device.address.unwrap(), address.to_string());
        prop_assert_eq!(frame.records.len(), 1);
        prop_assert_eq!(frame.records[0].value.number(), value);
        prop_assert_eq!(frame.records[0].state, if absent { State::Absent } else { State::Valid });
        prop_assert_eq!(frame.warnings, vec![]);
    }

    /// Law: no bytes panic, framed or not.
    #[test]
    fn arbitrary_bytes_never_panic(
        noise in prop::collection::vec(any::<u8>(), 0..600),
        control in any::<u8>(),
        identifier in prop::sample::select(vec![
            0x0001_FF00_u32, 0x0101_FF00, 0x0201_FF00, 0x0506_0101, 0x0506_0901, 0x0504_1001, 0x0600_0002,
            0x0604_0001, 0x0400_05FF, 0x0400_0403, 0x0400_010C, 0x0330_0D01, 0x0301_0000, 0x9010, 0xB01F, 0xB61F, 0xC020,
        ]),
    ) {
        decode(Format::Dlt645V2007, &noise, &Options::default());
        let mut data = identifier.to_le_bytes().to_vec();
        data.extend(noise.iter().take(200));
        let hex = hex::encode(data);
        decode(Format::Dlt645V2007, &frame(control, &hex), &Options::default());
        decode(Format::Dlt645V2007, &frame(0x91, &hex), &Options::default());
        decode(Format::Dlt645V1997, &frame(0x81, &hex), &Options::default());
    }

    /// Law: a frame behind noise is found, unless the noise holds the beginning of a frame.
    #[test]
    fn noise_before_a_frame_is_skipped(noise in prop::collection::vec(0_u8..0x68, 0..100)) {
        let mut line = noise;
        line.extend(frame(0x91, "00 00 01 00 56 34 12 00"));
        prop_assert_eq!(lines(&one(&line)), vec!["1-0:1.8.0 1234.56 kWh valid".to_owned()]);
    }
}
