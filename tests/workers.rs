//! Workers as processes: killed in the middle of a job, beside one another, and left out.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jobs::handler::Handlers;
use jobs::worker::{self, LEASE, Worker};
use serde_json::json;
use store::queue::{self, JobKind, Wish};
use store::runs::{self, RunKey, RunState};
use store::{Client, Role};
use support::{Database, Utility, deeds, eventually};
use tokio_util::sync::CancellationToken;

const SOON: Duration = Duration::from_secs(20);

/// A process of the program, killed when the test ends.
struct Process(Child);

impl Process {
    fn start(database: &Database, words: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meterline"));
        command.args(words).current_dir(std::env::temp_dir()).env("DATABASE_URL", database.url());
        command.env_remove("METERLINE_USER").env_remove("METERLINE_CONFIG").env("LANG", "C");
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// SIGKILL: nothing is given back.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    fn is_done(&mut self) -> bool {
        self.0.wait().unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn count(client: &Client, what: &str) -> i64 {
    client.query_one(&format!("select count(*) as n from {what}"), &[]).await.unwrap().get("n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_worker_was_at_is_done_once_by_another() {
    let Some(utility) = Utility::new().await else { return };
    utility.households(600).await;
    let key = RunKey { service: None, book: Some("B1".into()), period: "2026-10".into() };
    let office = deeds::office(&utility.database);
    // Whoever tries a chunk waits for the readings, and is in the middle of its job.
    let hold = utility.database.owner().await;
    let run = office::bill::start(&office, &deeds::caller("li"), &key).await.unwrap().run;
    hold.batch_execute("begin; lock table readings in access exclusive mode").await.unwrap();
    let mut first = Process::start(&utility.database, &["work"]);
    let running = "jobs where state = 'running' and kind = 'bill_trial' and attempts = 1";
    let waiting = "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    eventually("a worker is at a chunk", SOON, async || {
        count(&utility.client, running).await > 0 && count(&utility.client, waiting).await > 0
    })
    .await;
    first.kill();
    hold.batch_execute("commit").await.unwrap();
    // Nobody else takes what is leased, until the minute is over: here it is.
    utility
        .client
        .batch_execute("update jobs set lease_until = now() where state = 'running'")
        .await
        .unwrap();
    // What was in vain waits some seconds for its back-off.
    eventually("another has carried the run on", SOON, async || {
        assert!(Process::start(&utility.database, &["work", "--once"]).is_done());
        utility
            .client
            .batch_execute("update jobs set run_after = now() where state = 'waiting'")
            .await
            .unwrap();
        runs::find(&utility.client, run).await.unwrap().state == RunState::Review
    })
    .await;
    let totals = runs::find(&utility.client, run).await.unwrap();
    assert_eq!((totals.due, count(&utility.client, "bill_drafts").await), (600, 600));
    assert_eq!(count(&utility.client, "(select distinct agreement_id from bill_drafts) b").await, 600);
    let twice = "jobs where kind = 'bill_trial' and state = 'done' and error_kind is null";
    assert!(count(&utility.client, twice).await > 0);
}

async fn enqueue(client: &mut Client, kind: JobKind) {
    let change = client.transaction().await.unwrap();
    let wish = Wish { kind, key: "x".to_owned(), payload: json!({}) };
    queue::enqueue(&change, &wish).await.unwrap();
    change.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_beside_the_console_leaves_long_jobs_to_one_that_is_there_for_them() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = store::connect(database.url(), Role::Billing).await.unwrap();
    let other = store::connect(database.url(), Role::Billing).await.unwrap();
    queue::stand_by(&other).await.unwrap();
    enqueue(&mut client, JobKind::BillTrial).await;
    enqueue(&mut client, JobKind::OutboxSend).await;
    let handlers = Handlers::new()
        .with(JobKind::BillTrial, async |_| Ok(()))
        .with(JobKind::OutboxSend, async |_| Ok(()));
    let beside = Worker {
        url: database.url().to_owned(),
        name: "beside".to_owned(),
        long: 1,
        gives_way: true,
        pause: Duration::from_millis(50),
        lease: LEASE,
    };
    let (stop, worker, all) = (CancellationToken::new(), beside.clone(), handlers.clone());
    let told = stop.clone();
    let working = tokio::spawn(async move { worker::work(&worker, &all, &told).await });
    eventually("the short one is done", SOON, async || {
        count(&client, "jobs where state = 'done'").await == 1
    })
    .await;
    // A drain looks as often as it finds something: nothing is left for it.
    assert_eq!(worker::drain(&beside, &handlers).await.unwrap(), (0, 0));
    assert_eq!(count(&client, "jobs where kind = 'bill_trial' and state = 'waiting'").await, 1);
    // The other has ended, however it ended.
    drop(other);
    eventually("the long one is done too", SOON, async || {
        count(&client, "jobs where state = 'done'").await == 2
    })
    .await;
    stop.cancel();
    working.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_works_on_no_job_where_it_is_told_so() {
    let Some(database) = Database::fresh().await else { return };
    let client = database.owner().await;
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let connected = "pg_stat_activity where datname = current_database() and application_name = 'meterline' \
                     and query like '%meterline_jobs%' and pid <> pg_backend_pid()";
    let _pages = Process::start(&database, &[&serve[..], &["--no-worker"]].concat());
    let _both = Process::start(&database, &serve);
    eventually("the worker of the second has made its schedules", SOON, async || {
        count(&client, "jobs where every_s is not null").await > 0 && count(&client, connected).await > 0
    })
    .await;
    assert_eq!(count(&client, connected).await, 1, "one of two is woken by jobs");
}
