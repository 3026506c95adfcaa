//! Workers: what is enqueued is done, by whichever of them is there, and nobody's error or death holds up the others.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::civil::date;
use jobs::handler::{Fault, Handlers};
use jobs::worker::{self, LEASE, Worker};
use jobs::{bill_jobs, housekeeping};
use office::bill;
use serde_json::json;
use store::queue::{self, JobKind, Wish};
use store::runs::{self, RunKey, RunState};
use store::{Client, Role};
use support::{Database, Utility, deeds, eventually};
use tokio_util::sync::CancellationToken;

const SOON: Duration = Duration::from_secs(10);

/// One that looks once an hour: what it does sooner, it was woken for.
fn sleepy(database: &Database, name: &str) -> Worker {
    let url = database.url().to_owned();
    Worker {
        url,
        name: name.to_owned(),
        long: 2,
        gives_way: false,
        pause: Duration::from_hours(1),
        lease: LEASE,
    }
}

async fn enqueue(client: &mut Client, kind: JobKind, key: &str) {
    let change = client.transaction().await.unwrap();
    queue::enqueue(&change, &Wish { kind, key: key.to_owned(), payload: json!({ "key": key }) })
        .await
        .unwrap();
    change.commit().await.unwrap();
}

async fn count(client: &Client, which: &str) -> i64 {
    client.query_one(&format!("select count(*) from jobs where {which}"), &[]).await.unwrap().get(0)
}

