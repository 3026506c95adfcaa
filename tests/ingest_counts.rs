//! What a frame counts as, at the front door itself.
mod support;

use support::FrontDoor;
use support::front_door::json;

const NOON: &str = "2026-10-01T12:00:00Z";

fn topic(format: &str) -> String {
    format!("meters/{format}/-/up")
}

#[tokio::test]
async fn a_frame_is_stored_a_duplicate_a_conflict_or_rejected() {
    let Some(mut door) = FrontDoor::new().await else { return };
    door.add_meters(2).await;
    door.start().await;
    let mut received = 0;
    let mut counts = [0; 4];
    let [stored, duplicate, conflict, rejected] = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]];
    let noon = |value: &str| json("1", NOON, value);
    let both =
        r#"{"address":"1","time":"2026-10-01T12:00:00Z","registers":{"8-0:1.0.0":"10","9-0:1.0.0":"7"}}"#;
    let fine = r#"{"address":"1","time":"2026-10-01T13:00:00Z","registers":{"8-0:1.0.0":"0.0000001","9-0:1.0.0":"8"}}"#;
    for (what, payload, outcome) in [
        ("a new reading", noon("10"), stored),
        ("the same again", noon("10"), duplicate),
        ("the same number, written otherwise", noon("10.000"), duplicate),
        ("another value", noon("11"), conflict),
        ("the same conflict again", noon("11"), duplicate),
        ("a third value", noon("12"), conflict),
        ("one reading known, one new", both.into(), stored),
        ("a bad record with a good sibling", fine.into(), stored),
        ("zero is a value", json("2", NOON, "0"), stored),
        ("a heartbeat", br#"{"address":"1","registers":{}}"#.to_vec(), stored),
        ("a heartbeat again", br#"{"address":"1","registers":{}}"#.to_vec(), stored),
        ("an event", br#"{"address":"1","status":["battery_low"]}"#.to_vec(), stored),
        ("nobody's", json("9", NOON, "1"), rejected),
        ("nobody's again", json("9", NOON, "1"), rejected),
        ("from the future", json("1", "2199-01-01T00:00:00Z", "1"), rejected),
        ("no document", b"\x00\xff garbage".to_vec(), rejected),
        ("nothing", Vec::new(), rejected),
        ("too fine to bill", json("1", "2026-10-01T14:00:00Z", "0.0000001"), rejected),
    ] {
        received += 1;
        door.publish(vec![(topic("json"), payload)]).await;
        door.received(received).await;
        for (count, more) in counts.iter_mut().zip(outcome) {
            *count += more;
        }
        assert_eq!(door.counts(), counts, "{what}");
    }
    assert_eq!(
        door.readings(),
        [
            "S1,8-0:1.0.0,2026-10-01T12:00:00Z,10",
            "S1,9-0:1.0.0,2026-10-01T12:00:00Z,7",
            "S1,9-0:1.0.0,2026-10-01T13:00:00Z,8",
            "S2,8-0:1.0.0,2026-10-01T12:00:00Z,0",
        ]
    );
}

#[tokio::test]
async fn a_concentrators_document_counts_each_of_its_frames() {
    let Some(mut door) = FrontDoor::new().await else { return };
    door.add_meters(2).await;
    door.start().await;
    let frame = |payload: Vec<u8>| format!(r#"{{"format":"json","hex":"{}"}}"#, hex::encode(payload));
    let document = format!(
        r#"{{"frames":[{},{},{},{{"format":"morse","hex":"00"}},{{"hex":"0"}}]}}"#,
        frame(json("1", NOON, "1")),
        frame(json("2", NOON, "2")),
        frame(json("1", NOON, "1")),
    );
    door.publish(vec![("concentrators/7/up".into(), document.clone().into_bytes())]).await;
    door.received(5).await;
    assert_eq!(door.counts(), [2, 1, 0, 2]);
    door.publish(vec![("concentrators/7/up".into(), b"{\"frames\":".to_vec())]).await;
    door.received(6).await;
    assert_eq!(door.counts(), [2, 1, 0, 3], "a document that cannot be parsed is one frame");
    assert_eq!(door.post("/push/frames", "", &document).await, 200);
    door.received(11).await;
    assert_eq!(door.counts(), [2, 4, 0, 5], "the same through the other door");
}

#[tokio::test]
async fn a_replay_moves_a_frame_out_of_rejected_and_adds_nothing_to_received() {
    let Some(mut door) = FrontDoor::new().await else { return };
    door.add_meters(1).await;
    door.start().await;
    let frames = [("1", "5"), ("77", "5"), ("77", "5"), ("77", "6"), ("78", "1")];
    door.publish(frames.map(|(address, value)| (topic("json"), json(address, NOON, value))).into()).await;
    door.received(5).await;
    assert_eq!(door.counts(), [1, 0, 0, 4]);
    door.add_meter("S77", "json", "77").await;
    door.output(&["rejections", "replay", "--kind", "structure"]);
    assert_eq!(door.counts(), [1, 0, 0, 4], "another kind");
    let told = door.output(&["rejections", "replay", "--kind", "unknown_meter", "--format", "csv"]);
    assert_eq!(told, "taken,rejected\n3,1\n");
    assert_eq!(door.counts(), [2, 1, 1, 1]);
    assert_eq!(
        door.readings(),
        ["S1,8-0:1.0.0,2026-10-01T12:00:00Z,5", "S77,8-0:1.0.0,2026-10-01T12:00:00Z,5"]
    );
    // And what comes now is known at once: ingest was told that there is a new meter.
    door.publish(vec![(topic("json"), json("77", "2026-10-01T13:00:00Z", "7"))]).await;
    door.received(6).await;
    assert_eq!(door.counts(), [3, 1, 1, 1]);
}

#[tokio::test]
async fn a_supervisor_decides_a_conflict() {
    let Some(mut door) = FrontDoor::new().await else { return };
    door.add_meters(1).await;
    door.start().await;
    door.publish(["5", "6", "7"].map(|value| (topic("json"), json("1", NOON, value))).into()).await;
    door.received(3).await;
    for (name, role) in [("sun", "supervisor"), ("ke", "clerk")] {
        door.output(&["user", "add", name, "--role", role]);
    }
    let listed = door.output(&["conflicts", "list", "--format", "csv"]);
    let ids: Vec<&str> = listed.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    let [first, second] = ids[..] else { panic!("{listed}") };
    let refused =
        door.meterline(&["conflicts", "replace", first, "--reason", "r", "--as", "ke"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "a clerk may not");
    door.output(&["conflicts", "replace", first, "--reason", "read again on site", "--as", "sun"]);
    assert_eq!(door.readings(), ["S1,8-0:1.0.0,2026-10-01T12:00:00Z,6"]);
    door.output(&["conflicts", "keep", second, "--as", "sun"]);
    assert_eq!(door.readings(), ["S1,8-0:1.0.0,2026-10-01T12:00:00Z,6"]);
    let again = door.meterline(&["conflicts", "keep", second, "--as", "sun"]).output().unwrap();
    assert_eq!(again.status.code(), Some(1), "decided once");
    let audit = door.client().await;
    let rows =
        audit.query("select action, who from audit where action like 'conflict.%' order by id", &[]).await;
    let rows: Vec<(String, String)> = rows.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect();
    let told = |action: &str| (action.to_owned(), "sun".to_owned());
    assert_eq!(rows, [told("conflict.replace"), told("conflict.keep")]);
}

#[tokio::test]
async fn a_devices_alarm_begins_and_ends_with_its_status() {
    let Some(mut door) = FrontDoor::new().await else { return };
    door.add_meters(1).await;
    door.start().await;
    let frame = |hour: u32, status: &str| {
        let text = format!(
            r#"{{"address":"1","time":"2026-10-01T{hour:02}:00:00Z","registers":{{"8-0:1.0.0":"1"}}{status}}}"#
        );
        (topic("json"), text.into_bytes())
    };
    door.publish(vec![
        frame(1, r#","status":["battery_low"]"#),
        frame(2, r#","status":["battery_low","tamper"]"#),
        frame(3, ""),
        frame(4, r#","status":["tamper"]"#),
        frame(2, r#","status":[]"#),
    ])
    .await;
    door.received(5).await;
    let client = door.client().await;
    let rows = client
        .query(
            "select kind, extract(hour from began_at at time zone 'UTC')::int,
                       extract(hour from ended_at at time zone 'UTC')::int from alarms order by kind",
            &[],
        )
        .await
        .unwrap();
    let alarms: Vec<(String, i32, Option<i32>)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    assert_eq!(alarms, [("battery_low".into(), 1, Some(4)), ("tamper".into(), 2, None)]);
}
