//! What an LwM2M payload holds, as facts.

use super::*;

fn one(bytes: &[u8], profile: Option<&str>) -> Result<Frame, DecodeError> {
    match decode(bytes, &Options { profile, ..Options::default() }) {
        Decoded::One(result) => result,
        Decoded::Many(_) => panic!("several frames"),
    }
}

/// Resource 1 (float 12.5), 9 (true), 11 (false), 5518 (2026-10-01T00:00:00Z), 6042 (4), as section 6.4.3 has it.
fn water() -> Vec<u8> {
    let mut bytes = vec![0xC4, 1];
    bytes.extend(0x4148_0000_u32.to_be_bytes());
    bytes.extend([0xC1, 9, 1, 0xC1, 11, 0]);
    bytes.extend([0xE4, 0x15, 0x8E]);
    bytes.extend(1_790_812_800_u32.to_be_bytes());
    bytes.extend([0xE1, 0x17, 0x9A, 4]);
    bytes
}

#[test]
fn a_water_meter_is_told_by_its_resources() {
    for (bytes, profile) in [(water(), None), (water(), Some("/3424/0"))] {
        let frame = one(&bytes, profile).unwrap();
        assert_eq!(frame.records.len(), 1);
        let record = &frame.records[0];
        assert_eq!(record.value.number().unwrap().to_string(), "12.5");
        assert_eq!((record.obis.unwrap().to_string(), record.state), ("8-0:1.0.0".to_owned(), State::Valid));
        assert_eq!(record.time.unwrap().to_string(), "2026-10-01T00:00:00Z");
        assert_eq!(frame.events, [EventKind::Leak.into()]);
        assert!(frame.warnings.is_empty());
    }
}

#[test]
fn a_rejected_measurement_is_in_error() {
    let mut bytes = water();
    *bytes.last_mut().unwrap() = 1;
    assert_eq!(one(&bytes, None).unwrap().records[0].state, State::Error);
}

#[test]
fn two_meters_behind_a_module_are_two_channels() {
    let instance = |id: u8| {
        let mut bytes = vec![0x06, id, 0xC4, 1];
        bytes.extend(0x3F80_0000_u32.to_be_bytes());
        bytes
    };
    let frame = one(&[instance(0), instance(1)].concat(), Some("3424")).unwrap();
    let codes: Vec<_> = frame.records.iter().map(|record| record.obis.unwrap().to_string()).collect();
    assert_eq!(codes, ["8-0:1.0.0", "8-1:1.0.0"]);
}

#[test]
fn a_payload_that_names_no_object_is_not_guessed_at() {
    let mut bytes = vec![0xC4, 1];
    bytes.extend(0x4148_0000_u32.to_be_bytes());
    assert_eq!(one(&bytes, None).unwrap_err().kind, ErrorKind::Unsupported);
    assert_eq!(one(&bytes[..3], Some("3424")).unwrap_err().kind, ErrorKind::Truncated);
}

#[test]
fn senml_carries_the_path_and_the_unit() {
    let text = br#"[{"bn":"/3331/0/","n":"5700","u":"Wh","v":1234.5},{"n":"5750","vs":"heat pump"}]"#;
    let frame = one(text, None).unwrap();
    assert_eq!(frame.format, Format::Lwm2m);
    assert_eq!(frame.records[0].unit, Some(Unit::WattHour));
    assert_eq!(frame.records[0].obis, Some(Obis::ELECTRICITY_IMPORT));
    assert_eq!(frame.records[1].value, Value::Text("heat pump".into()));
}

#[test]
fn the_makers_bytes_are_handed_on() {
    let frame = one(&[0x86, 0, 0x44, 0, 1, 2, 3, 4], Some("/19/0")).unwrap();
    assert_eq!(frame.manufacturer_data.as_deref(), Some(&[1, 2, 3, 4][..]));
}

/// A request of CJ/T 188 in 19/0/0: the path is the payload's, and no profile of the meter's.
#[test]
fn a_meters_frame_in_the_makers_bytes_is_read() {
    let request =
        [0x68, 0x10, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0x01, 0x03, 0x90, 0x1F, 0x00, 0xD1, 0x16];
    let frame = one(&[&[0xC8, 0, 16][..], &request].concat(), Some("/19/0")).unwrap();
    assert_eq!((frame.format, frame.answer), (Format::Lwm2m, Some(crate::Answer::Request)));
    assert_eq!(frame.device.address.as_deref(), Some("AAAAAAAAAAAAAA"));
}
