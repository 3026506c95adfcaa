//! What a DLMS push holds, as facts.

#![expect(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use super::*;
use crate::anatomy::Field;
use crate::{Format, State, crc};

const KEY: [u8; 16] = *b"0123456789abcdef";
const AUTHENTICATION: [u8; 16] = *b"fedcba9876543210";

/// `[[1-0:1.8.0, 123456, [-1, Wh]], [0-0:96.1.0, "M1"], [0-0:1.0.0, 2026-10-25T02:30:00 deviation -120]]`.
fn apdu() -> Vec<u8> {
    let mut bytes = vec![0x0F, 0, 0, 0, 1, 0, 0x02, 0x03];
    bytes.extend([0x02, 3, 9, 6, 1, 0, 1, 8, 0, 255, 6, 0, 1, 0xE2, 0x40, 2, 2, 0x0F, 0xFF, 0x16, 30]);
    bytes.extend([0x02, 2, 9, 6, 0, 0, 96, 1, 0, 255, 0x0A, 2, b'M', b'1']);
    bytes.extend([
        0x02, 2, 9, 6, 0, 0, 1, 0, 0, 255, 9, 12, 0x07, 0xEA, 10, 25, 7, 2, 30, 0, 0, 0xFF, 0x88, 0x80,
    ]);
    bytes
}

fn hdlc(information: &[u8], is_segmented: bool) -> Vec<u8> {
    let length = information.len() + 9;
    let mut frame = vec![
        0xA0 | if is_segmented { 8 } else { 0 } | u8::try_from(length >> 8).unwrap(),
        length.to_be_bytes()[7],
    ];
    frame.extend([0x41, 0x03, 0x13]);
    frame.extend(crc::x25(&frame).to_le_bytes());
    frame.extend(information);
    frame.extend(crc::x25(&frame).to_le_bytes());
    [&[0x7E], frame.as_slice(), &[0x7E]].concat()
}

fn one(bytes: &[u8], key: Option<&[u8]>) -> Result<Frame, DecodeError> {
    match decode(bytes, &Options { key, ..Options::default() }) {
        Decoded::One(result) => result,
        Decoded::Many(results) => panic!("{results:?}"),
    }
}

fn check(frame: &Frame) {
    assert_eq!(frame.device.address.as_deref(), Some("M1"));
    let energy = &frame.records[0];
    assert_eq!(energy.value.number().unwrap().to_string(), "12345.6");
    assert_eq!(energy.unit, Some(metering::Unit::WattHour));
    assert_eq!(energy.time.unwrap().to_string(), "2026-10-25T00:30:00Z");
}

#[test]
fn every_transport_brings_the_same_list() {
    let apdu = apdu();
    let llc = [&[0xE6, 0xE7, 0x00], apdu.as_slice()].concat();
    let (head, tail) = llc.split_at(20);
    let shared_flag = [&hdlc(head, true)[..], &hdlc(tail, false)[1..]].concat();
    let own_flags = [hdlc(head, true), hdlc(tail, false)].concat();
    let wrapper = [&[0, 1, 0, 1, 0, 1, 0, u8::try_from(apdu.len()).unwrap()], apdu.as_slice()].concat();
    let (blocks, mbus) = (blocks(&apdu, 30), mbus(&apdu, 30));
    for bytes in [apdu.clone(), hdlc(&llc, false), shared_flag, own_flags, wrapper, blocks, mbus] {
        check(&one(&bytes, None).unwrap());
    }
}

/// Two blocks.
fn blocks(apdu: &[u8], cut: usize) -> Vec<u8> {
    let (head, tail) = apdu.split_at(cut);
    let block = |control: u8, part: &[u8]| {
        [&[0xE0, control, 0, 1, 0, 0, u8::try_from(part.len()).unwrap()], part].concat()
    };
    [block(0x40, head), block(0xC0, tail)].concat()
}

/// Two M-Bus frames.
fn mbus(apdu: &[u8], cut: usize) -> Vec<u8> {
    let (head, tail) = apdu.split_at(cut);
    let part = |control: u8, part: &[u8]| {
        let content = [&[0x53, 0xFF, control, 1, 0x67], part].concat();
        let sum = content.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        let length = u8::try_from(content.len()).unwrap();
        [&[0x68, length, length, 0x68], content.as_slice(), &[sum, 0x16]].concat()
    };
    [part(0x00, head), part(0x11, tail)].concat()
}

#[test]
fn two_messages_are_two_frames() {
    let llc = [&[0xE6, 0xE7, 0x00], apdu().as_slice()].concat();
    let both = [hdlc(&llc, false), hdlc(&llc, false)].concat();
    let results = decode(&both, &Options::default()).into_results();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 2);
}

