//! From a deed's event to whoever is to hear of it: again until they have it, in order, and nobody's silence holds up the
//! others.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

#[path = "support/post_office.rs"]
mod post_office;
#[path = "support/receiver.rs"]
mod receiver;

use deliver::{SendError, Senders, Settings};
use metering::Language;
use post_office::PostOffice;
use receiver::{Answer, Receiver};
use serde_json::{Value, json};
use store::outbox::{self, EventKind};
use store::queue::{self, JobKind};
use store::{Client, Role};
use support::Database;

fn senders(settings: &Value) -> Senders {
    let settings: Settings = serde_json::from_value(settings.clone()).unwrap();
    settings.senders(Language::En, |_| None).unwrap()
}

fn webhook(name: &str, receiver: &Receiver, path: &str, kinds: &[&str]) -> Value {
    let url = format!("http://{}/{path}", receiver.address);
    json!({ "name": name, "url": url, "secret": "0123456789abcdef", "kinds": kinds })
}

async fn add(client: &mut Client, kind: EventKind, subject: &str) {
    let change = client.transaction().await.unwrap();
    outbox::add(&change, kind, subject, &json!({ "of": subject })).await.unwrap();
    change.commit().await.unwrap();
}

/// The destinations for which a job waits, as enqueued.
async fn waiting(client: &Client) -> String {
    let text = "select coalesce(string_agg(dedup_key, ' ' order by dedup_key), '-') from jobs where kind = 'outbox_send' and state = 'waiting'";
    client.query_one(text, &[]).await.unwrap().get(0)
}

async fn deliveries(client: &Client) -> String {
    let text = "select coalesce(string_agg(event_id || ' ' || destination || ' ' || state || ' ' || attempts, ', ' order by event_id, destination), '-') from outbox_deliveries";
    client.query_one(text, &[]).await.unwrap().get(0)
}

fn subjects(receiver: &Receiver) -> String {
    let subject = |got: &receiver::Got| {
        let body: Value = serde_json::from_slice(&got.body).unwrap();
        body["subject"].as_str().unwrap().to_owned()
    };
    receiver.got().iter().map(subject).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn an_event_goes_to_whoever_wants_its_kind_and_falls_with_its_deed() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = store::connect(database.url(), Role::Billing).await.unwrap();
    let (receiver, office) = (Receiver::start().await, PostOffice::start().await);
    let senders = senders(&json!({
        "webhooks": [webhook("runs", &receiver, "runs", &["run.issued"])],
        "mail": { "url": format!("smtp://{}", office.address), "from": "b@example.com",
                  "recipients": { "alarm.opened": ["duty@example.com"], "run.issued": ["duty@example.com"] } },
    }));
    let undone = client.transaction().await.unwrap();
    outbox::add(&undone, EventKind::RunIssued, "0", &json!({})).await.unwrap();
    undone.rollback().await.unwrap();
    add(&mut client, EventKind::RunIssued, "6").await;
    add(&mut client, EventKind::AlarmOpened, "17").await;
    for _ in 0..2 {
        deliver::spread(database.url(), &senders).await.unwrap();
    }
    assert_eq!(waiting(&client).await, "mail:duty@example.com webhook:runs");
    for _ in 0..2 {
        for sender in senders.all() {
            deliver::send(database.url(), &senders, sender.name()).await.unwrap();
        }
    }
    assert_eq!(subjects(&receiver), "6");
    assert_eq!(office.taken().len(), 2);
    let sent = "2 mail:duty@example.com sent 1, 2 webhook:runs sent 1, 3 mail:duty@example.com sent 1";
    assert_eq!(deliveries(&client).await, sent);
}

/// The pause of each event that was not taken is over.
async fn pauses_end(database: &Database) {
    let owner = database.owner().await;
    owner.batch_execute("update outbox_deliveries set due_at = now()").await.unwrap();
}

