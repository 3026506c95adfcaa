//! The rare rows of the tables of EN 13757-3, byte by byte, with the register that each record is a reading of.
//! `mbus_records` has the common ones.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use metering::Unit;
use protocols::{Decoded, Format, Frame, Options, Record, Value, decode};

/// An answer of meter 12345678 of that device type with these records.
fn answer(code: u8, medium: u8, records: &str) -> Frame {
    let header = match code {
        0x76 => [0x12, 0x34, 0x56, 0x78, 0x04, 0x25, 1, medium, 9, 0, 0, 0],
        _ => [0x78, 0x56, 0x34, 0x12, 0x25, 0x04, 1, medium, 9, 0, 0, 0],
    };
    let records = hex::decode(records.split_whitespace().collect::<String>()).unwrap();
    let body = [&[0x08, 0x01, code][..], &header, &records].concat();
    let length = u8::try_from(body.len()).unwrap();
    let sum = body.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    let frame = [&[0x68, length, length, 0x68][..], &body, &[sum, 0x16]].concat();
    match decode(Format::Mbus, &frame, &Options::default()) {
        Decoded::One(Ok(frame)) => frame,
        other => panic!("{records:02x?}: {other:?}"),
    }
}

/// A record as `register value unit state`, and its time.
fn line(record: &Record) -> String {
    let value = match &record.value {
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.to_string(),
        Value::None => "-".to_owned(),
    };
    let unit = record.unit.map_or("-", Unit::symbol);
    let time = record.time.map_or_else(String::new, |time| format!(" at {time}"));
    format!("{} {value} {unit} {}{time}", record.register(), record.state.name())
}

fn check(medium: u8, cases: &[(&str, &str)]) {
    for (records, expected) in cases {
        let frame = answer(0x72, medium, records);
        let lines: Vec<_> = frame.records.iter().map(line).collect();
        assert_eq!(lines, [*expected], "{records}");
    }
}

const ELECTRICITY: u8 = 2;
const HEAT: u8 = 4;
const WATER: u8 = 7;

#[test]
fn every_unit_of_the_tables() {
    check(
        HEAT,
        &[
            ("04 0F 02000000", "6-0:1.0.0 20000000 J valid"),
            ("04 FB00 15000000", "6-0:1.0.0 2.1 MWh valid"),
            ("04 FB09 15000000", "6-0:1.0.0 21 GJ valid"),
            ("04 FB0D 15000000", "6-0:1.0.0 21 Mcal valid"),
            ("04 FB0F 15000000", "6-0:1.0.0 2100 Mcal valid"),
            ("04 FB10 15000000", "6-0:2.0.0 2100 m3 valid"),
            ("04 1F 15000000", "6-0:3.0.0 210000 kg valid"),
            ("04 FB18 15000000", "6-0:3.0.0 2100 t valid"),
            ("04 FB28 15000000", "6-0:8.0.0 2.1 MW valid"),
            ("04 37 15000000", "6-0:8.0.0 210000000 J/h valid"),
            ("04 FB30 15000000", "6-0:8.0.0 2.1 GJ/h valid"),
            ("04 45 15000000", "6-0:9.0.0 0.21 m3/min valid"),
            ("04 4A 15000000", "6-0:9.0.0 0.0000021 m3/s valid"),
            ("02 56 1500", "x:mass_flow.instantaneous.0.0.0 21000 kg/h valid"),
            ("02 69 1500", "6-0:13.0.0 0.21 bar valid"),
            ("02 FB1A D201", "x:humidity.instantaneous.0.0.0 46.6 % valid"),
            ("04 FB23 15000000", "x:volume.instantaneous.0.0.0 21 - valid"),
            ("02 FB58 D201", "x:flow_temperature.instantaneous.0.0.0 0.466 - valid"),
            ("04 20 15000000", "x:on_time.instantaneous.0.0.0 21 s valid"),
            ("04 27 15000000", "x:operating_time.instantaneous.0.0.0 21 d valid"),
            ("01 71 0F", "x:averaging_duration.instantaneous.0.0.0 15 min valid"),
            ("02 FD74 E803", "x:battery_time.instantaneous.0.0.0 1000 d valid"),
            ("02 FDFD02 3000", "x:battery_time.instantaneous.0.0.0 48 - valid"),
            ("02 FDFD83 74 3000", "x:battery_time.instantaneous.0.0.0 0.48 - valid"),
        ],
    );
    check(
        ELECTRICITY,
        &[
            ("04 FB02 15000000", "1-0:3.8.0 21 kvarh valid"),
            ("04 FB05 15000000", "1-0:9.8.0 210 kVAh valid"),
            ("04 FB14 15000000", "1-0:3.7.0 0.021 kvar valid"),
            ("04 FB34 15000000", "1-0:9.7.0 0.021 kVA valid"),
            ("02 FB2E 88 13", "1-0:14.7.0 500.0 Hz valid"),
            ("02 FB2B 2C 01", "x:phase_angle.instantaneous.0.0.0 30.0 deg valid"),
            ("02 FD47 F6 08", "1-0:12.7.0 22.94 V valid"),
            ("03 FD59 FEFFFF", "1-0:11.7.0 -0.002 A valid"),
        ],
    );
}

