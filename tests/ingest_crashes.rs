//! Nothing that was acknowledged is lost, nothing is stored twice: under kill -9 of ingest and of the database at
//! random instants, under load. The sender's ledger and the stored readings are compared as sets.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::front_door::json;
use support::{FrontDoor, Random, eventually};

const METERS: usize = 500;

/// Frame by frame: each meter in turn, at its own minute.
fn frames(count: usize) -> impl Iterator<Item = (String, String, Vec<u8>)> {
    (0..count).map(|n| {
        let (meter, round) = (n % METERS + 1, n / METERS);
        let time = format!("2026-10-{:02}T{:02}:{:02}:00Z", 1 + round / 1440, round / 60 % 24, round % 60);
        let value = format!("{round}.{meter:03}");
        let reading =
            format!("S{meter},8-0:1.0.0,{time},{}", value.trim_end_matches('0').trim_end_matches('.'));
        (format!("meters/json/{meter}/up"), reading, json(&meter.to_string(), &time, &value))
    })
}

/// Publishes so many frames beside what the test does meanwhile. The broker's acknowledgement is the promise.
fn load(door: &FrontDoor, count: usize) -> tokio::task::JoinHandle<()> {
    let messages: Vec<_> = frames(count).map(|(topic, _, payload)| (topic, payload)).collect();
    let publisher = FrontDoor::on(door.database_url.clone(), door.mqtt_url.clone(), None);
    let prefix = door.name.clone();
    tokio::spawn(async move { publisher.publish_to(&prefix, messages).await })
}

/// Set equality, and counts that add up.
async fn check(door: &FrontDoor, expected: usize) {
    let client = door.client().await;
    eventually("everything is committed", Duration::from_mins(2), async || {
        let question = "select count(*) from readings";
        let readings: i64 = client.query_one(question, &[]).await.unwrap().get(0);
        readings >= i64::try_from(expected).unwrap()
    })
    .await;
    let stored = door.readings();
    let set: BTreeSet<String> = stored.iter().cloned().collect();
    let ledger: BTreeSet<String> = frames(expected).map(|(_, reading, _)| reading).collect();
    assert_eq!(stored.len(), set.len(), "double");
    assert_eq!(set.difference(&ledger).next(), None, "invented");
    assert_eq!(ledger.difference(&set).next(), None, "lost");
    let [stored, _, conflict, rejected] = door.counts();
    assert_eq!((stored, conflict, rejected), (i64::try_from(expected).unwrap(), 0, 0));
}

#[tokio::test]
async fn ingest_is_killed_under_load() {
    let Some(mut door) = FrontDoor::new().await else { return };
    door.add_meters(i32::try_from(METERS).unwrap()).await;
    let mut random = Random::seeded();
    door.start().await;
    let count = 40_000;
    let publishing = load(&door, count);
    for _ in 0..6 {
        tokio::time::sleep(Duration::from_millis(random.within(100..900))).await;
        door.kill();
        door.spawn();
    }
    publishing.await.unwrap();
    check(&door, count).await;
    assert!(door.peak_memory() < 256 << 20, "{} bytes", door.peak_memory());
    let stopped = door.stop();
    assert!(stopped < Duration::from_secs(10), "{stopped:?}");
}

#[tokio::test]
async fn ingest_stops_in_order_under_load() {
    let Some(mut door) = FrontDoor::new().await else { return };
    door.add_meters(i32::try_from(METERS).unwrap()).await;
    door.start().await;
    let count = 20_000;
    let publishing = load(&door, count);
    door.received(1_000).await;
    assert!(door.stop() < Duration::from_secs(10));
    publishing.await.unwrap();
    door.start().await;
    check(&door, count).await;
}

#[tokio::test]
async fn the_database_is_killed_under_load() {
    let Some(servers) = OwnServers::up() else { return };
    let mut client = store::connect(&servers.database_url, store::Role::Owner).await.unwrap();
    store::migrate(&mut client).await.unwrap();
    let mut door = FrontDoor::on(servers.database_url.clone(), servers.mqtt_url.clone(), None);
    door.add_meters(i32::try_from(METERS).unwrap()).await;
    let mut random = Random::seeded();
    door.start().await;
    let count = 80_000;
    let publishing = load(&door, count);
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(random.within(200..1200))).await;
        servers.kill_database();
        tokio::time::sleep(Duration::from_millis(random.within(0..3000))).await;
        servers.start();
    }
    publishing.await.unwrap();
    check(&door, count).await;
    assert!(door.peak_memory() < 256 << 20, "{} bytes", door.peak_memory());
    // The redelivered may still be in it, and the node says only now and then what it holds.
    eventually("the spool is empty", Duration::from_mins(1), async || door.status()["spool_bytes"] == 0)
        .await;
    door.stop();
}