#[tokio::test]
async fn what_fails_twice_comes_at_the_third_time_and_in_order_while_nobody_is_there() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = store::connect(database.url(), Role::Billing).await.unwrap();
    let receiver = Receiver::start().await;
    let senders = senders(&json!({ "webhooks": [webhook("erp", &receiver, "", &["run.issued"])] }));
    for run in ["1", "2", "3"] {
        add(&mut client, EventKind::RunIssued, run).await;
    }
    deliver::spread(database.url(), &senders).await.unwrap();
    // Not there: nothing behind it is tried, so that the order stays.
    receiver.answer([Answer::HangUp]);
    let error = deliver::send(database.url(), &senders, "webhook:erp").await.unwrap_err();
    assert!(matches!(error, SendError::Unreachable { .. }), "{error}");
    assert_eq!(subjects(&receiver), "1");
    // There, and not ready for one event: the others are not held up by it.
    receiver.answer([Answer::status("500 Internal Server Error")]);
    let error = deliver::send(database.url(), &senders, "webhook:erp").await.unwrap_err();
    assert!(matches!(error, SendError::Refused { count: 1, .. }), "{error}");
    // An event that comes meanwhile does not shorten the pause of the one that was not taken.
    add(&mut client, EventKind::RunIssued, "4").await;
    deliver::spread(database.url(), &senders).await.unwrap();
    let error = deliver::send(database.url(), &senders, "webhook:erp").await.unwrap_err();
    assert!(matches!(error, SendError::Refused { count: 1, .. }), "{error}");
    assert_eq!(subjects(&receiver), "1 1 2 3 4");
    pauses_end(&database).await;
    deliver::send(database.url(), &senders, "webhook:erp").await.unwrap();
    assert_eq!(subjects(&receiver), "1 1 2 3 4 1");
    assert_eq!(
        deliveries(&client).await,
        "1 webhook:erp sent 3, 2 webhook:erp sent 1, 3 webhook:erp sent 1, 4 webhook:erp sent 1"
    );
}

#[tokio::test]
async fn a_new_event_waits_for_a_destination_that_is_not_there_and_not_for_one_that_did_not_take_another() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = store::connect(database.url(), Role::Billing).await.unwrap();
    let receiver = Receiver::start().await;
    let senders = senders(&json!({ "webhooks": [webhook("erp", &receiver, "", &["run.issued"])] }));
    for (n, (error, runs)) in [("refused", true), ("unreachable", false)].into_iter().enumerate() {
        add(&mut client, EventKind::RunIssued, &format!("{n}")).await;
        deliver::spread(database.url(), &senders).await.unwrap();
        let waits = "update jobs set run_after = now() + interval '1 hour', attempts = 5, error_kind = $1 \
                     where kind = 'outbox_send'";
        client.execute(waits, &[&error]).await.unwrap();
        add(&mut client, EventKind::RunIssued, &format!("{n} more")).await;
        deliver::spread(database.url(), &senders).await.unwrap();
        let job = "select run_after <= now() as is_due, attempts from jobs where kind = 'outbox_send'";
        let job = client.query_one(job, &[]).await.unwrap();
        let expected = (runs, if runs { 4 } else { 5 });
        assert_eq!((job.get("is_due"), job.get::<_, i16>("attempts")), expected, "{error}");
    }
}

#[tokio::test]
async fn an_event_that_is_never_taken_is_given_up() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = store::connect(database.url(), Role::Billing).await.unwrap();
    let receiver = Receiver::start().await;
    let senders = senders(&json!({ "webhooks": [webhook("erp", &receiver, "", &["run.issued"])] }));
    add(&mut client, EventKind::RunIssued, "1").await;
    deliver::spread(database.url(), &senders).await.unwrap();
    receiver.answer((0..25).map(|_| Answer::status("422 Unprocessable Content")));
    let mut tries = 0;
    while let Err(error) = deliver::send(database.url(), &senders, "webhook:erp").await {
        assert!(matches!(error, SendError::Refused { .. }), "{error}");
        tries += 1;
        pauses_end(&database).await;
    }
    assert_eq!((tries, receiver.got().len()), (20, 20));
    assert_eq!(deliveries(&client).await, "1 webhook:erp failed 20");
}

