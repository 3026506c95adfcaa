//! What a worker does, in Prometheus' terms. A program that has a page for it registers these once; elsewhere nothing
//! is counted.

use std::sync::OnceLock;
use std::time::Instant;

use prometheus::{
    Error, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry,
    exponential_buckets,
};

struct Metrics {
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

/// What an agreement becomes in a run; a counter's label each.
const OUTCOMES: [&str; 4] = ["billed", "parked", "excluded", "issued"];

/// Puts the metrics of this crate on a page. A second registry in one process gets none.
pub fn register(registry: &Registry) -> Result<(), Error> {
    let metrics = Metrics {
        runs: IntCounterVec::new(
            Opts::new("meterline_jobs_total", "Runs of a job"),
            &["job_name", "outcome"],
        )?,
        seconds: histogram("meterline_job_seconds", "Time of a job's run", "job_name")?,
        succeeded: IntGaugeVec::new(
            Opts::new("meterline_job_success_timestamp_seconds", "When a job last succeeded"),
            &["job_name"],
        )?,
        interval: IntGaugeVec::new(
            Opts::new("meterline_job_interval_seconds", "How often a job is meant to run"),
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
    registry.register(Box::new(metrics.runs.clone()))?;
    registry.register(Box::new(metrics.seconds.clone()))?;
    registry.register(Box::new(metrics.succeeded.clone()))?;
    registry.register(Box::new(metrics.interval.clone()))?;
    registry.register(Box::new(metrics.stage_seconds.clone()))?;
    registry.register(Box::new(metrics.chunk_seconds.clone()))?;
    registry.register(Box::new(metrics.bills.clone()))?;
    // A rate misses the first increment of a counter that appears with it.
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

/// A job's interval is known: it is overdue if it does not succeed in time.
pub(crate) fn job_begins(name: &str, interval_s: u64) {
    let Some(metrics) = METRICS.get() else { return };
    metrics.interval.with_label_values(&[name]).set(i64::try_from(interval_s).unwrap_or(i64::MAX));
    for outcome in ["done", "failed"] {
        metrics.runs.with_label_values(&[name, outcome]);
    }
}

/// A job has run, since then.
pub(crate) fn job_ran(name: &str, begun: Instant, is_done: bool, now: jiff::Timestamp) {
    let Some(metrics) = METRICS.get() else { return };
    metrics.runs.with_label_values(&[name, if is_done { "done" } else { "failed" }]).inc();
    metrics.seconds.with_label_values(&[name]).observe(begun.elapsed().as_secs_f64());
    if is_done {
        metrics.succeeded.with_label_values(&[name]).set(now.as_second());
    }
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
