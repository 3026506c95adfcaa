//! Which pages are asked for, how long they take, and how they are answered.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::StatusCode;
use prometheus::{Error, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, exponential_buckets};

struct Metrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
}

static METRICS: OnceLock<Metrics> = OnceLock::new();

/// Puts the console's metrics on a page. A second registry in one process gets none.
pub fn register(registry: &Registry) -> Result<(), Error> {
    let requests = IntCounterVec::new(
        Opts::new("meterline_console_requests_total", "Pages by their route and the class of the answer"),
        &["page", "answer"],
    )?;
    // 1 ms to 16 s.
    let buckets = exponential_buckets(0.001, 2.0, 15)?;
    let seconds = HistogramVec::new(
        HistogramOpts::new("meterline_console_request_seconds", "From the request to the page")
            .buckets(buckets),
        &["page"],
    )?;
    registry.register(Box::new(requests.clone()))?;
    registry.register(Box::new(seconds.clone()))?;
    let _ = METRICS.set(Metrics { requests, seconds });
    Ok(())
}

/// A page was answered. `page` is its route, so that the list of labels is closed; `None`: there is no such page.
pub(crate) fn answered(page: Option<&str>, status: StatusCode, elapsed: Duration) {
    let Some(metrics) = METRICS.get() else { return };
    let page = page.unwrap_or("none");
    let answer = match status.as_u16() {
        100..400 => "ok",
        400..500 => "refused",
        _ => "failed",
    };
    metrics.requests.with_label_values(&[page, answer]).inc();
    metrics.seconds.with_label_values(&[page]).observe(elapsed.as_secs_f64());
}