#[tokio::test]
async fn who_is_gone_hears_no_more_until_they_have_another_address() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = store::connect(database.url(), Role::Billing).await.unwrap();
    let receiver = Receiver::start().await;
    let at = |path: &str| senders(&json!({ "webhooks": [webhook("erp", &receiver, path, &["run.issued"])] }));
    let old = at("old");
    add(&mut client, EventKind::RunIssued, "1").await;
    deliver::spread(database.url(), &old).await.unwrap();
    receiver.answer([Answer::status("410 Gone")]);
    deliver::send(database.url(), &old, "webhook:erp").await.unwrap();
    add(&mut client, EventKind::RunIssued, "2").await;
    deliver::spread(database.url(), &old).await.unwrap();
    deliver::send(database.url(), &old, "webhook:erp").await.unwrap();
    assert_eq!(subjects(&receiver), "1");
    assert_eq!(deliveries(&client).await, "1 webhook:erp failed 0");

    let new = at("new");
    add(&mut client, EventKind::RunIssued, "3").await;
    deliver::spread(database.url(), &new).await.unwrap();
    deliver::send(database.url(), &new, "webhook:erp").await.unwrap();
    assert_eq!(subjects(&receiver), "1 3");
}

#[tokio::test]
async fn a_destination_that_the_settings_name_no_more_is_sent_nothing() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = store::connect(database.url(), Role::Billing).await.unwrap();
    let receiver = Receiver::start().await;
    let senders_before = senders(&json!({ "webhooks": [webhook("erp", &receiver, "", &["run.issued"])] }));
    add(&mut client, EventKind::RunIssued, "1").await;
    deliver::spread(database.url(), &senders_before).await.unwrap();
    deliver::send(database.url(), &Senders::default(), "webhook:erp").await.unwrap();
    assert!(receiver.got().is_empty());
    // Without any destination an event is spread to nobody, and is not looked at again.
    add(&mut client, EventKind::RunIssued, "2").await;
    deliver::spread(database.url(), &Senders::default()).await.unwrap();
    assert_eq!(deliveries(&client).await, "1 webhook:erp waiting 0");
    let new =
        client.query_one("select count(*) from outbox_events where spread_at is null", &[]).await.unwrap();
    assert_eq!(new.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn old_events_go_with_their_deliveries() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = store::connect(database.url(), Role::Billing).await.unwrap();
    let receiver = Receiver::start().await;
    let senders = senders(&json!({ "webhooks": [webhook("erp", &receiver, "", &["run.issued"])] }));
    for run in ["1", "2"] {
        add(&mut client, EventKind::RunIssued, run).await;
    }
    deliver::spread(database.url(), &senders).await.unwrap();
    // No role of the program writes when an event was written down.
    let owner = database.owner().await;
    owner
        .batch_execute("update outbox_events set created_at = now() - interval '31 days' where id = 1")
        .await
        .unwrap();
    assert_eq!(outbox::sweep(&client, 100).await.unwrap(), 1);
    assert_eq!(deliveries(&client).await, "2 webhook:erp waiting 0");
}

/// The program itself: what is enqueued when an alarm opens, is sent by `meterline work`.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_tells_a_webhook_of_an_alarm() {
    let Some(program) = support::Program::new().await else { return };
    let receiver = Receiver::start().await;
    let client = program.database.owner().await;
    client
        .batch_execute("insert into alarms (kind, severity, began_at, last_seen_at) values ('silent', 'critical', now(), now())")
        .await
        .unwrap();
    program.write(
        "meterline.toml",
        format!(
            "[[deliver.webhooks]]\nname = \"duty\"\nurl = \"http://{}/\"\nsecret = \"0123456789abcdef\"\n",
            receiver.address
        ),
    );
    for _ in 0..3 {
        program.done(&["work", "--once"]);
        client.batch_execute("update jobs set run_after = now() where state = 'waiting'").await.unwrap();
    }
    assert_eq!(receiver.got().len(), 1);
    assert!(deliver::verify(
        "0123456789abcdef",
        &receiver.got()[0].headers["meterline-signature"],
        &receiver.got()[0].body
    ));
    let sends = queue::Asked { kind: Some(JobKind::OutboxSend), limit: 9, ..queue::Asked::default() };
    assert_eq!(queue::list(&client, &sends).await.unwrap().len(), 1);
}

#[test]
fn operations_tells_of_every_event() {
    let page = include_str!("../docs/operations.md");
    for kind in EventKind::ALL {
        assert!(page.contains(&format!("\n| {kind} | ")), "{kind} is not told of");
    }
}
