//! The real frames of `cases/vectors` (CJ/T 188, DL/T 645, Modbus): each value that their sources state, compared
//! with what is read. Their sources state no licence, so that they stand beside the tree alone.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../tests/support/cases.rs"]
#[expect(dead_code, reason = "none of these frames stands in the tree")]
mod cases;

use protocols::{Answer, Decoded, Format, Frame, Options, Value, decode};
use rust_decimal::Decimal;
use serde_json::Value as Json;

/// What the comparison has counted.
#[derive(Default)]
struct Count {
    frames: usize,
    understood: usize,
    values: usize,
    equal: usize,
    misses: Vec<String>,
}

fn compare(file: &str) -> Option<Count> {
    let lines = cases::lines("vectors", file)?;
    let mut count = Count::default();
    for line in lines {
        vector(&serde_json::from_str(&line).unwrap(), &mut count);
    }
    eprintln!(
        "{file}: {}/{} understood, {}/{} stated values equal",
        count.understood, count.frames, count.equal, count.values
    );
    for miss in &count.misses {
        eprintln!("  {miss}");
    }
    Some(count)
}

fn vector(vector: &Json, count: &mut Count) {
    let id = vector["id"].as_str().unwrap();
    let Ok(format) = vector["format"].as_str().unwrap().parse::<Format>() else {
        eprintln!("  {id}: {} is no format of the contract", vector["format"]);
        return;
    };
    let bytes = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
    let decoded = decode(format, &bytes, &Options::default());
    count.frames += 1;
    let frames = match (vector["kind"].as_str().unwrap(), decoded) {
        ("error", decoded) => {
            let refused = decoded.into_results().iter().all(|result| {
                result.as_ref().map_or(true, |frame| matches!(frame.answer, Some(Answer::Error(_))))
            });
            count.understood += usize::from(refused);
            if !refused {
                count.misses.push(format!("{id}: an error is taken for a frame"));
            }
            return;
        }
        ("robustness" | "unsupported", _) => {
            count.understood += 1;
            return;
        }
        (_, Decoded::One(Err(error))) => {
            count.misses.push(format!("{id}: {error}"));
            return;
        }
        (_, decoded) => decoded.into_results(),
    };
    let frames: Vec<Frame> = frames.into_iter().filter_map(Result::ok).collect();
    count.understood += usize::from(!frames.is_empty());
    for (name, stated) in facts(&vector["expect"]) {
        let Some(holds) = holds(&frames, &name, stated) else { continue };
        count.values += 1;
        count.equal += usize::from(holds);
        if !holds {
            count.misses.push(format!("{id}: {name} = {stated}, not so in {:?}", shown(&frames)));
        }
    }
}

/// Each fact that `expect` states, `fields` laid open.
fn facts(expect: &Json) -> Vec<(String, &Json)> {
    let mut facts = Vec::new();
    for (name, value) in expect.as_object().unwrap() {
        match value {
            Json::Object(inner) if name == "fields" => {
                facts.extend(inner.iter().map(|(name, value)| (name.clone(), value)));
            }
            _ => facts.push((name.clone(), value)),
        }
    }
    facts
}

/// Whether the frames say so; `None` where the fact is no value of the record (a role, a control code, prose).
fn holds(frames: &[Frame], name: &str, stated: &Json) -> Option<bool> {
    let records = || frames.iter().flat_map(|frame| &frame.records);
    let number = |text: &str| records().any(|r| close(r.value.number(), text));
    let time = |text: &str| {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let none = !digits.is_empty() && digits.bytes().all(|digit| digit == b'0');
        let same = |shown: String| shown.chars().filter(char::is_ascii_digit).collect::<String>() == digits;
        none || records().any(|r| r.time.is_some_and(|time| same(time.to_string())))
            || records().any(|r| matches!(&r.value, Value::Text(text) if same(text.to_string())))
    };
    Some(match (name, stated) {
        ("address", Json::String(address)) => frames.iter().any(|frame| {
            frame.device.address.as_ref().is_some_and(|found| found.eq_ignore_ascii_case(address))
        }),
        ("slave", Json::Number(unit)) => {
            frames.iter().any(|frame| frame.device.address.as_deref() == Some(&unit.to_string()))
        }
        (
            "type" | "control" | "di" | "di_wire" | "di97" | "name" | "role" | "meaning" | "ser"
            | "data_minus_33" | "address_wire" | "sequence" | "data" | "quantity" | "function"
            | "raw_payload" | "start" | "source_use" | "note" | "unit" | "packetType" | "meterType",
            _,
        ) => return None,
        // Both are signs of absence: the reading has no time, the value is no number.
        ("time" | "settlement", Json::Null) => true,
        ("time" | "meterClock", Json::String(text)) if is_time(text) => time(text),
        // A month 00 is no time; it is reported as a warning.
        ("time", Json::String(_)) => frames.iter().any(|frame| !frame.warnings.is_empty()),
        ("status", Json::String(bytes)) => {
            let raw = |r: &protocols::Record| matches!(&r.value, Value::Text(text) if text == bytes);
            records().any(raw)
                || frames.iter().any(|f| matches!(&f.answer, Some(Answer::Error(code)) if code == bytes))
        }
        ("imei" | "iccid", Json::String(digits)) => {
            records().any(|r| matches!(&r.value, Value::Text(text) if text == digits))
        }
        ("values", Json::Array(values)) => values.iter().all(|value| match value {
            Json::Null => records().any(|r| r.value == Value::None),
            Json::String(text) if text.starts_with("INVALID") => {
                frames.iter().any(|frame| !frame.warnings.is_empty())
            }
            value => number(value.as_str().unwrap()),
        }),
        ("registers", Json::Array(registers)) => registers.iter().all(|register| {
            let register = u16::from_str_radix(register.as_str().unwrap(), 16).unwrap();
            number(&register.to_string())
        }),
        (_, Json::Array(pair)) => {
            let (value, unit) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
            records().any(|r| close(r.value.number(), value) && r.unit.is_some_and(|u| u.symbol() == unit))
        }
        (_, Json::Number(value)) => number(&value.to_string()),
        (_, Json::String(value)) => number(value),
        (_, other) => panic!("{name}: {other}"),
    })
}

/// Fourteen digits with a month, or a text with colons.
fn is_time(text: &str) -> bool {
    text.contains(':') || text == "0".repeat(14) || (text.len() == 14 && &text[4..6] != "00")
}

/// Equal, or within the precision of a binary float, as sources print those.
fn close(found: Option<Decimal>, stated: &str) -> bool {
    let (Some(found), Ok(stated)) =
        (found, stated.trim_start_matches('0').parse::<Decimal>().or(stated.parse()))
    else {
        return false;
    };
    found == stated || (found - stated).abs() <= stated.abs() * Decimal::new(1, 7) && stated.scale() > 0
}

fn shown(frames: &[Frame]) -> Vec<String> {
    let records = frames.iter().flat_map(|frame| &frame.records);
    records.map(|r| format!("{} {:?} {:?}", r.quantity, r.value, r.time)).collect()
}

fn check(file: &str) {
    let Some(count) = compare(file) else { return };
    assert!(count.understood * 100 >= count.frames * 97, "{file}: fewer than 97 % understood");
    assert!(count.equal * 100 >= count.values * 95, "{file}: fewer than 95 % of the values");
}

#[test]
fn cjt188_frames_say_what_their_sources_say() {
    check("cjt188.jsonl");
}

#[test]
fn dlt645_frames_say_what_their_sources_say() {
    check("dlt645.jsonl");
}

#[test]
fn modbus_frames_say_what_their_sources_say() {
    check("modbus-rtu.jsonl");
}