#[test]
fn a_key_is_missing_wrong_or_right_and_a_tag_comes_out_or_not() {
    let both = [KEY, AUTHENTICATION].concat();
    let plain = security::sealed_for_test(KEY, None, &apdu());
    let tagged = security::sealed_for_test(KEY, Some(AUTHENTICATION), &apdu());
    check(&one(&plain, Some(&KEY)).unwrap());
    let frame = one(&tagged, Some(&both)).unwrap();
    check(&frame);
    assert!(frame.warnings.is_empty());
    assert_eq!(frame.device.manufacturer.as_deref(), Some("ABC"));
    assert_eq!(frame.device.access, Some(7));
    let unchecked = one(&tagged, Some(&KEY)).unwrap();
    assert_eq!(unchecked.warnings[0].kind, WarningKind::Unauthenticated);
    let mut damaged = tagged.clone();
    damaged[40] ^= 1;
    let wrong = [[7; 16], AUTHENTICATION].concat();
    for (bytes, key, kind) in [
        (&plain, None, ErrorKind::KeyMissing),
        (&plain, Some(&[7; 16][..]), ErrorKind::KeyWrong),
        (&plain, Some(&[7; 5][..]), ErrorKind::KeyWrong),
        (&tagged, Some(&wrong[..]), ErrorKind::KeyWrong),
        (&damaged, Some(&both[..]), ErrorKind::Integrity),
    ] {
        assert_eq!(one(bytes, key).unwrap_err().kind, kind);
    }
}

#[test]
fn a_list_by_position_has_the_codes_of_its_model() {
    let mut bytes = vec![0x0F, 0, 0, 0, 0, 0, 2, 9];
    bytes.extend([9, 7]);
    bytes.extend(b"KFM_001");
    bytes.extend([9, 2, b'4', b'2', 9, 2, b'M', b'A']);
    for number in [1000_u32, 0, 5, 0, 2345, 2301] {
        bytes.push(6);
        bytes.extend(number.to_be_bytes());
    }
    let frame = one(&bytes, None).unwrap();
    let told: Vec<_> = frame
        .records
        .iter()
        .filter_map(|r| Some(format!("{} {} {}", r.register(), r.value.number()?, r.unit?)))
        .collect();
    assert_eq!(told[0], "1-0:1.7.0 1000 W");
    assert_eq!(told[4..], ["1-0:31.7.0 2.345 A", "1-0:32.7.0 230.1 V"]);
    assert_eq!(frame.device.address.as_deref(), Some("42"));
}

#[test]
fn a_value_without_scaler_is_in_doubt_unless_the_model_tells() {
    let list = |name: &[u8], [c, d]: [u8; 2]| {
        let mut bytes = vec![0x0F, 0, 0, 0, 0, 0, 2, 3, 0x0A, u8::try_from(name.len()).unwrap()];
        bytes.extend(name);
        bytes.extend([9, 6, 1, 1, c, d, 0, 255, 6, 0, 0, 0, 7]);
        one(&bytes, None).unwrap().records.remove(0)
    };
    for (code, told) in [
        ([1, 8], "70 Wh"),
        ([22, 7], "7 W"),
        ([62, 8], "70 Wh"),
        ([51, 7], "0.07 A"),
        ([72, 7], "7 V"),
        ([33, 7], "0.07 1"),
    ] {
        let kamstrup = list(b"Kamstrup_V0001", code);
        let unit = kamstrup.unit.map(metering::Unit::symbol).unwrap_or_default();
        assert_eq!(format!("{} {unit}", kamstrup.value.number().unwrap()), told);
        assert_eq!(kamstrup.state, State::Valid);
    }
    assert_eq!(list(b"Nobody_V1", [1, 8]).state, State::Unknown);
}

#[test]
fn an_entry_may_end_with_its_code() {
    let mut bytes = vec![0x0F, 0, 0, 0, 0, 0, 2, 2];
    for (number, c) in [(7, 1), (9, 2)] {
        bytes.extend([2, 4, 6, 0, 0, 0, number, 0x12, 0, 3, 2, 2, 0x0F, 1, 0x16, 30]);
        bytes.extend([9, 6, 1, 0, c, 8, 0, 255]);
    }
    let frame = one(&bytes, None).unwrap();
    let told: Vec<_> =
        frame.records.iter().map(|r| format!("{} {}", r.register(), r.value.number().unwrap())).collect();
    assert_eq!(told, ["1-0:1.8.0 70", "1-0:2.8.0 90"]);
}

