//! The records of EN 13757-3, each written here byte by byte: what a line of the table has on its left says what stands
//! on its right, and nothing else.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use protocols::{Answer, DecodeError, Decoded, ErrorKind, Format, Frame, Options, Value, decode};

/// RSP_UD of device 1 with this control information.
fn answer(code: u8, data: &[u8]) -> Vec<u8> {
    let body = [&[0x08, 0x01, code][..], data].concat();
    let length = u8::try_from(body.len()).unwrap();
    let sum = body.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    [&[0x68, length, length, 0x68][..], &body, &[sum, 0x16]].concat()
}

fn try_read(code: u8, hex_data: &str) -> Result<Frame, DecodeError> {
    let data = hex::decode(hex_data.replace(' ', "")).unwrap();
    match decode(Format::Mbus, &answer(code, &data), &Options::default()) {
        Decoded::One(result) => result,
        Decoded::Many(_) => panic!("one frame"),
    }
}

/// Records without a header: quantity, value, unit, state, and what of its place, time and warnings is not the usual.
fn shown(records: &str) -> String {
    let frame = try_read(0x78, records).unwrap();
    let mut lines: Vec<String> = Vec::new();
    for record in &frame.records {
        let value = match &record.value {
            Value::None => "-".to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) => format!("{text:?}"),
        };
        let unit = record.unit.map_or("-", |unit| unit.symbol());
        let mut line =
            vec![record.quantity.name().to_owned(), value, unit.to_owned(), record.state.name().to_owned()];
        let place = [
            ("storage", record.storage),
            ("tariff", record.tariff.into()),
            ("subunit", record.subunit.into()),
        ];
        line.extend(
            place.iter().filter(|(_, number)| *number != 0).map(|(name, number)| format!("{name} {number}")),
        );
        let function = record.function.name();
        line.extend((function != "instantaneous").then(|| function.to_owned()));
        line.extend(record.time.map(|time| time.to_string()));
        line.extend(record.precision.map(|precision| format!("{precision:?}").to_lowercase()));
        let line = line.join(" ");
        lines.push(line);
    }
    lines.extend(frame.warnings.iter().map(|warning| format!("! {}", warning.kind.name())));
    lines.join("; ")
}

fn check(table: &[(&str, &str)]) {
    for (records, expected) in table {
        assert_eq!(shown(records), *expected, "{records}");
    }
}

#[test]
fn codings_of_the_dif() {
    check(&[
        ("01 13 05", "volume 0.005 m3 valid"),
        ("01 5B FE", "flow_temperature -2 Cel valid"),
        ("02 5A 0C FF", "flow_temperature -24.4 Cel valid"),
        ("03 13 01 02 00", "volume 0.513 m3 valid"),
        ("04 13 D2 04 00 00", "volume 1.234 m3 valid"),
        ("05 2B 00 00 C0 3F", "power 1.5 W valid float32"),
        ("06 13 00 00 00 00 01 00", "volume 4294967.296 m3 valid"),
        ("07 13 00 00 00 00 00 01 00 00", "volume 1099511627.776 m3 valid"),
        ("09 13 42", "volume 0.042 m3 valid"),
        ("0A 13 34 12", "volume 1.234 m3 valid"),
        ("0B 13 56 34 12", "volume 123.456 m3 valid"),
        ("0C 13 78 56 34 12", "volume 12345.678 m3 valid"),
        ("0E 13 12 90 78 56 34 12", "volume 123456789.012 m3 valid"),
        ("0A 5A 44 F2", "flow_temperature -24.4 Cel valid"),
    ]);
}

#[test]
fn lengths_of_variable_data() {
    check(&[
        ("0D 78 04 34 33 32 31", "fabrication_number \"1234\" - valid"),
        ("0D 13 C2 34 12", "volume 1.234 m3 valid"),
        ("0D 13 D2 34 12", "volume -1.234 m3 valid"),
        ("0D 13 E2 D2 04", "volume 1.234 m3 valid"),
        ("0D 13 00", "volume - m3 absent"),
        // Four bytes of type M are no type F.
        ("0D 6D E4 01 02 03 04", "time - - unknown; ! invalid_time"),
    ]);
    assert_eq!(try_read(0x78, "0D 13 FB 00").unwrap_err().kind, ErrorKind::Structure);
}

#[test]
fn values_that_are_none() {
    check(&[
        ("00 13", "volume - m3 absent"),
        ("01 5B 80", "flow_temperature - Cel absent"),
        ("02 5A 00 80", "flow_temperature - Cel absent"),
        ("04 13 00 00 00 80", "volume - m3 absent"),
        ("0C 13 FF FF FF FF", "volume - m3 absent"),
        ("05 2B 00 00 C0 7F", "power - W absent float32"),
        // A display's EEEE, and a digit that is none in the middle.
        ("0A 5A EE EE", "flow_temperature - Cel error; ! invalid_digit"),
        ("0C 13 78 5A 34 12", "volume - m3 error; ! invalid_digit"),
    ]);
}