struct Running {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

fn start(worker: Worker, handlers: Handlers) -> Running {
    let stop = CancellationToken::new();
    let told = stop.clone();
    Running { stop, task: tokio::spawn(async move { worker::work(&worker, &handlers, &told).await }) }
}

impl Running {
    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(SOON, self.task).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_woken_by_what_is_enqueued_and_goes_on_behind_errors_and_panics() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = store::connect(database.url(), Role::Billing).await.unwrap();
    let handlers =
        Handlers::new().with(JobKind::OutboxSend, async |job: queue::Job| {
            match job.payload["key"].as_str() {
                Some("error") => Err(Fault::new("refused", "no")),
                Some("panic") => panic!("this is a test's own panic"),
                _ => Ok(()),
            }
        });
    let running = start(sleepy(&database, "w"), handlers);
    for key in ["error", "panic", "good"] {
        enqueue(&mut client, JobKind::OutboxSend, key).await;
    }
    eventually("the good one is done", SOON, async || count(&client, "state = 'done'").await == 1).await;
    eventually("the others wait for their back-off", SOON, async || {
        count(&client, "state = 'waiting' and attempts = 1").await == 2
    })
    .await;
    enqueue(&mut client, JobKind::OutboxSend, "later").await;
    eventually("the next one is done", SOON, async || count(&client, "state = 'done'").await == 2).await;
    let kinds = "select string_agg(error_kind, ' ' order by error_kind) from jobs";
    assert_eq!(client.query_one(kinds, &[]).await.unwrap().get::<_, String>(0), "panic refused");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_job_does_not_wait_behind_long_ones_and_a_stopped_worker_gives_back_what_it_has() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = store::connect(database.url(), Role::Billing).await.unwrap();
    for run in ["1", "2", "3"] {
        enqueue(&mut client, JobKind::BillTrial, run).await;
    }
    let handlers = Handlers::new()
        .with(JobKind::BillTrial, async |_| std::future::pending().await)
        .with(JobKind::OutboxSend, async |_| Ok(()));
    let running = start(sleepy(&database, "w"), handlers);
    eventually("both places are taken", SOON, async || count(&client, "state = 'running'").await == 2).await;
    enqueue(&mut client, JobKind::OutboxSend, "erp").await;
    eventually("the message is sent", SOON, async || count(&client, "state = 'done'").await == 1).await;
    running.stop().await;
    assert_eq!(count(&client, "state = 'waiting' and attempts = 0 and lease_owner is null").await, 3);
}

/// Counts when it is dropped.
struct Dropped(Arc<AtomicU32>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_extended_while_a_job_runs_and_a_job_that_is_anothers_is_let_go_of() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = store::connect(database.url(), Role::Billing).await.unwrap();
    enqueue(&mut client, JobKind::BillTrial, "1").await;
    let dropped = Arc::new(AtomicU32::new(0));
    let counts = Arc::clone(&dropped);
    let handlers = Handlers::new().with(JobKind::BillTrial, move |_| {
        let held = Dropped(Arc::clone(&counts));
        async move {
            let _held = held;
            std::future::pending().await
        }
    });
    let worker = Worker { lease: Duration::from_millis(400), ..sleepy(&database, "slow") };
    let running = start(worker, handlers);
    eventually("it runs", SOON, async || count(&client, "state = 'running'").await == 1).await;
    let first = "select lease_until from jobs";
    let first: jiff::Timestamp = client.query_one(first, &[]).await.unwrap().get(0);
    eventually("its lease is extended", SOON, async || {
        client.query_one("select lease_until from jobs", &[]).await.unwrap().get::<_, jiff::Timestamp>(0)
            > first
    })
    .await;
    client
        .batch_execute("update jobs set lease_owner = 'quick', lease_until = now() + interval '1 h'")
        .await
        .unwrap();
    eventually("it lets go", SOON, async || dropped.load(Ordering::SeqCst) == 1).await;
    assert_eq!(count(&client, "lease_owner = 'quick' and attempts = 1").await, 1);
    running.stop().await;
}

/// A run's key for October, of one book.
fn october(book: &str) -> RunKey {
    RunKey { service: None, book: Some(book.into()), period: "2026-10".into() }
}

async fn freeze(utility: &Utility, book: &str) -> i64 {
    let office = deeds::office(&utility.database);
    bill::start(&office, &deeds::caller("li"), &october(book)).await.unwrap().run
}

fn bills(utility: &Utility) -> (Worker, Handlers) {
    let handlers = bill_jobs::handlers(Handlers::new(), &utility.place());
    (sleepy(&utility.database, "w"), housekeeping::handlers(handlers, utility.database.url()))
}

async fn state(utility: &Utility, run: i64) -> RunState {
    runs::find(&utility.client, run).await.unwrap().state
}

/// Nobody stays to wait for it: as if the command that gave the step had been killed right after its commit.
async fn approve_and_leave(utility: &Utility, run: i64) {
    let (office, on) = (deeds::office(&utility.database), date(2026, 11, 2));
    bill::approve(&office, &deeds::caller_on("wang", on), run, None, "").await.unwrap();
    bill::issue(&office, &deeds::caller_on("li", on), run).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_workers_carry_a_run_on_and_tell_of_its_issue_once() {
    let Some(utility) = Utility::new().await else { return };
    utility.households(1_300).await;
    let (worker, handlers) = bills(&utility);
    let second = start(Worker { name: "second".into(), ..worker.clone() }, handlers.clone());
    let first = start(worker, handlers);
    let run = freeze(&utility, "B1").await;
    eventually("it is in review", SOON, async || state(&utility, run).await == RunState::Review).await;
    approve_and_leave(&utility, run).await;
    eventually("it is issued", SOON, async || state(&utility, run).await == RunState::Issued).await;
    eventually("all shares have ended", SOON, async || {
        count(&utility.client, "kind like 'bill_%' and every_s is null and state <> 'done'").await == 0
    })
    .await;
    for running in [first, second] {
        running.stop().await;
    }
    assert_eq!(utility.value("select count(*) from bills where state = 'issued'").await, "1300");
    let told = "select string_agg(kind || ' ' || subject || ' ' || (payload ->> 'bills') || ' ' || (payload ->> 'by'), ',') from outbox_events";
    assert_eq!(utility.value(told).await, format!("run.issued {run} 1300 li"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_starter_who_left_stops_neither_the_run_nor_the_others() {
    let Some(utility) = Utility::new().await else { return };
    let first = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    let second = utility.household(2, "W", "B2", "2026-09-01", 0).await;
    for home in [first, second] {
        utility.read(home.meter, "2026-11-01T00:00:00+08:00", 3_000).await;
    }
    let (worker, handlers) = bills(&utility);
    let left = freeze(&utility, "B1").await;
    assert_eq!(worker::drain(&worker, &handlers).await.unwrap().1, 0);
    approve_and_leave(&utility, left).await;
    let other = freeze(&utility, "B2").await;
    utility.client.batch_execute("update users set disabled_at = now() where name = 'li'").await.unwrap();
    assert_eq!(worker::drain(&worker, &handlers).await.unwrap().1, 0);
    assert_eq!(state(&utility, left).await, RunState::Issued);
    assert_eq!(state(&utility, other).await, RunState::Review);
    assert_eq!(utility.value("select payload ->> 'by' from outbox_events").await, "li");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_runs_error_ends_as_failed_and_the_others_go_on() {
    let Some(utility) = Utility::new().await else { return };
    let first = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    let second = utility.household(2, "W", "B2", "2026-09-01", 0).await;
    for home in [first, second] {
        utility.read(home.meter, "2026-11-01T00:00:00+08:00", 3_000).await;
    }
    let (worker, handlers) = bills(&utility);
    let (broken, good) = (freeze(&utility, "B1").await, freeze(&utility, "B2").await);
    // What no release has written: its rules cannot be read.
    utility.client.execute("update bill_runs set rules = 'x' where id = $1", &[&broken]).await.unwrap();
    for _ in 0..5 {
        worker::drain(&worker, &handlers).await.unwrap();
        utility
            .client
            .batch_execute("update jobs set run_after = now() where state = 'waiting'")
            .await
            .unwrap();
    }
    assert_eq!(
        (state(&utility, broken).await, state(&utility, good).await),
        (RunState::Frozen, RunState::Review)
    );
    assert_eq!(
        count(&utility.client, "state = 'failed' and attempts = 5").await,
        8,
        "each share of the broken one"
    );
    // It is left to a person: nobody picks it up again and again.
    worker::drain(&worker, &handlers).await.unwrap();
    assert_eq!(count(&utility.client, "kind = 'bill_trial' and state = 'waiting'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_nobody_enqueued_is_picked_up() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 3_000).await;
    let (worker, handlers) = bills(&utility);
    let run = freeze(&utility, "B1").await;
    utility.client.batch_execute("delete from jobs").await.unwrap();
    worker::drain(&worker, &handlers).await.unwrap();
    assert_eq!(state(&utility, run).await, RunState::Review);
    approve_and_leave(&utility, run).await;
    utility.client.batch_execute("delete from jobs").await.unwrap();
    worker::drain(&worker, &handlers).await.unwrap();
    assert_eq!(state(&utility, run).await, RunState::Issued);
}

#[tokio::test]
async fn each_alarm_is_told_of_once() {
    let Some(utility) = Utility::new().await else { return };
    utility.household(1, "W", "B1", "2026-10-01", 0).await;
    utility
        .client
        .batch_execute(
            "insert into alarms (meter_id, kind, severity, began_at, last_seen_at) \
             values (1, 'leak', 'warning', '2026-11-01 08:00+08', now()), (null, 'silent', 'critical', now(), now())",
        )
        .await
        .unwrap();
    let (worker, handlers) = bills(&utility);
    for _ in 0..2 {
        worker::drain(&worker, &handlers).await.unwrap();
        utility.client.batch_execute("update jobs set run_after = now()").await.unwrap();
    }
    let told = "select string_agg(kind || ' ' || subject || ' ' || coalesce(payload ->> 'meter', '-'), ', ' order by id) from outbox_events";
    assert_eq!(utility.value(told).await, "alarm.opened 1 M1, alarm.opened 2 -");
    assert_eq!(
        utility.value("select payload ->> 'began_at' from outbox_events where id = 1").await,
        "2026-11-01T00:00:00Z"
    );
    // One that has ended, and one that began and ended between two looks.
    utility
        .client
        .batch_execute(
            "update alarms set ended_at = '2026-11-01 09:00+08' where id = 1; \
             insert into alarms (meter_id, kind, severity, began_at, last_seen_at, ended_at) \
             values (1, 'burst', 'critical', '2026-11-02 08:00+08', now(), '2026-11-02 08:05+08')",
        )
        .await
        .unwrap();
    for _ in 0..2 {
        worker::drain(&worker, &handlers).await.unwrap();
        utility.client.batch_execute("update jobs set run_after = now()").await.unwrap();
    }
    let more = "select string_agg(kind || ' ' || subject || ' ' || coalesce(payload ->> 'ended_at', '-'), ', ' order by id) \
                from outbox_events where id > 2";
    assert_eq!(
        utility.value(more).await,
        "alarm.opened 3 -, alarm.ended 1 2026-11-01T01:00:00Z, alarm.ended 3 2026-11-02T00:05:00Z"
    );
}

#[test]
fn operations_tells_of_every_kind_of_job_in_the_order_of_their_importance() {
    let page = include_str!("../docs/operations.md");
    let mut kinds = JobKind::ALL.to_vec();
    kinds.sort_by_key(|kind| {
        page.find(&format!("\n| {kind} | ")).unwrap_or_else(|| panic!("{kind} is not told of"))
    });
    let importance: Vec<i16> = kinds.iter().map(|kind| -kind.priority()).collect();
    assert!(importance.is_sorted(), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_look_at_the_queue_try_again_and_run_now() {
    let Some(program) = support::Program::new().await else { return };
    let client = program.database.owner().await;
    client
        .batch_execute(
            "insert into users (name, role) values ('li', 'clerk'), ('zhou', 'operator'); \
             insert into jobs (kind, dedup_key, payload, priority, max_attempts, backoff_s, attempts, state, ended_at, error_kind, error_text) \
             values ('bill_trial', '9/1', '{\"run\": 9}', 30, 5, 5, 5, 'failed', now(), 'sql', e'disk \\x1b[31m full'), \
                    ('bill_trial', '8/1', '{\"run\": 8}', 30, 5, 5, 1, 'done', now(), null, null)",
        )
        .await
        .unwrap();
    let listed = program.done(&["jobs", "list", "--state", "failed", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let (job, count) = (&listed[0], listed.as_array().unwrap().len());
    assert_eq!(
        (count, job["key"].as_str(), job["error"].as_str()),
        (1, Some("9/1"), Some("disk \u{1b}[31m full"))
    );
    let table = program.done(&["--lang", "zh", "jobs", "list"]);
    assert!(table.contains("试算") && table.contains("失败") && !table.contains('\u{1b}'), "{table}");

    let refused = program.run(&["jobs", "retry", "1", "--as", "li"]);
    assert!(refused.code == 1 && refused.stderr.contains("li is clerk"), "{refused:?}");
    assert!(program.done(&["jobs", "retry", "1", "--as", "zhou"]).contains("is tried again"));
    for (words, said) in [
        (["jobs", "retry", "2", "--as", "zhou"], "done"),
        (["jobs", "retry", "99", "--as", "zhou"], "there is no job 99"),
        (["jobs", "run", "bill_trial", "--as", "zhou"], "bill"),
    ] {
        let refused = program.run(&words);
        assert!(refused.code == 1 && refused.stderr.contains(said), "{words:?}: {refused:?}");
    }
    assert_eq!(program.run(&["jobs", "run", "laundry", "--as", "zhou"]).code, 2);
    program.done(&["jobs", "run", "retention", "--as", "zhou"]);
    let trail =
        "select string_agg(who || ' ' || action || ' ' || (after ->> 'kind'), ', ' order by id) from audit";
    let trail: String = client.query_one(trail, &[]).await.unwrap().get(0);
    assert_eq!(trail, "zhou job.retry bill_trial, zhou job.run retention");
    assert_eq!(count_waiting(&client).await, 2);
}

async fn count_waiting(client: &Client) -> i64 {
    count(client, "state = 'waiting' and attempts = 0").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_seals_what_deeds_have_written_and_the_tail_shows_until_then() {
    let Some(program) = support::Program::new().await else { return };
    program.done(&["user", "add", "zhou", "--role", "admin"]);
    program.done(&["user", "add", "li", "--role", "clerk", "--as", "zhou"]);
    let client = store::connect(program.database.url(), Role::Billing).await.unwrap();
    let tail = async || store::seals::waiting(&client).await.unwrap().0;
    let shown = |what: &str| {
        let verified = program.done(&["audit", "verify", "--format", "json"]);
        let rows: serde_json::Value = serde_json::from_str(&verified).unwrap();
        let row = rows.as_array().unwrap().iter().find(|row| row["what"] == what).unwrap();
        row["value"].as_str().unwrap().to_owned()
    };
    assert_eq!((tail().await, shown("unsealed").as_str(), shown("sealed").as_str()), (2, "2", "0"));
    program.done(&["work", "--once"]);
    assert_eq!((tail().await, shown("unsealed").as_str(), shown("sealed").as_str()), (0, "0", "2"));
    assert_eq!(count(&client, "kind = 'audit_seal' and every_s = 60 and state = 'waiting'").await, 1);
    // However many workers there are, and however often it is asked for, it is one job.
    program.done(&["jobs", "run", "audit_seal", "--as", "zhou"]);
    program.done(&["work", "--once"]);
    assert_eq!(count(&client, "kind = 'audit_seal'").await, 1);
    assert_eq!((shown("unsealed").as_str(), shown("sealed").as_str()), ("0", "3"));
}
