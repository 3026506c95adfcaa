//! A flood of hostile frames: each is kept, counted and acknowledged, good ones go on, memory stays bounded.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use support::front_door::json;
use support::{FrontDoor, Random};

#[tokio::test]
async fn a_hostile_flood_is_kept_counted_and_survived() {
    let Some(mut door) = FrontDoor::new().await else { return };
    door.settings("registers = 50");
    door.add_meters(10).await;
    door.start().await;
    let mut random = Random::seeded();
    let mut messages = Vec::new();
    let mut good = Vec::new();
    for n in 0..12_000_usize {
        let (topic, payload) = hostile(n, &mut random);
        messages.push((topic, payload));
        if n % 20 == 0 {
            let (meter, minute) = (n / 20 % 10 + 1, n / 200);
            let time = format!("2026-10-01T{:02}:{:02}:00Z", minute / 60, minute % 60);
            messages.push((format!("meters/json/{meter}/up"), json(&meter.to_string(), &time, "1")));
            good.push(format!("S{meter},8-0:1.0.0,{time},1"));
        }
    }
    let total = i64::try_from(messages.len()).unwrap();
    door.publish(messages).await;
    door.received(total).await;
    door.counts();
    let mut stored = door.readings();
    stored.retain(|reading| reading.contains("8-0:1.0.0") && reading.ends_with(",1"));
    stored.sort();
    good.sort();
    assert_eq!(stored, good);
    let client = door.client().await;
    let registers: i64 = client.query_one("select count(*) from registers", &[]).await.unwrap().get(0);
    assert!(registers <= 50, "{registers} registers");
    let chunks: i64 =
        client.query_one("select count(*) from show_chunks('readings')", &[]).await.unwrap().get(0);
    assert!(chunks < 20, "{chunks} chunks");
    assert!(door.peak_memory() < 256 << 20, "{} bytes", door.peak_memory());
    assert!(door.status()["frames"]["rejected"].as_i64().unwrap() > 9_000);
    assert!(door.stop() < Duration::from_secs(10));
}

/// Noise, lies about lengths, deep documents, numbers without end, other people's addresses, absurd times and names.
fn hostile(n: usize, random: &mut Random) -> (String, Vec<u8>) {
    let length = random.within(0..200);
    let mut noise = random.bytes(length);
    let json = |text: String| ("meters/json/-/up".to_owned(), text.into_bytes());
    match n % 12 {
        0 => ("meters/cjt188/-/up".into(), noise),
        1 => {
            noise.splice(0..0, [0x68, 0x10]);
            ("meters/cjt188/00000000000001/up".into(), noise)
        }
        2 => ("meters/mbus/-/up".into(), [&[0x68, 0xFF, 0xFF, 0x68][..], &noise].concat()),
        3 => ("meters/no-such-format/1/up".into(), noise),
        4 => ("meters/auto/-/up".into(), noise),
        5 => ("concentrators/7/up".into(), noise),
        6 => json("[".repeat(usize::try_from(random.within(1..20_000)).unwrap())),
        7 => json(format!(r#"{{"address":"1","registers":{{"8-0:1.0.0":"1e{n}"}}}}"#)),
        8 => json(format!(
            r#"{{"address":"1","time":"{:04}-01-01T00:00:00Z","registers":{{"8-0:1.0.0":"2"}}}}"#,
            n % 2000
        )),
        // A known meter: what it says is stored, under no more names than there is room for.
        9 => json(format!(r#"{{"address":"1","registers":{{"x:volume.instantaneous.0.0.{n}":"3"}}}}"#)),
        10 => json(format!(r#"{{"address":"@{}","registers":{{"8-0:1.0.0":"4"}}}}"#, n % 10 + 1)),
        _ => json(format!("{{\"address\":\"a\\u0000{n}\",\"registers\":{{\"8-0:1.0.0\":\"5\"}}}}")),
    }
}

#[tokio::test]
async fn a_door_with_a_token_opens_to_it_alone() {
    let Some(mut door) = FrontDoor::new().await else { return };
    door.settings("tokens = { ctwing = \"secret\" }");
    door.start().await;
    assert_eq!(door.post("/push/ctwing", "", "{}").await, 401);
    assert_eq!(door.post("/push/ctwing", "Authorization: Bearer wrong!\r\n", "{}").await, 401);
    assert_eq!(door.post("/push/ctwing?token=secret", "", "{}").await, 200);
    assert_eq!(door.post("/push/ctwing", "Authorization: Bearer secret\r\n", "{}").await, 200);
    assert_eq!(door.post("/push/frames", "", "{}").await, 200, "on loopback a source without token is open");
    assert_eq!(door.post("/push/nobody", "", "{}").await, 404);
    door.received(3).await;
    assert_eq!(door.counts(), [0, 0, 0, 3]);
}
