//! A worker: takes jobs from the queue and has them done, until it is told to stop.
//!
//! A process has some places for long jobs and one for short ones, so that a message does not wait behind a month's
//! bills. Each place has a connection of its own and at most one job. One job's error, or its panic, is that job's: the
//! place goes on with the next. A process with another purpose (the console) leaves long jobs to one that is there for them, for
//! as long as that one lives.
//!
//! What is true if we die: the job's lease runs out and another worker takes it. If we are told to stop: what is under way
//! is dropped, its transaction undone, the job given back with no attempt spent. If we were only slow and the job is
//! another's by now: we let go of it.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use jiff::Timestamp;
use store::queue::{self, Job, JobKind, JobState};
use store::{Channel, Client, ConnectError, Listener, Role, SqlError};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::handler::{Fault, Handlers};
use crate::metrics::{self, Outcome};

/// A lease that is long enough for a database that restarts, and short enough that a killed worker's run goes on while its
/// clerk waits.
pub const LEASE: Duration = Duration::from_mins(1);

/// How often a lease is extended before it runs out: all but one may be lost.
const BEATS: u32 = 4;

/// What a worker needs to know.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The database.
    pub url: String,
    /// Of this process, such as `host:4711`; unlike that of any other that lives.
    pub name: String,
    /// Places for long jobs.
    pub long: usize,
    /// Whether it leaves long jobs to a process that is there for them alone.
    pub gives_way: bool,
    /// How often it looks although nobody has woken it: for what waits for its time, and for leases that ran out.
    pub pause: Duration,
    /// How long a job is this worker's without word from it; [`LEASE`] but in tests.
    pub lease: Duration,
}

/// Works until `stop`. While the database is down it tries again, one look a pause.
pub async fn work(worker: &Worker, handlers: &Handlers, stop: &CancellationToken) {
    let wake = Arc::new(Notify::new());
    metrics::schedules(&handlers.kinds(false));
    let mut tasks = vec![tokio::spawn(listen(worker.clone(), Arc::clone(&wake), stop.clone()))];
    for mut place in places(worker, handlers) {
        let (wake, stop) = (Arc::clone(&wake), stop.clone());
        tasks.push(tokio::spawn(async move { place.work(&wake, &stop).await }));
    }
    for task in tasks {
        if let Err(panicked) = task.await {
            error!(error = %panicked, "a place of the worker has ended");
        }
    }
}

/// Does what waits now and whose time has come, then ends. Returns how many attempts came out, and how many were in vain.
pub async fn drain(worker: &Worker, handlers: &Handlers) -> Result<(usize, usize), DrainError> {
    let (mut done, mut failed) = (0, 0);
    let never = CancellationToken::new();
    for mut place in places(worker, handlers) {
        place.prepare().await?;
        while let Some(job) = place.claim().await? {
            match place.run(job, &never).await {
                Some(Outcome::Done) => done += 1,
                _ => failed += 1,
            }
        }
    }
    Ok((done, failed))
}

/// Why the queue cannot be looked at.
#[derive(Debug)]
pub enum DrainError {
    /// No connection.
    Connect(ConnectError),
    /// The database's answer.
    Sql(SqlError),
}