#[tokio::test]
async fn while_the_database_is_away_pushes_are_answered_and_frames_acknowledged() {
    let Some(servers) = OwnServers::up() else { return };
    let mut client = store::connect(&servers.database_url, store::Role::Owner).await.unwrap();
    store::migrate(&mut client).await.unwrap();
    let mut door = FrontDoor::on(servers.database_url.clone(), servers.mqtt_url.clone(), None);
    door.add_meters(i32::try_from(METERS).unwrap()).await;
    door.start().await;
    let http = door.http().await;
    servers.kill_database();
    let count = 30_000;
    load(&door, count).await.unwrap();
    let frame = hex::encode(json("1", "2026-09-01T00:00:00Z", "1"));
    let document = format!(r#"{{"frames":[{{"format":"json","hex":"{frame}"}}]}}"#);
    assert_eq!(FrontDoor::post_to(&http, "/push/frames", "", &document).await, 200);
    // What was answered survives us as well.
    door.kill();
    servers.start();
    door.start().await;
    let client = door.client().await;
    eventually("everything is committed", Duration::from_mins(2), async || {
        let readings: i64 = client.query_one("select count(*) from readings", &[]).await.unwrap().get(0);
        readings == i64::try_from(count + 1).unwrap()
    })
    .await;
    door.stop();
}

/// A database and a broker of this test's own, to be killed without hurting the other tests'.
struct OwnServers {
    instance: String,
    database_url: String,
    mqtt_url: String,
}

impl OwnServers {
    /// `None`, said aloud, where the tests run on servers that were given.
    fn up() -> Option<Self> {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let instance = format!("crash-{}-{n}", std::process::id());
        if std::env::var("DATABASE_URL").is_err() {
            assert!(
                std::env::var("REQUIRE_DB").as_deref() != Ok("1"),
                "REQUIRE_DB=1, but DATABASE_URL is not set"
            );
            eprintln!("SKIPPED: DATABASE_URL is not set (`make test` sets it)");
            return None;
        }
        let mut servers = Self { instance, database_url: String::new(), mqtt_url: String::new() };
        let up = servers.script(&["up"]).output().expect("bash");
        if !up.status.success() {
            let why = String::from_utf8_lossy(&up.stderr).into_owned();
            assert!(
                std::env::var("REQUIRE_DB").as_deref() != Ok("1"),
                "servers to be killed do not start: {why}"
            );
            eprintln!("SKIPPED: servers to be killed do not start here: {why}");
            return None;
        }
        let told = servers.script(&["status", "--format", "json"]).output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
        told["database_url"].as_str().unwrap().clone_into(&mut servers.database_url);
        told["mqtt_url"].as_str().unwrap().clone_into(&mut servers.mqtt_url);
        Some(servers)
    }

    fn script(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("bash");
        command
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/servers.sh"))
            .args(arguments)
            .env_remove("DATABASE_URL")
            .env_remove("MQTT_URL")
            .env("METERLINE_INSTANCE", &self.instance)
            .stdin(Stdio::null());
        command
    }

    fn start(&self) {
        assert!(self.script(&["up"]).output().unwrap().status.success());
    }

    /// kill -9 of the postmaster: its children see that it is gone, and end.
    fn kill_database(&self) {
        let told = self.script(&["status", "--format", "json"]).output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
        let file = format!("{}/postgres/data/postmaster.pid", told["home"].as_str().unwrap());
        let id = std::fs::read_to_string(file).unwrap().lines().next().unwrap().to_owned();
        assert!(Command::new("kill").args(["-KILL", &id]).status().unwrap().success());
    }
}

impl Drop for OwnServers {
    fn drop(&mut self) {
        let _ = self.script(&["reset", "--yes"]).output();
    }
}
