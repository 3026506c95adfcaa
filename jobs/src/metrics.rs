//! What a worker does, in Prometheus' terms. A program that has a page for it registers these once; elsewhere nothing
//! is counted.

use std::sync::OnceLock;
use std::time::Instant;

use store::queue::JobKind;

use prometheus::{
    Error, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry,
    exponential_buckets,
};

struct Metrics {
    attempts: IntCounterVec,
    runs: IntCounterVec,
    seconds: HistogramVec,
    succeeded: IntGaugeVec,
    interval: IntGaugeVec,
    stage_seconds: HistogramVec,
    chunk_seconds: HistogramVec,
    bills: IntCounterVec,
}

static METRICS: OnceLock<Metrics> = OnceLock::new();

/// A stage of a bill run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The inputs are frozen.
    Freeze,
    /// Bills are made.
    Trial,
    /// Bills become documents, and enter the ledger.
    Issue,
}

impl Stage {
    const ALL: [Self; 3] = [Self::Freeze, Self::Trial, Self::Issue];

    const fn name(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::Trial => "trial",
            Self::Issue => "issue",
        }
    }
}

metering::closed_list! {
    /// How an attempt at a job ended.
    pub enum Outcome: "outcome of an attempt" {
        /// It came out.
        Done = "done",
        /// In vain; the job is tried again.
        Retried = "retried",
        /// In vain, and it was the last one.
        Failed = "failed",
        /// Its worker was heard of no more; the job is tried again.
        Lost = "lost",
    }
}

/// What an agreement becomes in a run; a counter's label each.
const OUTCOMES: [&str; 4] = ["billed", "parked", "excluded", "issued"];

/// Puts the metrics of this crate on a page. A second registry in one process gets none.
pub fn register(registry: &Registry) -> Result<(), Error> {
    let metrics = Metrics {
        attempts: IntCounterVec::new(
            Opts::new("meterline_job_attempts_total", "Jobs that a worker of this process has taken"),
            &["job_name"],
        )?,
        runs: IntCounterVec::new(
            Opts::new("meterline_jobs_total", "Attempts at a job by how they ended"),
            &["job_name", "outcome"],
        )?,
        seconds: histogram("meterline_job_seconds", "Time of an attempt at a job", "job_name")?,
        succeeded: IntGaugeVec::new(
            Opts::new("meterline_job_success_timestamp_seconds", "When a job last succeeded"),
            &["job_name"],
        )?,
        interval: IntGaugeVec::new(
            Opts::new("meterline_job_interval_seconds", "How often a schedule is meant to run"),
            &["job_name"],
        )?,
        stage_seconds: histogram("meterline_bill_stage_seconds", "Time of a bill run's stage", "stage")?,
        chunk_seconds: histogram(
            "meterline_bill_chunk_seconds",
            "Time of a chunk of a bill run, about 500 agreements",
            "stage",
        )?,
        bills: IntCounterVec::new(
            Opts::new("meterline_bills_total", "Agreements by what a run made of them in this process"),
            &["outcome"],
        )?,
    };
    registry.register(Box::new(metrics.attempts.clone()))?;
    registry.register(Box::new(metrics.runs.clone()))?;
    registry.register(Box::new(metrics.seconds.clone()))?;
    registry.register(Box::new(metrics.succeeded.clone()))?;
    registry.register(Box::new(metrics.interval.clone()))?;
    registry.register(Box::new(metrics.stage_seconds.clone()))?;
    registry.register(Box::new(metrics.chunk_seconds.clone()))?;
    registry.register(Box::new(metrics.bills.clone()))?;
    // A rate misses the first increment of a counter that appears with it.
    for kind in JobKind::ALL {
        metrics.attempts.with_label_values(&[kind.name()]);
        for outcome in Outcome::ALL {
            metrics.runs.with_label_values(&[kind.name(), outcome.name()]);
        }
    }
    for outcome in OUTCOMES {
        metrics.bills.with_label_values(&[outcome]);
    }
    for stage in Stage::ALL {
        metrics.stage_seconds.with_label_values(&[stage.name()]);
        metrics.chunk_seconds.with_label_values(&[stage.name()]);
    }
    // Whoever came first keeps its registry.
    let _ = METRICS.set(metrics);
    Ok(())
}

fn histogram(name: &str, help: &str, label: &str) -> Result<HistogramVec, Error> {
    // 1 ms to 17 minutes.
    let buckets = exponential_buckets(0.001, 4.0, 11)?;
    HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets), &[label])
}

/// The intervals of schedules are known: one is overdue if it does not succeed in time.
pub(crate) fn schedules(kinds: &[JobKind]) {
    let Some(metrics) = METRICS.get() else { return };
    for kind in kinds {
        if let Some(every) = kind.every_s() {
            metrics.interval.with_label_values(&[kind.name()]).set(i64::from(every));
        }
    }
}

/// A job was taken.
pub(crate) fn job_begins(kind: JobKind) {
    if let Some(metrics) = METRICS.get() {
        metrics.attempts.with_label_values(&[kind.name()]).inc();
    }
}

/// An attempt that began then has ended.
pub(crate) fn job_ran(kind: JobKind, begun: Instant, outcome: Outcome, now: jiff::Timestamp) {
    let Some(metrics) = METRICS.get() else { return };
    metrics.runs.with_label_values(&[kind.name(), outcome.name()]).inc();
    metrics.seconds.with_label_values(&[kind.name()]).observe(begun.elapsed().as_secs_f64());
    if outcome == Outcome::Done {
        metrics.succeeded.with_label_values(&[kind.name()]).set(now.as_second());
    }
}

/// A job's lease ran out; whether that was its last attempt.
pub(crate) fn job_lost(kind: JobKind, is_failed: bool) {
    let Some(metrics) = METRICS.get() else { return };
    let outcome = if is_failed { Outcome::Failed } else { Outcome::Lost };
    metrics.runs.with_label_values(&[kind.name(), outcome.name()]).inc();
}

/// Agreements of a chunk that is committed, by what they became.
pub(crate) fn bills(outcome: &'static str, count: usize) {
    debug_assert!(OUTCOMES.contains(&outcome), "{outcome}");
    if let Some(metrics) = METRICS.get() {
        metrics.bills.with_label_values(&[outcome]).inc_by(count as u64);
    }
}

/// Measures a stage until it is dropped.
pub(crate) fn stage(stage: Stage) -> Timed {
    Timed(
        METRICS
            .get()
            .map(|metrics| (metrics.stage_seconds.with_label_values(&[stage.name()]), Instant::now())),
    )
}

/// A chunk of a stage is committed; it began then.
pub(crate) fn chunk(stage: Stage, begun: Instant) {
    if let Some(metrics) = METRICS.get() {
        metrics.chunk_seconds.with_label_values(&[stage.name()]).observe(begun.elapsed().as_secs_f64());
    }
}

/// See [`stage`].
#[must_use]
pub(crate) struct Timed(Option<(Histogram, Instant)>);

impl Drop for Timed {
    fn drop(&mut self) {
        if let Some((histogram, begun)) = &self.0 {
            histogram.observe(begun.elapsed().as_secs_f64());
        }
    }
}
