//! Real telegrams and pushes: what the sources state is what we read.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the comparison of drivers' fields is for radio and wired frames")]
mod support;

use metering::Obis;
use protocols::{Decoded, ErrorKind, Format, Frame, Value};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use support::{Tally, Vector, own_vectors, vectors};

#[test]
fn p1_telegrams() {
    let vectors = vectors(Format::P1, "dsmr.jsonl");
    let mut tally = Tally::default();
    for vector in vectors.iter().filter(|vector| vector.expect["objects"].is_array()) {
        match vector.decode(Format::P1) {
            Decoded::One(Ok(frame)) if vector.kind == "decode" => {
                tally.understood += 1;
                objects(vector, &frame, &mut tally);
            }
            // Published with a CRC that is not its own: refused, as any damaged telegram.
            Decoded::One(Err(error)) if vector.kind == "decode-crc-not-reproducible" => {
                assert_eq!(error.kind, ErrorKind::Checksum, "{}", vector.id);
                continue;
            }
            other => tally.misses.push(format!("{}: {other:?}", vector.id)),
        }
        tally.frames += 1;
    }
    tally.finish("dsmr.jsonl", 97);
}

/// Every value with a unit, and every number without one that is a count, must be a record of its code.
fn objects(vector: &Vector, frame: &Frame, tally: &mut Tally) {
    for object in vector.expect["objects"].as_array().unwrap() {
        let values = object["values"].as_array().unwrap();
        let codes: Vec<Obis> = std::iter::once(&object["obis"])
            .chain(values.iter().map(|value| &value["value"]))
            .filter_map(|code| code.as_str()?.parse().ok())
            .collect();
        let with_unit: Vec<&Json> = values.iter().filter(|value| value["unit"].is_string()).collect();
        // The gas value of version 3 stands without its unit; a lone value is a number or a text.
        let stated = match (with_unit.is_empty(), values.len()) {
            (false, _) => with_unit,
            (true, 1 | 7) => values.last().into_iter().collect(),
            (true, _) => continue,
        };
        for value in stated {
            let text = value["value"].as_str().unwrap();
            tally.numbers += 1;
            if codes.iter().any(|code| *code == Obis::new(0, 0, 1, 0, 0)) || holds(frame, &codes, text) {
                tally.equal += 1;
            } else {
                tally.misses.push(format!("{}: {} {text}", vector.id, object["obis"]));
            }
        }
    }
}

fn holds(frame: &Frame, codes: &[Obis], text: &str) -> bool {
    let number = text.parse::<Decimal>().ok();
    let device_type = codes.iter().any(|code| (code.c, code.d) == (24, 1));
    device_type
        || frame.device.version.is_some_and(|version| version.to_string() == text)
        || frame.records.iter().filter(|record| record.obis.is_some_and(|obis| codes.contains(&obis))).any(
            |record| match &record.value {
                Value::Number(found) => number == Some(*found),
                Value::Text(found) => found == text,
                Value::None => text.is_empty(),
            },
        )
}

/// Luxembourg's: opened with the key, and refused by kind without it, with another one, or cut.
#[test]
fn sealed_p1_telegrams() {
    let sealed: Vec<Vector> = own_vectors(Format::P1)
        .into_iter()
        .filter(|vector| vector.expect["records"].is_array() || vector.kind == "error")
        .collect();
    assert!(sealed.len() >= 5, "{} sealed telegrams", sealed.len());
    for vector in &sealed {
        match (vector.expect["outcome"].as_str(), vector.decode(Format::P1)) {
            (None, Decoded::One(Ok(frame))) => {
                for stated in vector.expect["records"].as_array().unwrap() {
                    let obis: Obis = stated["obis"].as_str().unwrap().parse().unwrap();
                    let text = stated["value"].as_str().or(stated["text"].as_str()).unwrap();
                    assert!(holds(&frame, &[obis], text), "{}: {obis} {text}", vector.id);
                }
            }
            (Some(outcome), Decoded::One(Err(error))) => {
                // A tag that does not come out may be the key's fault or the line's.
                let is_tag = outcome.contains("(tag)") && error.kind == ErrorKind::Integrity;
                assert!(is_tag || outcome == error.kind.name(), "{}: {outcome}, not {error}", vector.id);
            }
            (outcome, other) => panic!("{}: {outcome:?}, not {other:?}", vector.id),
        }
    }
}

