//! Real frames of real meters through the real doors: what is understood is stored with the values that the frames'
//! sources state, the rest is rejected by kind. The frames are read from outside the project.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::PathBuf;

use protocols::{Format, Options, decode};
use serde_json::Value;
use support::FrontDoor;

/// The collection of frames; `None`, said aloud, where it is absent.
fn vectors(file: &str) -> Option<Vec<Value>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let given = std::env::var_os("METERLINE_CASES").map(PathBuf::from);
    let places = given.into_iter().chain([root.join("../shared/cases"), root.join("../../shared/cases")]);
    let Some(folder) = places.map(|place| place.join("vectors")).find(|place| place.is_dir()) else {
        eprintln!("SKIPPED: there are no frames in {}", root.join("../shared/cases/vectors").display());
        return None;
    };
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// The counter that the source states, in cubic metres.
fn stated(expect: &Value) -> Option<String> {
    let current = expect.get("current").or_else(|| expect.pointer("/fields/current"))?;
    let (number, unit) = (current.get(0)?.as_str()?, current.get(1)?.as_str()?);
    (unit == "m3").then(|| number.trim_end_matches('0').trim_end_matches('.').to_owned())
}

#[tokio::test]
async fn real_cjt188_frames_come_in_through_mqtt_and_an_operators_push() {
    let Some(vectors) = vectors("cjt188.jsonl") else { return };
    let Some(mut door) = FrontDoor::new().await else { return };
    let mut frames = Vec::new();
    for vector in vectors.iter().filter(|vector| vector["format"] == "cjt188") {
        let bytes = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
        let results = decode(Format::Cjt188, &bytes, &Options::default()).into_results();
        let read = results.iter().flatten().any(|frame| frame.device.address.is_some());
        for frame in results.into_iter().flatten() {
            if let Some(address) = frame.device.address {
                let client = door.client().await;
                let add = "insert into meters (serial, medium, protocol, address) values ($1, 'water', 'cjt188', $1)
                           on conflict do nothing";
                client.execute(add, &[&address.as_str()]).await.unwrap();
            }
        }
        frames.push((vector, bytes, read));
    }
    door.start().await;
    for (n, (vector, bytes, read)) in (1..).zip(&frames) {
        let before = door.counts();
        door.publish(vec![("meters/cjt188/-/up".into(), bytes.clone())]).await;
        door.received(n).await;
        let after = door.counts();
        let rejected = after[3] - before[3];
        assert_eq!(rejected, i64::from(!read), "{}: {before:?} {after:?}", vector["id"]);
        if let Some(value) = stated(&vector["expect"]) {
            let address = vector["expect"]["address"].as_str().unwrap();
            let found = door.readings().iter().any(|reading| {
                reading.starts_with(&format!("{address},")) && reading.ends_with(&format!(",{value}"))
            });
            assert!(found, "{}: {address} reads {value} m3", vector["id"]);
        }
    }
    let stated = frames.iter().filter(|(vector, ..)| stated(&vector["expect"]).is_some()).count();
    assert!(stated >= 5, "{stated} frames with a stated counter");

    // The same frames as an operator's platform pushes them: known times are duplicates, no frame is lost.
    let before = door.counts();
    for (_, bytes, _) in &frames {
        let document = format!(
            r#"{{"messageType":"dataReport","deviceId":"d","IMEI":"1","timestamp":1760000000000,"payload":{{"APPdata":"{}"}}}}"#,
            base64(bytes)
        );
        assert_eq!(door.post("/push/ctwing", "", &document).await, 200);
    }
    door.received(2 * i64::try_from(frames.len()).unwrap()).await;
    let after = door.counts();
    let understood = frames.iter().filter(|(.., read)| *read).count();
    let taken = after[0] + after[1] + after[2] - before[0] - before[1] - before[2];
    assert_eq!(taken, i64::try_from(understood).unwrap(), "{}", door.output(&["rejections", "list"]));
    let kinds = door.output(&["rejections", "list", "--format", "csv"]);
    assert!(kinds.lines().count() > 1, "something is rejected by kind: {kinds}");
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().enumerate().fold(0_u32, |bits, (n, byte)| bits | u32::from(*byte) << (16 - 8 * n));
        for n in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * n)) as usize & 63];
            text.push(if n <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