impl std::fmt::Display for DrainError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connect(source) => source.fmt(f),
            Self::Sql(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for DrainError {}

impl From<ConnectError> for DrainError {
    fn from(source: ConnectError) -> Self {
        Self::Connect(source)
    }
}

store::takes_sql_errors!(DrainError);

/// The one for short jobs first: it makes the schedules.
fn places(worker: &Worker, handlers: &Handlers) -> Vec<Place> {
    let place = |n: usize| Place {
        url: worker.url.clone(),
        name: format!("{}:{n}", worker.name),
        kinds: handlers.kinds(n > 0),
        handlers: handlers.clone(),
        stand: match (worker.gives_way, n > 0) {
            (false, _) => Stand::Own,
            (true, false) => Stand::Beside,
            (true, true) => Stand::GivesWay,
        },
        pause: worker.pause,
        lease: worker.lease,
        client: None,
    };
    (0..=worker.long).map(place).filter(|place| !place.kinds.is_empty()).collect()
}

/// Wakes the places when a job was enqueued. Without it they look after their pause.
async fn listen(worker: Worker, wake: Arc<Notify>, stop: CancellationToken) {
    let hear = async {
        loop {
            match Listener::open(&worker.url, Channel::Jobs).await {
                Err(error) => debug!(%error, "nobody wakes the worker"),
                Ok(mut listener) => loop {
                    // What was enqueued before we listened is found now.
                    wake.notify_waiters();
                    if listener.changed().await.is_err() {
                        break;
                    }
                },
            }
            sleep(worker.pause).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = hear => {}
    }
}

/// How a place stands to those of other processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    /// Its process is there for the queue alone, and says so.
    Own,
    /// Its process has another purpose.
    Beside,
    /// The same, and its jobs are left to a process that is there for them.
    GivesWay,
}

/// A place where one job at a time is done.
struct Place {
    url: String,
    /// By which it holds leases.
    name: String,
    kinds: Vec<JobKind>,
    stand: Stand,
    handlers: Handlers,
    pause: Duration,
    lease: Duration,
    client: Option<Client>,
}

impl Place {
    async fn work(&mut self, wake: &Notify, stop: &CancellationToken) {
        let mut is_prepared = false;
        let mut told = false;
        while !stop.is_cancelled() {
            // From here on a call is not missed, although the look has not begun.
            let mut called = pin!(wake.notified());
            called.as_mut().enable();
            let looked = async {
                if !is_prepared {
                    self.prepare().await?;
                    is_prepared = true;
                }
                self.claim().await
            };
            let looked = tokio::select! {
                () = stop.cancelled() => return,
                looked = looked => looked,
            };
            match looked {
                Ok(Some(job)) => {
                    told = false;
                    self.run(job, stop).await;
                    continue;
                }
                Ok(None) => told = false,
                Err(error) => {
                    self.client = None;
                    // Once for each outage.
                    if !std::mem::replace(&mut told, true) {
                        warn!(%error, worker = self.name, "the queue cannot be looked at");
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = called => {}
                () = sleep(self.pause) => {}
            }
        }
    }

    async fn client(&mut self) -> Result<&Client, DrainError> {
        let client = match self.client.take() {
            Some(client) if !client.is_closed() => client,
            _ => {
                let client = store::connect(&self.url, Role::Billing).await?;
                if self.stand == Stand::Own {
                    queue::stand_by(&client).await?;
                }
                client
            }
        };
        Ok(self.client.insert(client))
    }

    /// The schedules stand.
    async fn prepare(&mut self) -> Result<(), DrainError> {
        for kind in self.kinds.clone() {
            queue::schedule(self.client().await?, kind).await?;
        }
        Ok(())
    }

    async fn claim(&mut self) -> Result<Option<Job>, DrainError> {
        let (name, kinds, lease, stand) = (self.name.clone(), self.kinds.clone(), self.lease, self.stand);
        let client = self.client().await?;
        for (kind, state) in queue::expire(client).await? {
            warn!(job = kind.name(), state = state.name(), "a job's worker was heard of no more");
            metrics::job_lost(kind, state == JobState::Failed);
        }
        if stand == Stand::GivesWay && queue::is_worked(client).await? {
            return Ok(None);
        }
        Ok(queue::claim(client, &name, &kinds, lease).await?)
    }

    /// Has a job done, and writes down how it ended. `None`: it is no longer this place's.
    async fn run(&mut self, job: Job, stop: &CancellationToken) -> Option<Outcome> {
        let (id, kind, begun) = (job.id, job.kind, Instant::now());
        debug!(id, job = kind.name(), attempt = job.attempt, "takes a job");
        metrics::job_begins(kind);
        let mut work = pin!(AssertUnwindSafe(self.handlers.work(job.clone())).catch_unwind());
        let mut beat = interval(self.lease / BEATS);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut held = Instant::now();
        let ended = loop {
            tokio::select! {
                ended = &mut work => break ended,
                () = stop.cancelled() => {
                    info!(id, job = kind.name(), "gives a job back");
                    if let Err(error) = self.give_back(id).await {
                        warn!(id, %error, "the job is another's when its lease has run out");
                    }
                    return None;
                }
                _ = beat.tick() => match self.extend(id).await {
                    Ok(true) => held = Instant::now(),
                    Ok(false) => {
                        warn!(id, job = kind.name(), "the job is another worker's by now");
                        return None;
                    }
                    Err(error) if held.elapsed() < self.lease => debug!(id, %error, "the lease is not extended"),
                    Err(error) => {
                        warn!(id, job = kind.name(), %error, "the lease has run out");
                        return None;
                    }
                }
            }
        };
        let ended =
            ended.unwrap_or_else(|_| Err(Fault::new("panic", "its handler panicked; the log has more")));
        self.settle(&job, begun, ended, held).await
    }

    async fn extend(&mut self, id: i64) -> Result<bool, DrainError> {
        let (name, lease) = (self.name.clone(), self.lease);
        Ok(queue::extend(self.client().await?, id, &name, lease).await?)
    }

    async fn give_back(&mut self, id: i64) -> Result<(), DrainError> {
        let name = self.name.clone();
        Ok(queue::give_back(self.client().await?, id, &name).await?)
    }

    /// Writes down how a job ended; tries it for as long as the lease may be ours.
    async fn settle(
        &mut self,
        job: &Job,
        begun: Instant,
        ended: Result<(), Fault>,
        held: Instant,
    ) -> Option<Outcome> {
        let outcome = loop {
            match self.write_down(job, &ended).await {
                Ok(outcome) => break outcome,
                Err(error) if held.elapsed() < self.lease => {
                    debug!(id = job.id, %error, "the job's end is not written down yet");
                    sleep(Duration::from_millis(500)).await;
                }
                Err(error) => {
                    warn!(id = job.id, %error, "the job's end was not written down: it will run again");
                    break None;
                }
            }
        };
        if let Err(fault) = ended {
            let (id, kind, attempt) = (job.id, job.kind.name(), job.attempt);
            match outcome {
                Some(Outcome::Failed) => {
                    error!(id, job = kind, attempt, error = %fault, "a job has failed for good");
                }
                _ => warn!(id, job = kind, attempt, error = %fault, "a job has failed and is tried again"),
            }
        }
        if let Some(outcome) = outcome {
            metrics::job_ran(job.kind, begun, outcome, Timestamp::now());
        }
        outcome
    }

    async fn write_down(
        &mut self,
        job: &Job,
        ended: &Result<(), Fault>,
    ) -> Result<Option<Outcome>, DrainError> {
        let name = self.name.clone();
        let client = self.client().await?;
        Ok(match ended {
            Ok(()) => queue::finish(client, job.id, &name).await?.then_some(Outcome::Done),
            Err(fault) => {
                let state = queue::fail(client, job.id, &name, fault.kind, &fault.message).await?;
                state.map(|state| match state {
                    JobState::Failed => Outcome::Failed,
                    _ => Outcome::Retried,
                })
            }
        })
    }
}
