//! Real frames of real meters, through the front door: published over MQTT, and pushed as an operator's platform does,
//! for meters that were imported under their addresses. What is understood is stored with the values that the frames'
//! sources state; the rest is rejected by kind; the counts add up.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::Value;
use support::FrontDoor;

/// When the platform says that it took each frame in.
const PUSHED_AT: &str = "2026-06-01T00:00:00Z";

/// A frame, and what its source says of it.
struct Vector {
    id: String,
    format: String,
    bytes: Vec<u8>,
    address: String,
    expected: Expected,
}

/// What must become of it.
#[derive(Debug, PartialEq)]
enum Expected {
    /// Stored: values by register and unit of the wire, at the meter's time, if it has one.
    Readings { values: Vec<(&'static str, Decimal, &'static str)>, time: Option<Timestamp> },
    /// Stored as a valid frame without readings: an answer or a request without values.
    Nothing,
    /// Rejected as this kind.
    Rejected(&'static str),
}

#[tokio::test(flavor = "multi_thread")]
async fn real_frames_are_stored_with_the_values_that_their_sources_state() {
    let Some(vectors) = vectors() else { return };
    let Some(mut door) = FrontDoor::new().await else { return };
    // The oldest of them is of 2007.
    door.settings("oldest_days = 10000");
    import_meters(&door, &vectors);
    door.start().await;

    // Every other topic leaves it to the frame whose it is.
    let message = |(n, vector): (usize, &Vector)| {
        let address = if n % 2 == 0 { vector.address.as_str() } else { "-" };
        (format!("meters/{}/{address}/up", vector.format), vector.bytes.clone())
    };
    door.publish(vectors.iter().enumerate().map(message).collect()).await;
    door.received(count(vectors.iter())).await;
    let (stored, rejected) = expected_counts(&vectors);
    assert_eq!(door.counts(), [stored, 0, 0, rejected], "stored, duplicate, conflict, rejected");
    check_rejections(&door, &vectors, 1);
    let published = check_readings(&door, &vectors, "mqtt", None);

    // The same frames from the operator: those that have a clock and nothing else are known by it already.
    let pushed_at: Timestamp = PUSHED_AT.parse().unwrap();
    for vector in &vectors {
        let document = serde_json::json!({
            "messageType": "dataReport", "deviceId": "d0c1", "protocol": "tcp",
            "timestamp": pushed_at.as_millisecond(),
            "payload": {"APPdata": BASE64_STANDARD.encode(&vector.bytes)},
        });
        let status =
            door.post("/push/ctwing", "Content-Type: application/json\r\n", &document.to_string()).await;
        assert_eq!(status, 200, "{}", vector.id);
    }
    door.received(2 * count(vectors.iter())).await;
    let [stored, duplicate, conflict, rejected_in_all] = door.counts();
    assert_eq!((conflict, rejected_in_all), (0, 2 * rejected), "a second way brings no second value");
    assert_eq!(stored + duplicate + rejected_in_all, 2 * count(vectors.iter()));
    check_rejections(&door, &vectors, 2);
    check_readings(&door, &vectors, "push", Some(pushed_at));
    assert_eq!(check_readings(&door, &vectors, "mqtt", None), published, "what was stored stands");
}

/// The collection, or `None`, said aloud, where it is absent.
fn vectors() -> Option<Vec<Vector>> {
    let lines = support::cases::lines("vectors", "cjt188.jsonl")?;
    Some(lines.iter().map(|line| vector(&serde_json::from_str(line).unwrap())).collect())
}

fn vector(line: &Value) -> Vector {
    let expect = &line["expect"];
    let address =
        expect["address"].as_str().or(line["derived"]["address"].as_str()).unwrap_or("-").to_owned();
    Vector {
        id: line["id"].as_str().unwrap().to_owned(),
        format: line["format"].as_str().unwrap().to_owned(),
        bytes: hex::decode(line["hex"].as_str().unwrap()).unwrap(),
        expected: expected(line["kind"].as_str().unwrap(), expect, &address),
        address,
    }
}

/// What the source's words come down to. Names of fields differ from source to source.
fn expected(kind: &str, expect: &Value, address: &str) -> Expected {
    if kind == "error" {
        return Expected::Rejected("checksum");
    }
    // Nobody bills gas here, and AA… is everybody's address: no such meter is imported.
    if !importable(expect, address) {
        return Expected::Rejected("unknown_meter");
    }
    let fields = if expect["fields"].is_object() { &expect["fields"] } else { expect };
    let number = |name: &str, register, unit| {
        let (text, unit) = match &fields[name] {
            Value::Array(pair) => (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap()),
            Value::String(text) => (text.clone(), unit),
            Value::Number(number) => (number.to_string(), unit),
            _ => return None,
        };
        Some((register, text.parse::<Decimal>().unwrap(), unit.to_owned()))
    };
    let told = [
        number("current", "8-0:1.0.0", "m3"),
        number("cumulativeUsageLitres", "8-0:1.0.0", "l"),
        number("heat_current", "6-0:1.0.0", "kWh"),
        number("heat_2", "6-0:1.0.0", "kWh"),
        number("volume", "6-0:2.0.0", "m3"),
        number("flow_rate", "6-0:9.0.0", "m3/h"),
        number("supply_temp", "6-0:10.0.0", "Cel"),
        number("return_temp", "6-0:11.0.0", "Cel"),
    ];
    let values: Vec<_> = told
        .into_iter()
        .flatten()
        .map(|(register, value, unit)| {
            let (value, unit) = canonical(value, &unit);
            (register, value, unit)
        })
        .collect();
    if values.is_empty() {
        return Expected::Nothing;
    }
    let time = fields["time"].as_str().or(fields["meterClock"].as_str()).and_then(instant);
    Expected::Readings { values, time }
}

fn importable(expect: &Value, address: &str) -> bool {
    !expect["type"].as_str().is_some_and(|kind| kind.contains("gas"))
        && address.bytes().all(|b| b.is_ascii_digit())
}

/// In one unit of each kind, to be compared: heat in MJ, volume in m3.
fn canonical(value: Decimal, unit: &str) -> (Decimal, &'static str) {
    match unit {
        "kWh" => (value * Decimal::new(36, 1), "MJ"),
        "l" => (value / Decimal::ONE_THOUSAND, "m3"),
        "m3" => (value, "m3"),
        "m3/h" => (value, "m3/h"),
        "Cel" => (value, "Cel"),
        other => panic!("a unit that this test does not know: {other}"),
    }
}

/// `20150511220131`, `2015-05-11 22:01:31` and the like, Shanghai; `None` for a clock that is no time.
fn instant(text: &str) -> Option<Timestamp> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let civil = DateTime::strptime("%Y%m%d%H%M%S", &digits).ok()?;
    Some(civil.to_zoned(TimeZone::get("Asia/Shanghai").unwrap()).unwrap().timestamp())
}

