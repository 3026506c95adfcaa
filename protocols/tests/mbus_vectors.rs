//! Real wired frames: what the sources state is what we read.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use metering::Unit;
use protocols::{Answer, ErrorKind, Format, Frame};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use support::{Stated, Tally, Vector, driver_numbers, holds, vectors};

#[test]
fn what_the_sources_state_is_what_we_read() {
    let vectors = vectors(Format::Mbus, "mbus.jsonl");
    let mut tally = Tally::default();
    for vector in vectors.iter().filter(|vector| vector.kind == "decode") {
        tally.frames += 1;
        match vector.decode(Format::Mbus) {
            protocols::Decoded::One(Ok(frame)) => {
                tally.understood += 1;
                compare(vector, &frame, &mut tally);
            }
            other => tally.misses.push(format!("{}: {other:?}", vector.id)),
        }
    }
    tally.finish("mbus.jsonl", 95);
}

#[test]
fn what_is_wrong_is_refused_or_reported() {
    let vectors = vectors(Format::Mbus, "mbus.jsonl");
    for vector in vectors.iter().filter(|vector| vector.kind == "error") {
        for result in vector.decode(Format::Mbus).into_results() {
            match (vector.expect["outcome"].as_str(), result) {
                (Some("application error report"), Ok(frame)) => {
                    assert!(matches!(frame.answer, Some(Answer::Error(_))), "{}", vector.id);
                }
                (_, Err(error)) => {
                    let kinds = [ErrorKind::Structure, ErrorKind::Truncated, ErrorKind::Checksum];
                    assert!(kinds.contains(&error.kind), "{}: {error}", vector.id);
                }
                (_, Ok(frame)) => panic!("{}: accepted as {frame:?}", vector.id),
            }
        }
    }
}

fn compare(vector: &Vector, frame: &Frame, tally: &mut Tally) {
    let expect = &vector.expect;
    match expect["normalized"]["records"].as_array() {
        Some(records) => in_order(&vector.id, frame, records, tally),
        None => tally.numbers(&vector.id, frame, &driver_numbers(expect)),
    }
}

/// libmbus lists the records as they stand in the frame; the maker's own data are one more, at the end.
fn in_order(id: &str, frame: &Frame, records: &[Json], tally: &mut Tally) {
    for (stated, record) in records.iter().zip(&frame.records) {
        let Ok(number) = stated["Value"].as_str().unwrap_or_default().parse::<Decimal>() else { continue };
        let unit = match stated["Unit"].as_str().unwrap_or_default() {
            "Wh" => Some(Unit::WattHour),
            "W" => Some(Unit::Watt),
            "m^3" => Some(Unit::CubicMetre),
            "m^3/h" => Some(Unit::CubicMetrePerHour),
            "°C" => Some(Unit::Celsius),
            "K" => Some(Unit::Kelvin),
            "V" => Some(Unit::Volt),
            "A" => Some(Unit::Ampere),
            "s" => Some(Unit::Second),
            _ => None,
        };
        let name = format!("{} {} {unit:?}", stated["id"], stated["Quantity"]);
        let stated = Stated { name, number, unit };
        tally.numbers += 1;
        if holds(record, &stated) {
            tally.equal += 1;
        } else {
            tally.misses.push(format!("{id}: {} = {number}, got {record:?}", stated.name));
        }
    }
}
