//! What a SenML pack holds, as facts.

use jiff::Timestamp;
use metering::{Quantity, Unit};

use super::*;
use crate::{State, WarningKind};

fn frames(text: &str, received: Option<Timestamp>) -> Vec<Frame> {
    let options = Options { received, ..Options::default() };
    decode_json(text.as_bytes(), &options).into_results().into_iter().map(Result::unwrap).collect()
}

#[test]
fn base_fields_are_resolved() {
    let text = r#"[{"bn":"urn:dev:ow:10e2:","bt":1276020076,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},
        {"n":"current","t":-5,"v":1.2},{"n":"current","t":1.5,"v":1.30}]"#;
    let frames = frames(text, None);
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0].device.address.as_deref(), Some("urn:dev:ow:10e2"));
    let told: Vec<_> = frames[0]
        .records
        .iter()
        .map(|r| (r.quantity, r.value.number().unwrap().to_string(), r.unit, r.time.unwrap().to_string()))
        .collect();
    let volt = (Quantity::Voltage, "120.1".to_owned(), Some(Unit::Volt), "2010-06-08T18:01:16Z".to_owned());
    let first = (Quantity::Current, "1.2".to_owned(), Some(Unit::Ampere), "2010-06-08T18:01:11Z".to_owned());
    let second =
        (Quantity::Current, "1.30".to_owned(), Some(Unit::Ampere), "2010-06-08T18:01:17.5Z".to_owned());
    assert_eq!(told, [volt, first, second]);
}

#[test]
fn a_relative_time_needs_the_receipt() {
    let text = r#"[{"n":"urn:dev:a:8-0:1.0.0","u":"m3","v":1,"t":-60}]"#;
    let record = &frames(text, Some(Timestamp::from_second(1_790_812_800).unwrap()))[0].records[0];
    assert_eq!(record.time.unwrap().to_string(), "2026-09-30T23:59:00Z");
    let without = &frames(text, None)[0];
    assert_eq!(without.records[0].time, None);
    assert_eq!(without.warnings[0].kind, WarningKind::InvalidTime);
    assert_eq!(without.device.address.as_deref(), Some("urn:dev:a"));
    assert_eq!(without.records[0].register().to_string(), "8-0:1.0.0");
}

#[test]
fn a_sum_is_the_integral_over_seconds() {
    let frame = &frames(r#"[{"bn":"a/","n":"power","u":"W","v":3,"bs":100,"s":3600}]"#, None)[0];
    assert_eq!(frame.records[0].unit, Some(Unit::Watt));
    assert_eq!((frame.records[1].quantity, frame.records[1].unit), (Quantity::Energy, Some(Unit::Joule)));
    assert_eq!(frame.records[1].value.number().unwrap().to_string(), "3700");
}

#[test]
fn two_devices_are_two_frames() {
    let text = r#"[{"n":"a/8-0:1.0.0","u":"m3","v":1},{"n":"b/8-0:1.0.0","u":"m3","v":2}]"#;
    let addresses: Vec<_> =
        frames(text, None).into_iter().map(|frame| frame.device.address.unwrap()).collect();
    assert_eq!(addresses, ["a", "b"]);
}

#[test]
fn what_must_be_understood_and_is_not_refuses_the_pack() {
    for text in [r#"[{"n":"a","v":1,"must_":1}]"#, r#"[{"bver":11,"n":"a","v":1}]"#] {
        let error = decode_json(text.as_bytes(), &Options::default()).into_results().remove(0).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsupported, "{text}");
    }
    for text in ["[]", "{}", r#"[{"n":"a","v":"1"}]"#, r#"[{"n":"a"}]"#, "[1]"] {
        let error = decode_json(text.as_bytes(), &Options::default()).into_results().remove(0).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Structure, "{text}");
    }
}

#[test]
fn a_long_base_name_does_not_multiply() {
    let text = format!(r#"[{{"bn":"{}","n":"a","v":1}},{{"v":2}}]"#, "x".repeat(300));
    assert!(matches!(decode_json(text.as_bytes(), &Options::default()), Decoded::One(Err(_))));
}

#[test]
fn cbor_is_the_same_pack() {
    // [{-2: "a/", 0: "8-0:1.0.0", 1: "m3", 2: 4([-3, 12345])}, {0: "x", 1: "V", 2: f16 NaN}]
    let mut bytes = vec![0x82, 0xA4, 0x21, 0x62, b'a', b'/', 0x00, 0x69];
    bytes.extend(b"8-0:1.0.0");
    bytes.extend([0x01, 0x62, b'm', b'3', 0x02, 0xC4, 0x82, 0x22, 0x19, 0x30, 0x39]);
    bytes.extend([0xA3, 0x00, 0x61, b'x', 0x01, 0x61, b'V', 0x02, 0xF9, 0x7E, 0x00]);
    let Decoded::One(Ok(frame)) = decode_cbor(&bytes, &Options::default()) else { panic!() };
    assert_eq!(frame.format, Format::SenmlCbor);
    assert_eq!(frame.records[0].value.number().unwrap().to_string(), "12.345");
    assert_eq!((frame.records[1].quantity, frame.records[1].state), (Quantity::Voltage, State::Error));
}
