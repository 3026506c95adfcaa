//! Real radio telegrams: what the sources state is what we read.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use metering::Unit;
use protocols::{ErrorKind, Format};
use rust_decimal::Decimal;
use support::{Stated, Tally, Vector, driver_numbers, vectors};

#[test]
fn what_the_sources_state_is_what_we_read() {
    let vectors = vectors(Format::Wmbus, "wmbus.jsonl");
    let mut tally = Tally::default();
    for vector in vectors.iter().filter(|vector| vector.kind == "decode") {
        tally.frames += 1;
        match vector.decode(Format::Wmbus) {
            protocols::Decoded::One(Ok(frame)) => {
                tally.understood += 1;
                if let Some(id) = vector.expect["id"].as_str() {
                    let address = frame.device.address.as_deref().unwrap_or_default();
                    assert_eq!(address, id.to_ascii_lowercase(), "{}", vector.id);
                }
                tally.numbers(&vector.id, &frame, &stated(vector));
            }
            other => {
                // What a refused frame would have said is missing too.
                tally.numbers += stated(vector).len();
                tally.misses.push(format!("{}: {other:?}", vector.id));
            }
        }
    }
    tally.finish("wmbus.jsonl", 95);
}

fn stated(vector: &Vector) -> Vec<Stated> {
    match vector.expect["dataRecord"].as_array() {
        None => driver_numbers(&vector.expect),
        Some(records) => records
            .iter()
            .filter_map(|record| {
                let number: Decimal = record["value"].as_number()?.to_string().parse().ok()?;
                let unit = match record["unit"].as_str()? {
                    "Wh" => Some(Unit::WattHour),
                    "W" => Some(Unit::Watt),
                    "m³" => Some(Unit::CubicMetre),
                    "m³/h" => Some(Unit::CubicMetrePerHour),
                    "°C" => Some(Unit::Celsius),
                    _ => None,
                };
                Some(Stated { name: record["description"].to_string(), number, unit })
            })
            .collect(),
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_kind() {
    let vectors = vectors(Format::Wmbus, "wmbus.jsonl");
    for vector in vectors.iter().filter(|vector| vector.kind == "error") {
        let kind = match vector.expect["error"].as_str().unwrap() {
            "NO_AES_KEY" => ErrorKind::KeyMissing,
            "WRONG_AES_KEY" => ErrorKind::KeyWrong,
            "DATA_RECORD_CACHE_MISSING" => ErrorKind::StateMissing,
            _ => ErrorKind::Truncated,
        };
        for result in vector.decode(Format::Wmbus).into_results() {
            match result {
                Err(error) => assert_eq!(error.kind, kind, "{}: {error}", vector.id),
                Ok(frame) => panic!("{}: accepted as {frame:?}", vector.id),
            }
        }
    }
}