#[test]
fn numbers_of_every_length_and_sign() {
    check(
        WATER,
        &[
            ("03 13 FFFFFF", "8-0:1.0.0 -0.001 m3 valid"),
            ("03 13 000080", "8-0:1.0.0 - m3 absent"),
            ("06 13 FFFFFFFFFF7F", "8-0:1.0.0 140737488355.327 m3 valid"),
            ("06 13 FEFFFFFFFFFF", "8-0:1.0.0 -0.002 m3 valid"),
            ("07 13 FFFFFFFFFFFFFF7F", "8-0:1.0.0 9223372036854775.807 m3 valid"),
            ("07 17 FFFFFFFFFFFFFF7F", "8-0:1.0.0 92233720368547758070 m3 valid"),
            ("05 13 0000C07F", "8-0:1.0.0 - m3 absent"),
            ("05 16 0000203F", "8-0:1.0.0 0.625 m3 valid"),
            ("0A 13 34F2", "8-0:1.0.0 -0.234 m3 valid"),
            ("0E 13 9999999999F9", "8-0:1.0.0 -99999999.999 m3 valid"),
            ("0C 13 FFFFFFFF", "8-0:1.0.0 - m3 absent"),
            ("0B 13 DDDDDD", "8-0:1.0.0 - m3 error"),
            ("0D 13 C2 3412", "8-0:1.0.0 1.234 m3 valid"),
            ("0D 13 D2 3412", "8-0:1.0.0 -1.234 m3 valid"),
            ("0D 13 E3 010001", "8-0:1.0.0 65.537 m3 valid"),
            ("0D 13 E0", "8-0:1.0.0 - m3 absent"),
            ("0D FD0C 03 43 42 41", "x:model.instantaneous.0.0.0 ABC - valid"),
            ("00 13", "8-0:1.0.0 - m3 absent"),
        ],
    );
}

#[test]
fn dates_and_times() {
    check(
        WATER,
        &[
            ("02 6C DF 2C", "x:date.instantaneous.0.0.0 - - valid at 2022-12-31"),
            ("04 6D 3B 97 DF 2C", "x:time.instantaneous.0.0.0 - - valid at 2022-12-31T23:59:00"),
            ("04 6D BB 17 DF 2C", "x:time.instantaneous.0.0.0 - - error at 2022-12-31T23:59:00"),
            ("04 6D 00 00 00 00", "x:time.instantaneous.0.0.0 - - absent"),
            ("04 6D 1E 0C 00 00", "x:time.instantaneous.0.0.0 - - absent"),
            ("06 6D 31 3B 17 DF 2C 00", "x:time.instantaneous.0.0.0 - - valid at 2022-12-31T23:59:49"),
            ("03 6D 00 00 00", "x:time.instantaneous.0.0.0 00:00:00 - valid"),
            ("04 6D 00 00 7F C1", "x:time.instantaneous.0.0.0 - - valid at 1999-01-31T00:00:00"),
            ("04 6D 00 20 7F C1", "x:time.instantaneous.0.0.0 - - valid at 2099-01-31T00:00:00"),
            ("04 6D 00 00 FF F1", "x:time.instantaneous.0.0.0 - - unknown"),
            ("02 6C 21 F1", "x:date.instantaneous.0.0.0 - - unknown"),
        ],
    );
}