#[test]
fn a_declared_count_is_not_believed() {
    assert_eq!(
        one(&[0x0F, 0, 0, 0, 0, 0, 2, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], None).unwrap_err().kind,
        ErrorKind::Truncated
    );
    let deep = [&[0x0F, 0, 0, 0, 0, 0][..], &[2, 1].repeat(100)].concat();
    assert_eq!(one(&deep, None).unwrap_err().kind, ErrorKind::Structure);
}

/// The parts of a buffer as bytes and field: records by their number, `*` where they were encrypted.
fn parts(bytes: &[u8], key: Option<&[u8]>) -> Vec<String> {
    let options = Options { key, ..Options::default() };
    let anatomy = crate::dissect(bytes, Some(Format::DlmsPush), &decode(bytes, &options), &options);
    assert_eq!(anatomy.parts.iter().map(|part| part.len).sum::<usize>(), bytes.len());
    let told = anatomy.parts.iter().map(|part| {
        let field = match part.field {
            Field::Record(record) => record.to_string(),
            other => format!("{other:?}"),
        };
        let mark = if part.is_deciphered { "*" } else { "" };
        format!("{}{mark} {field}", hex::encode(&anatomy.bytes[part.offset..][..part.len]))
    });
    told.collect()
}

#[test]
fn a_value_over_two_frames_has_a_part_in_each() {
    let llc = [&[0xE6, 0xE7, 0x00], apdu().as_slice()].concat();
    let (head, tail) = llc.split_at(20);
    let shared_flag = [&hdlc(head, true)[..], &hdlc(tail, false)[1..]].concat();
    let told = parts(&shared_flag, None);
    let head = ["7e Start", "a81d Length", "4103 Address", "13 Control"];
    assert_eq!(told[..4], head);
    let value = told.iter().position(|part| part == "020309060100010800 0").unwrap();
    assert_eq!(told[value + 2], "7e End");
    assert_eq!(told[value + 3], "a03b Length");
    assert_eq!(told[value + 7..value + 9], ["ff060001e24002020fff161e 0", "020209060000600100ff0a024d31 1"]);
    let own_flags = [hdlc(&llc[..20], true), hdlc(tail, false)].concat();
    assert_eq!(parts(&own_flags, None).len(), told.len() + 1);
}

#[test]
fn what_came_encrypted_in_several_frames_is_shown_in_the_clear() {
    let key = [KEY, AUTHENTICATION].concat();
    let sealed = security::sealed_for_test(KEY, Some(AUTHENTICATION), &apdu());
    for bytes in [mbus(&sealed, 35), blocks(&sealed, 35)] {
        let told = parts(&bytes, Some(&key));
        assert!(told.iter().any(|part| part == "0f* Function"), "{told:#?}");
        let record = |part: &&String| part.ends_with("* 0");
        let whole: String = told.iter().filter(record).filter_map(|part| part.split('*').next()).collect();
        assert_eq!(whole, "020309060100010800ff060001e24002020fff161e", "{told:#?}");
        assert_eq!(told.iter().filter(record).count(), 2, "{told:#?}");
        assert!(told.iter().any(|part| part.ends_with(" Authenticator")), "{told:#?}");
        let hidden = parts(&bytes, None);
        let encrypted = hidden.iter().filter(|part| part.ends_with(" Encrypted")).count();
        assert_eq!(encrypted, 2, "{hidden:#?}");
    }
}

#[test]
fn each_message_of_a_buffer_has_its_parts() {
    let llc = [&[0xE6, 0xE7, 0x00], apdu().as_slice()].concat();
    let mut damaged = hdlc(&llc, false);
    damaged[30] ^= 1;
    let all = [hdlc(&llc, false), hdlc(&llc, false), damaged].concat();
    let told = parts(&all, None);
    assert_eq!(told.iter().filter(|part| part.ends_with(" 0")).count(), 2);
    assert!(told.last().unwrap().ends_with(" Unknown"));
}

#[test]
fn a_clock_and_a_number_that_their_place_names_have_their_parts() {
    let mut bytes = vec![0x0F, 0, 0, 0, 1, 0, 0x02, 0x05];
    bytes.extend([9, 12, 0x07, 0xEA, 10, 25, 7, 2, 30, 0, 0, 0xFF, 0x88, 0x80]);
    bytes.extend([9, 6, 1, 0, 1, 8, 0, 255, 6, 0, 0, 0, 9, 2, 2, 0x0F, 0, 0x16, 30]);
    bytes.extend([9, 2, b'4', b'2']);
    let told = parts(&bytes, None);
    assert_eq!(told[4], "090c07ea0a1907021e0000ff8880 1");
    assert_eq!(told[6], "09023432 2");
    // The same as values of an element that is none of them.
    let told = parts(&apdu(), None);
    assert_eq!(told.iter().filter(|part| part.ends_with(" 2")).count(), 1);
}