#[test]
fn dlms_notifications() {
    let vectors = vectors(Format::DlmsPush, "dlms.jsonl");
    let mut tally = Tally::default();
    for vector in &vectors {
        match vector.decode(Format::DlmsPush) {
            Decoded::One(Ok(frame)) => {
                tally.frames += 1;
                tally.understood += 1;
                notification(vector, &frame, &mut tally);
            }
            // The source replaced the meter's number in the frame and not its check sequence.
            Decoded::One(Err(error)) if !frame_check_comes_out(&vector.hex) => {
                assert_eq!(error.kind, ErrorKind::Checksum, "{}", vector.id);
                println!("REFUSED {}: {error}", vector.id);
            }
            other => panic!("{}: {other:?}", vector.id),
        }
    }
    tally.finish("dlms.jsonl", 97);
}

fn notification(vector: &Vector, frame: &Frame, tally: &mut Tally) {
    let floats = vector.expect["floats"].as_object().unwrap();
    // The source's parser prints a described list's attribute indexes, all of them zero, for values.
    let are_indexes = floats.values().all(|value| value.as_f64() == Some(0.0));
    for (code, value) in floats.iter().filter(|_| !are_indexes) {
        tally.numbers += 1;
        let stated: Decimal = value.as_number().unwrap().to_string().parse().unwrap();
        let found = record(frame, code).and_then(|record| record.value.number());
        if found == Some(stated) {
            tally.equal += 1;
        } else {
            tally.misses.push(format!("{}: {code} {stated}, got {found:?}", vector.id));
        }
    }
    for (code, value) in vector.expect["strings"].as_object().into_iter().flatten() {
        let stated = value.as_str().unwrap();
        let record = record(frame, code).unwrap_or_else(|| panic!("{}: {code}", vector.id));
        match &record.value {
            Value::Text(text) => assert_eq!(text, stated, "{}: {code}", vector.id),
            _ => assert_eq!(
                record.time.unwrap().to_string().replace('T', " "),
                stated,
                "{}: {code}",
                vector.id
            ),
        }
    }
}

/// `1.0.1.7.0.255`.
fn record<'a>(frame: &'a Frame, code: &str) -> Option<&'a protocols::Record> {
    let mut groups = code.split('.').map(|group| group.parse::<u8>().unwrap());
    let mut next = || groups.next().unwrap();
    let obis = Obis { a: next(), b: next(), c: next(), d: next(), e: next(), f: next() };
    frame.records.iter().find(|record| record.obis == Some(obis))
}

/// CRC X.25 over an HDLC frame, written here a second time so that the test does not ask the code that it tests.
fn frame_check_comes_out(frame: &[u8]) -> bool {
    let Some((content, check)) = frame.get(1..frame.len() - 1).and_then(<[u8]>::split_last_chunk::<2>) else {
        return true;
    };
    let crc = content.iter().fold(0xFFFF_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0x8408 } else { 0 })
    });
    frame[0] != 0x7E || !crc == u16::from_le_bytes(*check)
}

#[test]
fn ctwing_pushes() {
    for line in support::cases::lines("vectors", "ctwing.jsonl").into_iter().flatten() {
        let vector = support::vector(&line);
        let Decoded::One(Ok(frame)) = vector.decode(Format::Ctwing) else { panic!("{}", vector.id) };
        let names: Vec<&str> = frame
            .device
            .address
            .iter()
            .map(protocols::SmolStr::as_str)
            .chain(frame.records.iter().filter_map(|record| match &record.value {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            }))
            .collect();
        for key in ["deviceId", "imei"] {
            if let Some(name) = vector.expect[key].as_str() {
                assert!(names.contains(&name), "{}: {key} {name} in {names:?}", vector.id);
            }
        }
        if vector.expect["opaque_base64"] == true {
            assert!(frame.manufacturer_data.is_some(), "{}", vector.id);
        }
    }
}
