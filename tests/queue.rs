//! The queue in the database: each job is one worker's at a time, whatever dies, and one that fails stops no other.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use store::queue::{self, Asked, Enqueued, JobError, JobKind, JobState, Wish};
use store::{Actor, Change, Client, Role, Trace};
use support::Database;

const LEASE: Duration = Duration::from_mins(1);

fn wish(kind: JobKind, key: &str) -> Wish {
    Wish { kind, key: key.to_owned(), payload: json!({ "run": 7 }) }
}

async fn worker(database: &Database) -> Client {
    store::connect(database.url(), Role::Billing).await.unwrap()
}

async fn enqueue(client: &mut Client, kind: JobKind, key: &str) -> Enqueued {
    let change = client.transaction().await.unwrap();
    let enqueued = queue::enqueue(&change, &wish(kind, key)).await.unwrap();
    change.commit().await.unwrap();
    enqueued
}

/// A deed on the queue, as the office signs it.
async fn signed(client: &mut Client) -> Change<'_> {
    Change::sign(store::begin(client).await.unwrap(), Actor::new("zhou", "machine"))
}

/// Keeps what was done.
async fn kept<T>(change: Change<'_>, done: Result<T, JobError>) -> Result<T, JobError> {
    let trace = Trace { action: "job.x", subject: String::new(), before: None, after: None };
    change.finish(trace).await.unwrap();
    done
}

async fn retry(client: &mut Client, id: i64) -> Result<JobKind, JobError> {
    let change = signed(client).await;
    let done = queue::retry(&change, id).await;
    kept(change, done).await
}

async fn run_now(client: &mut Client, kind: JobKind) -> Result<i64, JobError> {
    let change = signed(client).await;
    let done = queue::run_now(&change, kind).await;
    kept(change, done).await
}

async fn claim(client: &Client, who: &str) -> Option<queue::Job> {
    queue::claim(client, who, JobKind::ALL, LEASE).await.unwrap()
}

async fn run_out(client: &Client) {
    client
        .batch_execute("update jobs set lease_until = now() - interval '1 second' where state = 'running'")
        .await
        .unwrap();
}

async fn due(client: &Client) {
    client.batch_execute("update jobs set run_after = now() where state = 'waiting'").await.unwrap();
}

async fn one(client: &Client) -> queue::Listed {
    let jobs = queue::list(client, &Asked { limit: 10, ..Asked::default() }).await.unwrap();
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    jobs.into_iter().next().unwrap()
}

/// Law: whatever the number of workers, no job runs in two of them at once, and each comes out once.
#[tokio::test(flavor = "multi_thread")]
async fn sixteen_workers_do_each_job_once_at_a_time() {
    const JOBS: u32 = 200;
    let Some(database) = Database::fresh().await else { return };
    let mut client = worker(&database).await;
    for n in 0..JOBS {
        enqueue(&mut client, JobKind::OutboxSend, &n.to_string()).await;
    }
    let inside: Arc<HashMap<i64, AtomicU32>> = Arc::new(
        queue::list(&client, &Asked { limit: 1_000, ..Asked::default() })
            .await
            .unwrap()
            .iter()
            .map(|job| (job.id, AtomicU32::new(0)))
            .collect(),
    );
    let mut workers = Vec::new();
    for n in 0..16 {
        let (client, inside) = (worker(&database).await, Arc::clone(&inside));
        workers.push(tokio::spawn(async move {
            let (who, mut done) = (format!("w{n}"), 0);
            while let Some(job) = claim(&client, &who).await {
                assert_eq!(
                    inside[&job.id].fetch_add(1, Ordering::SeqCst),
                    0,
                    "job {} is in two hands",
                    job.id
                );
                tokio::task::yield_now().await;
                inside[&job.id].fetch_sub(1, Ordering::SeqCst);
                assert!(queue::finish(&client, job.id, &who).await.unwrap());
                done += 1;
            }
            done
        }));
    }
    let mut done = 0;
    for worker in workers {
        done += worker.await.unwrap();
    }
    assert_eq!(done, JOBS);
    let left =
        client.query_one("select count(*) from jobs where state <> 'done' or attempts <> 1", &[]).await;
    assert_eq!(left.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn the_same_wish_twice_is_one_job_until_it_has_ended() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = worker(&database).await;
    let Enqueued::New(id) = enqueue(&mut client, JobKind::BillTrial, "7").await else { panic!("not new") };
    assert_eq!(enqueue(&mut client, JobKind::BillTrial, "7").await, Enqueued::Known(id));
    assert!(matches!(enqueue(&mut client, JobKind::BillIssue, "7").await, Enqueued::New(_)), "another kind");
    assert!(matches!(enqueue(&mut client, JobKind::BillTrial, "8").await, Enqueued::New(_)), "another key");
    // What is undone with its transaction was never wished for.
    let change = client.transaction().await.unwrap();
    queue::enqueue(&change, &wish(JobKind::BillTrial, "9")).await.unwrap();
    change.rollback().await.unwrap();
    let jobs = queue::list(&client, &Asked { limit: 10, ..Asked::default() }).await.unwrap();
    assert_eq!(jobs.len(), 3);
}

#[tokio::test]
async fn what_is_wished_for_while_it_runs_runs_once_more() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = worker(&database).await;
    enqueue(&mut client, JobKind::OutboxSend, "erp").await;
    let job = claim(&client, "a").await.unwrap();
    enqueue(&mut client, JobKind::OutboxSend, "erp").await;
    enqueue(&mut client, JobKind::OutboxSend, "erp").await;
    assert!(claim(&client, "b").await.is_none(), "never twice at once");
    assert!(queue::finish(&client, job.id, "a").await.unwrap());
    let again = claim(&client, "b").await.unwrap();
    assert_eq!((again.id, again.attempt), (job.id, 1));
    assert!(queue::finish(&client, job.id, "b").await.unwrap());
    assert!(claim(&client, "a").await.is_none());
    assert_eq!(one(&client).await.state, JobState::Done);
}

