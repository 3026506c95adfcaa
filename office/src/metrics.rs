//! What is done here, in Prometheus' terms: each deed by its outcome, and its time.

use std::future::Future;
use std::sync::OnceLock;
use std::time::Instant;

use metering::refusal::Refusal;
use prometheus::{Error, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, exponential_buckets};

use crate::Action;

struct Metrics {
    deeds: IntCounterVec,
    seconds: HistogramVec,
}

static METRICS: OnceLock<Metrics> = OnceLock::new();

/// Puts the metrics of this crate on a page. A second registry in one process gets none.
pub fn register(registry: &Registry) -> Result<(), Error> {
    let metrics = Metrics {
        deeds: IntCounterVec::new(
            Opts::new(
                "meterline_deeds_total",
                "What people did, by deed and outcome: done or the kind of refusal",
            ),
            &["deed", "outcome"],
        )?,
        seconds: HistogramVec::new(
            HistogramOpts::new("meterline_deed_seconds", "Time of a deed")
                .buckets(exponential_buckets(0.002, 2.0, 14)?),
            &["deed"],
        )?,
    };
    registry.register(Box::new(metrics.deeds.clone()))?;
    registry.register(Box::new(metrics.seconds.clone()))?;
    // Each deed is there from the start, so that its first is not its first sight: a rate needs the zero before.
    for action in Action::ALL {
        metrics.deeds.with_label_values(&[action.name(), "done"]);
        metrics.seconds.with_label_values(&[action.name()]);
    }
    let _ = METRICS.set(metrics);
    Ok(())
}

/// Does a deed and counts it.
pub(crate) async fn measured<T>(
    action: Action,
    deed: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    measured_as(action, |_| "done", deed).await
}

/// The same, where what comes of it may be another outcome than `done`.
pub(crate) async fn measured_as<T>(
    action: Action,
    outcome: impl Fn(&T) -> &'static str,
    deed: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let begun = Instant::now();
    let ended = deed.await;
    if let Some(metrics) = METRICS.get() {
        let name = ended.as_ref().map_or_else(|refusal| refusal.kind().name(), outcome);
        metrics.deeds.with_label_values(&[action.name(), name]).inc();
        metrics.seconds.with_label_values(&[action.name()]).observe(begun.elapsed().as_secs_f64());
    }
    ended
}
