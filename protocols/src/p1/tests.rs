//! What a P1 telegram holds, as facts.

use super::*;
use crate::{State, WarningKind, crc};

/// A telegram with its CRC, from its lines.
fn telegram(lines: &[&str]) -> Vec<u8> {
    let mut text = format!("/ABC5\\METER-1\r\n\r\n{}\r\n!", lines.join("\r\n"));
    let crc = crc::arc(text.as_bytes());
    text.push_str(&[format!("{crc:04X}"), "\r\n".to_owned()].concat());
    text.into_bytes()
}

fn one(bytes: &[u8]) -> Result<Frame, DecodeError> {
    match decode(bytes, &Options::default()) {
        Decoded::One(result) => result,
        Decoded::Many(_) => panic!("several telegrams"),
    }
}

fn told(frame: &Frame) -> Vec<String> {
    let numbers = frame.records.iter().filter_map(|record| {
        let number = record.value.number()?;
        let unit = record.unit.map(|unit| format!(" {unit}")).unwrap_or_default();
        let time = record.time.map(|time| format!(" {time}")).unwrap_or_default();
        Some(format!("{} {number}{unit}{time}", record.register()))
    });
    numbers.collect()
}

#[test]
fn a_telegram_of_version_5_with_a_gas_meter() {
    let bytes = telegram(&[
        "1-3:0.2.8(50)",
        "0-0:1.0.0(261025023000S)",
        "0-0:96.1.1(414243313233)",
        "1-0:1.8.1(000123.456*kWh)",
        "1-0:32.7.0(230.1*V)",
        "1-0:32.32.0(00002)",
        "0-0:96.13.0()",
        "0-1:24.1.0(003)",
        "0-1:24.2.1(261025022500W)(00046.138*m3)",
    ]);
    let frame = one(&bytes).unwrap();
    assert_eq!(frame.device.address.as_deref(), Some("ABC123"));
    assert_eq!(frame.device.manufacturer.as_deref(), Some("ABC"));
    assert_eq!(frame.device.version, Some(50));
    assert_eq!(
        told(&frame),
        [
            "1-0:1.8.1 123.456 kWh 2026-10-25T00:30:00Z",
            "1-0:32.7.0 230.1 V 2026-10-25T00:30:00Z",
            "1-0:32.32.0 2 1 2026-10-25T00:30:00Z",
            "0-1:24.2.1 46.138 m3 2026-10-25T01:25:00Z",
        ]
    );
    assert!(frame.warnings.is_empty(), "{:?}", frame.warnings);
}

#[test]
fn a_gas_value_of_version_3_stands_on_the_line_below() {
    let text = "/ABC5\\2\r\n\r\n0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00001.001)\r\n!\r\n";
    assert_eq!(told(&one(text.as_bytes()).unwrap()), ["0-1:24.2.1 1.001 m3 2009-02-12T16:00:00"]);
}

#[test]
fn a_history_of_peaks_keeps_their_times() {
    let bytes = telegram(&[
        "0-0:96.1.4(50217)",
        "0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)(230201000000W)(230117224500W)(04.329*kW)(230301000000W)(230202001500W)(04.529*kW)",
        "1-0:99.97.0(1)(0-0:96.7.19)(190326095015W)(0000002014*s)",
    ]);
    let frame = one(&bytes).unwrap();
    let storages: Vec<_> = frame.records.iter().map(|record| record.storage).collect();
    assert_eq!(storages, [0, 1, 2, 1]);
    assert_eq!(
        told(&frame),
        [
            "1-0:1.6.0 4.529 kW 2023-02-01T23:15:00Z",
            "1-0:1.6.0 4.329 kW 2023-01-17T21:45:00Z",
            "0-0:96.7.19 2014 s 2019-03-26T08:50:15Z",
        ]
    );
}

#[test]
fn a_time_that_is_none_leaves_the_value_in_doubt() {
    let frame = one(&telegram(&["0-1:24.2.3(632525252525W)(00000.000*m3)"])).unwrap();
    assert_eq!(frame.records[0].state, State::Unknown);
    assert_eq!(frame.records[0].time, None);
    assert_eq!(frame.warnings[0].kind, WarningKind::InvalidTime);
}

#[test]
fn the_check_may_be_x25_and_unpadded_and_must_be_there() {
    let good = telegram(&["1-3:0.2.8(50)", "1-0:1.8.0(1*kWh)"]);
    let end = good.iter().position(|byte| *byte == b'!').unwrap() + 1;
    let mut x25 = good[..end].to_vec();
    x25.extend(format!("{:X}\r\n", crc::x25(&good[..end])).bytes());
    assert!(one(&x25).is_ok());
    let cut = one(&good[..end]).unwrap_err();
    assert_eq!(cut.kind, ErrorKind::Truncated);
    let mut flipped = good.clone();
    flipped[40] ^= 1;
    assert_eq!(one(&flipped).unwrap_err().kind, ErrorKind::Checksum);
    assert_eq!(one(&good[..end - 1]).unwrap_err().kind, ErrorKind::Truncated);
}

#[test]
fn noise_before_and_a_second_telegram_behind() {
    let good = telegram(&["1-0:1.8.0(1*kWh)"]);
    let both = [b"\x00\xff123)\r\n".as_slice(), &good, &good].concat();
    let results = decode(&both, &Options::default()).into_results();
    assert_eq!(results.len(), 2);
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(one(b"nothing").unwrap_err().kind, ErrorKind::Structure);
}

#[test]
fn a_limit_of_both_directions_is_two_records() {
    let frame = one(&telegram(&["1-1:31.4.0(200*A)(-200*A)", "1-0:5.8.0(000001.234*kvarh)"])).unwrap();
    assert_eq!(told(&frame), ["1-1:31.4.0 200 A", "x:limit.minimum.0.0.0 -200 A", "1-0:5.8.0 1.234 kvarh"]);
    assert!(frame.warnings.is_empty(), "{:?}", frame.warnings);
}
