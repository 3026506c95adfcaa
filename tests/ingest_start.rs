//! Before the first frame: `ingest --check` disturbs nobody, and a connection that breaks is taken up again.

mod support;

use std::time::Duration;

use support::front_door::json;
use support::proxy::Fragile;
use support::{FrontDoor, eventually};

/// Settings with the start's probe, which other tests leave out.
fn with_probe(door: &FrontDoor) {
    let (name, spool) = (&door.name, door.file("spool-of-its-own", ""));
    let settings = format!(
        "[ingest]\nclient_id = \"{name}\"\ntopic_prefix = \"{name}/\"\nhttp = \"127.0.0.1:0\"\nudp = \"127.0.0.1:0\"\ntcp = \"127.0.0.1:0\"\n\
         spool = \"{spool}.d\"\n"
    );
    door.file("meterline.toml", &settings);
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_disturb_neither_a_start_nor_a_running_ingest_nor_each_other() {
    let Some(mut door) = FrontDoor::new().await else { return };
    with_probe(&door);
    door.add_meters(1).await;
    let check = |door: &FrontDoor| door.meterline(&["ingest", "--check"]).spawn().unwrap();
    // While it starts and probes …
    door.spawn();
    let mut checks: Vec<_> = (0..2).map(|_| check(&door)).collect();
    door.publish(vec![("meters/json/1/up".into(), json("1", "2026-10-01T00:00:00Z", "1"))]).await;
    let client = door.client().await;
    eventually("ingest is there", Duration::from_secs(30), async || {
        let beats = "select count(*) from ingest_nodes where node = $1";
        client.query_one(beats, &[&door.name]).await.unwrap().get::<_, i64>(0) == 1
    })
    .await;
    // … and while it works.
    checks.push(check(&door));
    for mut check in checks {
        assert!(check.wait().unwrap().success());
    }
    door.publish(vec![("meters/json/1/up".into(), json("1", "2026-10-01T01:00:00Z", "2"))]).await;
    eventually("the reading is stored", Duration::from_secs(10), async || {
        door.readings().iter().any(|reading| reading.ends_with("T01:00:00Z,2"))
    })
    .await;
    assert_eq!(door.log().matches("connected to the broker").count(), 1, "its session was never taken over");
    door.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_reset_ends_neither_the_start_nor_the_work() {
    let Some(mut door) = FrontDoor::new().await else { return };
    let server = door.mqtt_url.trim_start_matches("mqtt://").trim_end_matches('/').to_owned();
    let broker = Fragile::before(server, &[1, 4, 8, 11]).await;
    let direct = std::mem::replace(&mut door.mqtt_url, format!("mqtt://{}", broker.address));
    with_probe(&door);
    door.add_meters(1).await;
    door.start().await;
    assert!(door.log().contains("trying again"), "the probe met a reset");

    door.mqtt_url = direct;
    eventually("it is subscribed", Duration::from_secs(10), async || {
        door.log().contains("connected to the broker")
    })
    .await;
    for round in 0..5 {
        broker.reset_all();
        let time = format!("2026-10-01T0{round}:00:00Z");
        door.publish(vec![("meters/json/1/up".into(), json("1", &time, &round.to_string()))]).await;
    }
    eventually("all five are stored", Duration::from_secs(20), async || door.readings().len() == 5).await;
    assert!(broker.accepted() > 11);
    door.stop();
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_told_at_once() {
    let Some(mut door) = FrontDoor::new().await else { return };
    let broker = std::mem::replace(&mut door.mqtt_url, "mqtt://127.0.0.1:1".to_owned());
    with_probe(&door);
    let begun = std::time::Instant::now();
    let ended = door.ended(&["ingest", "--check"]);
    assert_eq!(ended.code, 1);
    for word in ["127.0.0.1:1", "MQTT_URL", "meterline db up"] {
        assert!(ended.stderr.contains(word), "{word}: {}", ended.stderr);
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
    door.mqtt_url = broker;
}