#[test]
fn places_and_functions() {
    check(&[
        ("14 13 01 00 00 00", "volume 0.001 m3 valid maximum"),
        ("24 13 01 00 00 00", "volume 0.001 m3 valid minimum"),
        ("34 13 01 00 00 00", "volume 0.001 m3 error error"),
        ("44 13 01 00 00 00", "volume 0.001 m3 valid storage 1"),
        ("C4 01 13 01 00 00 00", "volume 0.001 m3 valid storage 3"),
        ("84 10 13 01 00 00 00", "volume 0.001 m3 valid tariff 1"),
        ("84 40 13 01 00 00 00", "volume 0.001 m3 valid subunit 1"),
        ("84 80 50 13 01 00 00 00", "volume 0.001 m3 valid tariff 4 subunit 2"),
    ]);
}

#[test]
fn dates_and_times() {
    check(&[
        ("42 6C 5F 2C", "date - - valid storage 1 2018-12-31"),
        ("04 6D 0F 0A 56 3B", "time - - valid 2026-11-22T10:15:00"),
        ("06 6D 1E 0F 0A 56 3B 00", "time - - valid 2026-11-22T10:15:30"),
        // The meter's own mark, and a day that is none.
        ("04 6D 8F 0A 56 3B", "time - - error 2026-11-22T10:15:00"),
        ("42 6C FF FF", "date - - absent storage 1"),
        ("42 6C 5E 22", "date - - unknown storage 1; ! invalid_time"),
        // A time of a storage number is that of its values.
        (
            "42 6C 5F 2C 44 13 01 00 00 00",
            "date - - valid storage 1 2018-12-31; volume 0.001 m3 valid storage 1 2018-12-31",
        ),
    ]);
}

#[test]
fn extension_tables_and_plain_text() {
    check(&[
        ("04 FB 01 05 00 00 00", "energy 5 MWh valid"),
        ("04 FB 08 05 00 00 00", "energy 0.5 GJ valid"),
        ("02 FD 48 FC 08", "voltage 230.0 V valid"),
        ("01 7C 03 33 5E 6D 05", "volume 5 m3 valid"),
        // The standard's order, and that of meters in the field.
        ("02 FC 74 03 48 52 25 D4 11", "humidity 45.64 % valid"),
        ("02 FC 03 48 52 25 74 D4 11", "humidity 45.64 % valid"),
        ("01 6F 05", "unknown 5 - valid; ! unknown_vif"),
        ("01 FB 06 05", "unknown 5 - valid; ! unknown_vif"),
    ]);
}

#[test]
fn orthogonal_codes() {
    check(&[
        ("04 93 3C 01 00 00 00", "reverse_volume 0.001 m3 valid"),
        ("04 93 22 01 00 00 00", "volume_flow 0.001 m3/h valid"),
        ("04 93 73 01 00 00 00", "volume 0.000001 m3 valid"),
        ("04 93 7D 01 00 00 00", "volume 1 m3 valid"),
        ("04 93 40 01 00 00 00", "limit 0.001 m3 valid"),
        ("04 93 41 07 00 00 00", "event_count 7 1 valid"),
        ("04 93 50 07 00 00 00", "duration 7 s valid"),
        ("04 93 15 00 00 00 00", "volume - m3 absent"),
        // A number that the meter calls wrong, as with the function "value in error state".
        ("04 93 18 01 00 00 00", "volume 0.001 m3 error"),
        ("04 93 78 01 00 00 00", "volume 0.001 m3 valid; ! unknown_vif"),
    ]);
}

#[test]
fn series_in_one_record() {
    check(&[
        // Absolute values of two bytes, then increments, going back from the base.
        ("0D 93 1F 06 02 01 05 00 04 00", "volume 0.005 m3 valid storage 1; volume 0.004 m3 valid storage 2"),
        ("0D 93 1F 04 42 01 05 00", "interval_usage 0.005 m3 valid storage 1"),
        // Going forward.
        ("CD 02 93 13 04 02 01 05 00", "volume 0.005 m3 valid storage 4"),
    ]);
}

#[test]
fn what_is_no_record() {
    check(&[
        ("2F 2F 01 13 05 2F", "volume 0.005 m3 valid"),
        ("01 13 05 1F", "volume 0.005 m3 valid; ! more_follows"),
        ("01 13 05 3F 00", "volume 0.005 m3 valid; ! unknown_dif"),
    ]);
    assert_eq!(try_read(0x78, "01 13 05 0F AA BB").unwrap().manufacturer_data, Some(vec![0xAA, 0xBB]));
    for cut in ["04 13 01 00 00", "04", "84", "04 93", "0D 78 04 31"] {
        assert_eq!(try_read(0x78, cut).unwrap_err().kind, ErrorKind::Structure, "{cut}");
    }
    let ten_and_one = format!("84 {} 00 13 01 00 00 00", "80 ".repeat(10));
    assert_eq!(try_read(0x78, &ten_and_one).unwrap_err().kind, ErrorKind::Structure);
}

#[test]
fn errors_and_alarms_of_the_application() {
    assert_eq!(try_read(0x70, "08").unwrap().answer, Some(Answer::Error("busy".to_owned())));
    assert_eq!(try_read(0x70, "").unwrap().answer, Some(Answer::Error("unspecified".to_owned())));
    let alarm = try_read(0x71, "04").unwrap();
    assert_eq!(alarm.events[0].kind.name(), "alarm");
    assert_eq!(try_read(0x79, "00").unwrap_err().kind, ErrorKind::Unsupported);
}