#[tokio::test]
async fn a_worker_that_is_heard_of_no_more_loses_its_job() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = worker(&database).await;
    enqueue(&mut client, JobKind::BillTrial, "7").await;
    let job = claim(&client, "dead").await.unwrap();
    assert!(queue::extend(&client, job.id, "dead", LEASE).await.unwrap());
    assert!(queue::expire(&client).await.unwrap().is_empty(), "it still holds it");
    run_out(&client).await;
    assert_eq!(queue::expire(&client).await.unwrap(), [(JobKind::BillTrial, JobState::Waiting)]);
    due(&client).await;
    let taken = claim(&client, "alive").await.unwrap();
    assert_eq!((taken.id, taken.attempt), (job.id, 2));
    // It was only slow: it hears that the job is another's, and changes nothing.
    assert!(!queue::extend(&client, job.id, "dead", LEASE).await.unwrap());
    assert!(!queue::finish(&client, job.id, "dead").await.unwrap());
    assert_eq!(queue::fail(&client, job.id, "dead", "late", "").await.unwrap(), None);
    assert!(queue::finish(&client, job.id, "alive").await.unwrap());
}

#[tokio::test]
async fn a_job_that_kills_its_workers_ends_as_failed() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = worker(&database).await;
    enqueue(&mut client, JobKind::BillTrial, "7").await;
    let mut ended = Vec::new();
    for _ in 0..5 {
        claim(&client, "w").await.unwrap();
        run_out(&client).await;
        ended = queue::expire(&client).await.unwrap();
        due(&client).await;
    }
    assert_eq!(ended, [(JobKind::BillTrial, JobState::Failed)]);
    assert!(claim(&client, "w").await.is_none());
    assert_eq!(one(&client).await.error_kind.as_deref(), Some("lease"));
}

#[tokio::test]
async fn a_job_that_fails_waits_longer_each_time_and_stops_no_other() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = worker(&database).await;
    enqueue(&mut client, JobKind::BillIssue, "poison").await;
    enqueue(&mut client, JobKind::BillTrial, "good").await;
    let mut waits = Vec::new();
    for attempt in 1..=5 {
        let job = claim(&client, "w").await.unwrap();
        assert_eq!((job.kind, job.attempt), (JobKind::BillIssue, attempt));
        let state = queue::fail(&client, job.id, "w", "sql", &"x\0".repeat(9_000)).await.unwrap();
        if attempt == 1 {
            let good = claim(&client, "w").await.unwrap();
            assert_eq!(good.kind, JobKind::BillTrial, "the other one is not held up");
            assert!(queue::finish(&client, good.id, "w").await.unwrap());
        }
        if attempt < 5 {
            assert_eq!(state, Some(JobState::Waiting));
            let wait =
                "select extract(epoch from run_after - now())::float8 from jobs where state = 'waiting'";
            waits.push(client.query_one(wait, &[]).await.unwrap().get::<_, f64>(0).ceil());
            assert!(claim(&client, "w").await.is_none(), "its time has not come");
            due(&client).await;
        } else {
            assert_eq!(state, Some(JobState::Failed));
        }
    }
    assert_eq!(waits, [5.0, 10.0, 20.0, 40.0]);
    let failed = Asked { state: Some(JobState::Failed), limit: 10, ..Asked::default() };
    let failed = queue::list(&client, &failed).await.unwrap();
    assert_eq!(failed[0].error_text.as_deref().map(str::len), Some(2_000), "an error's text is bounded");

    // A person tries it again, with all its attempts; not what runs, and not what another job does already.
    assert!(queue::stands(&client, JobKind::BillIssue, "poison").await.unwrap());
    assert!(!queue::stands(&client, JobKind::BillTrial, "good").await.unwrap(), "it came out");
    assert_eq!(retry(&mut client, failed[0].id).await.unwrap(), JobKind::BillIssue);
    assert_eq!(claim(&client, "w").await.unwrap().attempt, 1);
    let refused = retry(&mut client, failed[0].id).await.unwrap_err();
    assert!(matches!(refused, JobError::State { state: JobState::Running, .. }), "{refused}");
    assert!(matches!(retry(&mut client, 999).await.unwrap_err(), JobError::Unknown(999)));
    client.batch_execute("update jobs set attempts = 5 where state = 'running'").await.unwrap();
    queue::fail(&client, failed[0].id, "w", "sql", "").await.unwrap();
    enqueue(&mut client, JobKind::BillIssue, "poison").await;
    let refused = retry(&mut client, failed[0].id).await.unwrap_err();
    assert!(matches!(refused, JobError::Waits { .. }), "{refused}");
}