/// A meter for each address that one can be imported under: its serial is its address.
fn import_meters(door: &FrontDoor, vectors: &[Vector]) {
    let mut meters = BTreeMap::new();
    for vector in vectors.iter().filter(|vector| vector.address.bytes().all(|b| b.is_ascii_digit())) {
        let heat = matches!(&vector.expected, Expected::Readings { values, .. } if values.iter().any(|v| v.0 == "6-0:1.0.0"));
        // A gas meter among them stays unknown.
        if vector.expected != Expected::Rejected("unknown_meter") {
            meters.entry(vector.address.clone()).or_insert(heat);
        }
    }
    let mut services = "service_no,account_no,service,use_class,tariff,from\n".to_owned();
    let mut rows = "serial,medium,protocol,address,service_no,installed_at,register,opening\n".to_owned();
    for (n, (address, heat)) in meters.iter().enumerate() {
        let (service, register) = if *heat { ("heat", "6-0:1.0.0") } else { ("water", "8-0:1.0.0") };
        writeln!(services, "S{n},1,{service},resident,T,2000-01-01").unwrap();
        writeln!(rows, "{address},{service},cjt188,{address},S{n},2000-01-01,{register},0").unwrap();
    }
    door.import("accounts", "account_no,name,opened_on\n1,One,2000-01-01\n");
    door.import("services", &services);
    door.import("meters", &rows);
}

fn expected_counts(vectors: &[Vector]) -> (i64, i64) {
    let rejected = count(vectors.iter().filter(|vector| matches!(vector.expected, Expected::Rejected(_))));
    (count(vectors.iter()) - rejected, rejected)
}

fn count(items: impl Iterator) -> i64 {
    i64::try_from(items.count()).unwrap()
}

/// `rejections list` has each frame that must be rejected `times` times, by its kind, and no other.
fn check_rejections(door: &FrontDoor, vectors: &[Vector], times: usize) {
    let mut told = BTreeMap::new();
    for rejection in door.csv(&["rejections", "list"]) {
        *told.entry(rejection["kind"].clone()).or_insert(0) += 1;
    }
    let mut wanted = BTreeMap::new();
    for vector in vectors {
        if let Expected::Rejected(kind) = vector.expected {
            *wanted.entry(kind.to_owned()).or_insert(0) += times;
        }
    }
    assert_eq!(told, wanted);
}

/// `readings export` has the values of every frame that came by `source`: at the meter's time where it has a clock,
/// else when the frame came in (or when the platform says it did). A frame with a clock that came by another door
/// before is there from then. Returns all rows of that source.
fn check_readings(
    door: &FrontDoor,
    vectors: &[Vector],
    source: &str,
    sent: Option<Timestamp>,
) -> BTreeSet<BTreeMap<String, String>> {
    let rows = door.csv(&["readings", "export"]);
    for vector in vectors {
        let Expected::Readings { values, time } = &vector.expected else { continue };
        for (register, value, unit) in values {
            let found = rows.iter().find(|row| {
                let at: Timestamp = row["time"].parse().unwrap();
                let received: Timestamp = row["received"].parse().unwrap();
                let at_its_time = match time.or(sent) {
                    Some(time) => at == time,
                    None => at.as_second() == received.as_second(),
                };
                row["serial"] == vector.address
                    && row["register"] == *register
                    && (time.is_some() || row["source"] == source)
                    && at_its_time
                    && canonical(row["value"].parse().unwrap(), &row["unit"]) == (*value, *unit)
            });
            let row = found.unwrap_or_else(|| {
                let own: Vec<_> = rows.iter().filter(|row| row["serial"] == vector.address).collect();
                panic!("{} by {source}: no {register} = {value} {unit} at {time:?} among {own:#?}", vector.id)
            });
            assert_eq!(row["quality"], "actual", "{}", vector.id);
        }
    }
    rows.into_iter().filter(|row| row["source"] == source).collect()
}
