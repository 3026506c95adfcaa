//! Alarms begin and end: by what a device says in its frame's status bits, and by its silence.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use jiff::{SignedDuration, Timestamp};
use metering::MeterId;
use protocols::cjt188::{Address, Amount, Data, DiOrder, MeterType, Reply};
use store::Client;
use store::node::{Contact, check_silence, note_contacts};
use support::{Database, FrontDoor};

/// A water meter's answer on the hour, with these status bytes.
fn answer(hour: i8, status: [u8; 2]) -> Vec<u8> {
    let volume = Amount::counter("12.50".parse().unwrap(), metering::Unit::CubicMetre).unwrap();
    let reply = Reply {
        meter_type: MeterType::COLD_WATER,
        address: Address::from_wire([1, 0, 0, 0, 0, 0, 0]),
        di_order: DiOrder::LowFirst,
        ser: 0,
        preamble: 0,
        data: Data::Volume { current: Some(volume), settlement: None },
        clock: Some(jiff::civil::date(2026, 10, 1).at(hour, 0, 0, 0)),
        status,
    };
    reply.encode()
}

#[tokio::test]
async fn status_bits_raise_alarms_and_end_them() {
    let Some(mut door) = FrontDoor::new().await else { return };
    door.add_meter("W1", "cjt188", "00000000000001").await;
    door.add_meter("W2", "json", "2").await;
    door.start().await;
    let topic = "meters/cjt188/00000000000001/up".to_owned();
    let said = |hour: u8, status: &str| {
        let text = format!(
            r#"{{"address":"2","time":"2026-10-01T{hour:02}:00:00+08:00","registers":{{}},"status":[{status}]}}"#
        );
        ("meters/json/2/up".to_owned(), text.into_bytes())
    };
    door.publish(vec![
        // CJ/T 188 ST: bits 0 and 1 the valve (01 closed, 11 faulty), bit 2 the battery.
        (topic.clone(), answer(1, [0b001, 0])),
        (topic.clone(), answer(2, [0b111, 0])),
        (topic, answer(3, [0b000, 0])),
        said(1, r#""reverse_flow","tamper""#),
        said(2, r#""tamper""#),
    ])
    .await;
    door.received(5).await;
    let shown = |past: bool| {
        let mut words = vec!["alarms", "list"];
        words.extend(past.then_some("--past"));
        let mut rows: Vec<_> = door
            .csv(&words)
            .into_iter()
            .map(|row| {
                let hour = |column: &str| row[column].get(11..13).unwrap_or("").to_owned();
                format!("{} {} {}-{}", row["serial"], row["kind"], hour("began_at"), hour("ended_at"))
            })
            .collect();
        rows.sort();
        rows
    };
    // Programs get UTC: 01:00 in Shanghai is 17:00 the day before.
    assert_eq!(shown(false), ["W2 tamper 17-"]);
    assert_eq!(
        shown(true),
        ["W1 battery_low 18-19", "W1 valve_closed 17-18", "W1 valve_fault 18-19", "W2 reverse_flow 17-18"]
    );
    door.stop();
}

async fn silences(client: &Client) -> Vec<(Timestamp, Option<Timestamp>)> {
    let rows =
        client.query("select began_at, ended_at from alarms where kind = 'silent' order by id", &[]).await;
    rows.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn silence_is_an_alarm_until_the_meter_is_heard() {
    let Some(database) = Database::fresh().await else { return };
    let client = database.owner().await;
    let add = "with m as (insert into meters (serial, medium, protocol, address, expected_interval_s)
                          values ('W1', 'water', 'json', '1', 3600) returning id),
                    p as (insert into premises (address) values ('here') returning id),
                    k as (insert into meter_points (premise_id, service) select id, 'water' from p returning id)
               insert into installations (meter_id, meter_point_id, during)
               select m.id, k.id, tstzrange('2026-01-01Z', null) from m, k returning meter_id";
    let meter = MeterId::new(client.query_one(add, &[]).await.unwrap().get(0));
    let start: Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
    let hour = |n: i64| start + SignedDuration::from_hours(n);
    let heard = async |n| {
        let contact = Contact { meter, received: hour(n), time: None };
        note_contacts(&client, &[contact]).await.unwrap();
    };
    heard(0).await;
    // Silent is who misses more than two of its intervals, while somebody listens.
    assert_eq!(check_silence(&client, hour(2), hour(-9), 2).await.unwrap(), (0, 0));
    assert_eq!(
        check_silence(&client, hour(3), hour(2), 2).await.unwrap(),
        (0, 0),
        "nobody listened long enough"
    );
    assert_eq!(check_silence(&client, hour(3), hour(-9), 2).await.unwrap(), (1, 0));
    assert_eq!(check_silence(&client, hour(4), hour(-9), 2).await.unwrap(), (0, 0), "it is known");
    assert_eq!(silences(&client).await, [(hour(3), None)]);
    heard(5).await;
    assert_eq!(check_silence(&client, hour(6), hour(-9), 2).await.unwrap(), (0, 1));
    assert_eq!(silences(&client).await, [(hour(3), Some(hour(5)))]);
    assert_eq!(check_silence(&client, hour(9), hour(-9), 2).await.unwrap(), (1, 0), "again, and told again");
}