#[tokio::test]
async fn the_highest_priority_goes_first_and_then_the_oldest() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = worker(&database).await;
    for (kind, key) in [
        (JobKind::OutboxSend, "a"),
        (JobKind::BillTrial, "b"),
        (JobKind::OutboxSend, "c"),
        (JobKind::BillIssue, "d"),
        (JobKind::BillTrial, "e"),
    ] {
        enqueue(&mut client, kind, key).await;
    }
    // A worker takes only what it has a handler for.
    let first = queue::claim(&client, "w", &[JobKind::OutboxSend], LEASE).await.unwrap().unwrap();
    queue::give_back(&client, first.id, "w").await.unwrap();
    client.batch_execute("update jobs set run_after = created_at").await.unwrap();
    let mut order = Vec::new();
    while let Some(job) = claim(&client, "w").await {
        let key =
            queue::list(&client, &Asked { before: Some(job.id + 1), limit: 1, ..Asked::default() }).await;
        order.push(key.unwrap()[0].key.clone());
        assert_eq!(job.attempt, 1, "what was given back has lost no attempt");
    }
    assert_eq!(order.concat(), "dbeac");
}

#[tokio::test]
async fn a_schedule_waits_again_after_each_run_and_never_fails_for_good() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = worker(&database).await;
    queue::schedule(&client, JobKind::AlarmReport).await.unwrap();
    queue::schedule(&client, JobKind::AlarmReport).await.unwrap();
    queue::schedule(&client, JobKind::BillTrial).await.unwrap();
    for _ in 0..7 {
        let job = claim(&client, "w").await.unwrap();
        assert_eq!((job.kind, job.every_s), (JobKind::AlarmReport, Some(10)));
        let state = queue::fail(&client, job.id, "w", "sql", "no").await.unwrap();
        assert_eq!(state, Some(JobState::Waiting));
        due(&client).await;
    }
    let job = claim(&client, "w").await.unwrap();
    assert!(queue::finish(&client, job.id, "w").await.unwrap());
    assert!(claim(&client, "w").await.is_none(), "not before its time");
    assert_eq!(run_now(&mut client, JobKind::AlarmReport).await.unwrap(), job.id);
    assert_eq!(claim(&client, "w").await.unwrap().attempt, 1);
    // Asked for while it runs: once more.
    run_now(&mut client, JobKind::AlarmReport).await.unwrap();
    assert!(queue::finish(&client, job.id, "w").await.unwrap());
    assert!(claim(&client, "w").await.is_some());
    let refused = run_now(&mut client, JobKind::BillIssue).await.unwrap_err();
    assert!(matches!(refused, JobError::NoSchedule(JobKind::BillIssue)));
}

#[tokio::test]
async fn what_is_done_is_thrown_away_after_a_week_and_what_failed_after_a_quarter() {
    let Some(database) = Database::fresh().await else { return };
    let client = worker(&database).await;
    // No role of the program writes when a job ended without working on it.
    let owner = database.owner().await;
    owner
        .batch_execute(
            "insert into jobs (kind, dedup_key, priority, max_attempts, backoff_s, state, ended_at) \
             select 'retention', state || days, 0, 1, 1, state, now() - make_interval(days => days) \
             from unnest(array['done', 'failed']) state, unnest(array[6, 8, 89, 91]) days",
        )
        .await
        .unwrap();
    assert_eq!(queue::sweep(&client, 2).await.unwrap(), 2, "bounded");
    queue::sweep(&client, 100).await.unwrap();
    let left = "select string_agg(dedup_key, ' ' order by dedup_key) from jobs";
    let left: String = client.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, "done6 failed6 failed8 failed89");
}

#[tokio::test]
async fn depths_count_what_waits_runs_or_failed_and_the_age_of_the_oldest() {
    let Some(database) = Database::fresh().await else { return };
    let mut client = worker(&database).await;
    enqueue(&mut client, JobKind::OutboxSend, "a").await;
    enqueue(&mut client, JobKind::OutboxSend, "b").await;
    enqueue(&mut client, JobKind::BillTrial, "c").await;
    claim(&client, "w").await.unwrap();
    client
        .batch_execute("update jobs set run_after = now() - interval '90 s' where dedup_key = 'a'")
        .await
        .unwrap();
    let mut depths = queue::depths(&client).await.unwrap();
    depths.sort_by_key(|depth| depth.kind);
    let figures: Vec<_> = depths.iter().map(|d| (d.kind, d.state, d.count, d.oldest_s)).collect();
    assert_eq!(
        figures,
        [(JobKind::BillTrial, JobState::Running, 1, 0), (JobKind::OutboxSend, JobState::Waiting, 2, 90)]
    );
}