#[test]
fn registers_of_many_blocks() {
    check(
        ELECTRICITY,
        &[
            // Three DIFE: storage 1 + 2·3 + 2^5·1 + 2^9·2, tariff 1 + 4·2, subunit 1 + 4.
            ("C4 D3 A1 42 03 07000000", "x:energy.instantaneous.5.9.1063 7 Wh valid"),
            ("84 10 03 07000000", "1-0:1.8.1 7 Wh valid"),
            ("94 20 2B 07000000", "x:power.maximum.0.2.0 7 W valid"),
        ],
    );
}

#[test]
fn vife_that_name_another_register() {
    check(
        ELECTRICITY,
        &[
            ("04 833B 07000000", "1-0:1.8.0 7 Wh valid"),
            ("04 833C 07000000", "1-0:2.8.0 7 Wh valid"),
            ("04 83FC01 07000000", "1-0:21.8.0 7 Wh valid"),
            // Export on phase 2, in either order: never the export of all phases.
            ("04 83BCFC02 07000000", "1-0:42.8.0 7 Wh valid"),
            ("04 83FC823C 07000000", "1-0:42.8.0 7 Wh valid"),
            ("04 83FC14 07000000", "1-0:2.8.0 7 Wh valid"),
            // Apparent energy of export has no code here, with or without a phase.
            ("04 FB85BCFC02 07000000", "x:apparent_energy.instantaneous.0.0.0 70 kVAh valid"),
            ("04 FDC9FC05 07000000", "x:voltage.instantaneous.0.0.0 7 V valid"),
            ("04 83FC11 FFFFFFFE", "1-0:1.8.0 4278190079 Wh valid"),
            ("04 ABFC12 FFFFFFFF", "1-0:1.7.0 4294967295 W valid"),
            // A limit that was exceeded backwards is no export.
            ("04 83C03C 07000000", "x:limit.instantaneous.0.0.0 7 Wh valid"),
        ],
    );
    check(
        WATER,
        &[
            ("04 933C 07000000", "x:reverse_volume.instantaneous.0.0.0 0.007 m3 valid"),
            ("04 9322 07000000", "x:volume_flow.instantaneous.0.0.0 0.007 m3/h valid"),
            ("04 9372 07000000", "8-0:1.0.0 0.0000007 m3 valid"),
            ("04 937D 07000000", "8-0:1.0.0 7 m3 valid"),
            ("04 937E 07000000", "x:volume.instantaneous.0.0.0 0.007 m3 valid"),
            ("01 9341 07", "x:event_count.instantaneous.0.0.0 7 1 valid"),
            ("02 BB4A DF2C", "x:date.instantaneous.0.0.0 - - valid at 2022-12-31"),
            ("02 BB52 0700", "x:duration.instantaneous.0.0.0 7 h valid"),
            ("02 E9A2 48 0700", "x:limit.instantaneous.0.0.0 0.07 bar valid"),
        ],
    );
}

#[test]
fn vife_that_report_errors() {
    check(
        WATER,
        &[
            ("04 9315 07000000", "8-0:1.0.0 - m3 absent"),
            // What the meter marks as bad is handed on as such, with the number that it sent.
            ("04 9316 07000000", "8-0:1.0.0 0.007 m3 error"),
            ("04 9318 07000000", "8-0:1.0.0 0.007 m3 error"),
            ("34 13 07000000", "x:volume.error.0.0.0 0.007 m3 error"),
            ("04 A418 07000000", "x:error_time.instantaneous.0.0.0 7 s valid"),
        ],
    );
}

#[test]
fn plain_text_units_stand_at_either_place() {
    check(
        WATER,
        &[
            ("02 FC 74 03 48 52 25 D2 01", "x:humidity.instantaneous.0.0.0 4.66 % valid"),
            ("02 FC 03 48 52 25 74 D2 01", "x:humidity.instantaneous.0.0.0 4.66 % valid"),
            ("02 7C 03 48 52 25 D2 01", "x:humidity.instantaneous.0.0.0 466 % valid"),
            ("02 7C 02 0D 0A D2 01", "x:unknown.instantaneous.0.0.0 466 - valid"),
        ],
    );
}

#[test]
fn high_byte_first() {
    let low = answer(0x72, WATER, "04 13 56341200 0D FD0C 03 434241 02 6C DF2C");
    let high = answer(0x76, WATER, "04 13 00123456 0D FD0C 03 414243 02 6C 2CDF");
    assert_eq!(high, low);
    assert_eq!(line(&high.records[0]), "8-0:1.0.0 1193.046 m3 valid");
}
