//! Prometheus metrics, declared in one place; `dashboards/prometheus/README.md` tells what each answers.

use std::collections::BTreeMap;
use std::time::Duration;

use metering::Source;
use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use store::sink::{Committed, Entry, Fate, Outcome};

use crate::process::Process;

/// Every metric of ingest. Cloning shares them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    frames: IntCounterVec,
    rejections: IntCounterVec,
    readings: IntCounter,
    pub(crate) delivered: IntCounterVec,
    pub(crate) queue_frames: IntGaugeVec,
    pub(crate) queue_bytes: IntGaugeVec,
    pub(crate) queue_limit_bytes: IntGauge,
    pub(crate) decode_seconds: Histogram,
    commit_seconds: Histogram,
    batch_readings: Histogram,
    pub(crate) lag_seconds: IntGauge,
    pub(crate) retries: IntCounterVec,
    pub(crate) database_up: IntGauge,
    pub(crate) spool_bytes: IntGauge,
    pub(crate) spool_limit_bytes: IntGauge,
    pub(crate) spool_sync_seconds: Histogram,
    pub(crate) spool_failures: IntCounter,
    pub(crate) broker_up: IntGauge,
    /// Registered when the broker first tells it.
    broker_heap_bytes: IntGauge,
    pub(crate) broker_dropped: IntCounter,
    pub(crate) polls: IntCounterVec,
    pub(crate) poll_seconds: Histogram,
    pub(crate) udp_dropped: IntCounterVec,
    process: Process,
}

/// 0.25 ms to 16 s, doubling.
const SECONDS: (f64, f64, usize) = (0.000_25, 2.0, 17);

impl Metrics {
    /// Metrics of their own registry: several pipelines in one process (tests) do not meet.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let make = Make(&registry);
        let metrics = Self {
            frames: make.counters(
                "meterline_frames_total",
                "Deliveries whose outcome is committed",
                &["source", "outcome"],
            )?,
            rejections: make.counters(
                "meterline_rejections_total",
                "Rejected frames by kind",
                &["source", "kind"],
            )?,
            readings: make.counter("meterline_readings_total", "Readings newly stored")?,
            delivered: make.counters(
                "meterline_delivered_total",
                "Frames taken from a source",
                &["source"],
            )?,
            queue_frames: make.gauges("meterline_queue_frames", "Frames that wait", &["stage"])?,
            queue_bytes: make.gauges("meterline_queue_bytes", "Bytes that wait", &["stage"])?,
            queue_limit_bytes: make.gauge("meterline_queue_limit_bytes", "The bound of bytes that wait")?,
            decode_seconds: make.histogram(
                "meterline_decode_seconds",
                "Time to decode one delivery",
                (0.000_000_25, 4.0, 10),
            )?,
            commit_seconds: make.histogram(
                "meterline_commit_seconds",
                "From a batch's first statement to its commit",
                SECONDS,
            )?,
            batch_readings: make.histogram(
                "meterline_batch_readings",
                "Readings in a batch",
                (1.0, 4.0, 8),
            )?,
            lag_seconds: make
                .gauge("meterline_ingest_lag_seconds", "Now less the oldest receipt that is not committed")?,
            retries: make.counters("meterline_retries_total", "Batches written again", &["reason"])?,
            database_up: make.gauge("meterline_database_up", "1 while writers can commit")?,
            spool_bytes: make.gauge("meterline_spool_bytes", "Bytes in the spool that are not committed")?,
            spool_limit_bytes: make.gauge("meterline_spool_limit_bytes", "The spool's bound")?,
            spool_sync_seconds: make.histogram(
                "meterline_spool_sync_seconds",
                "Time of a group commit to the spool",
                SECONDS,
            )?,
            spool_failures: make
                .counter("meterline_spool_failures_total", "Group commits that the spool's disk refused")?,
            broker_up: make.gauge("meterline_broker_up", "1 while the MQTT session stands")?,
            broker_heap_bytes: IntGauge::new(
                "meterline_broker_heap_bytes",
                "The broker's memory, as it says",
            )?,
            broker_dropped: make
                .counter("meterline_broker_dropped_total", "Messages that the broker dropped")?,
            polls: make.counters("meterline_polls_total", "Polls of concentrators", &["line", "outcome"])?,
            poll_seconds: make.histogram("meterline_poll_seconds", "From request to answer", SECONDS)?,
            udp_dropped: make.counters(
                "meterline_udp_dropped_total",
                "Datagrams that the kernel dropped",
                &["door"],
            )?,
            process: Process::register(&registry)?,
            registry: registry.clone(),
        };
        metrics.begin();
        Ok(metrics)
    }

    /// Counters whose labels are known begin at 0: a rate misses the first increment of one that appears with it.
    fn begin(&self) {
        for source in Source::ALL.iter().filter(|source| **source != Source::Import) {
            self.delivered.with_label_values(&[source.name()]);
            for outcome in Outcome::ALL {
                self.frames.with_label_values(&[source.name(), outcome.name()]);
            }
        }
        for reason in ["serialization", "deadlock", "connection", "refused"] {
            self.retries.with_label_values(&[reason]);
        }
    }

    /// A batch is committed.
    pub(crate) fn committed(&self, entries: &[Entry], committed: &Committed) {
        // Summed up first: finding a counter by its labels costs as much as decoding the frame.
        let mut counts: BTreeMap<(Source, &str), u64> = BTreeMap::new();
        for (entry, outcome) in entries.iter().zip(&committed.outcomes) {
            let source = entry.arrival.source;
            *counts.entry((source, outcome.name())).or_default() += 1;
            if let Fate::Rejected(rejection) = &entry.fate {
                self.rejections.with_label_values(&[source.name(), rejection.kind]).inc();
            }
        }
        for ((source, outcome), count) in counts {
            self.frames.with_label_values(&[source.name(), outcome]).inc_by(count);
        }
        self.readings.inc_by(committed.readings as u64);
        #[expect(clippy::cast_precision_loss, reason = "a metric; batches hold thousands")]
        self.batch_readings.observe(committed.readings as f64);
    }

    pub(crate) fn commit_seconds(&self, elapsed: Duration) {
        self.commit_seconds.observe(elapsed.as_secs_f64());
    }

    pub(crate) fn delivered(&self, source: Source) {
        self.delivered.with_label_values(&[source.name()]).inc();
    }

    /// The broker has told its memory.
    pub(crate) fn broker_heap(&self, bytes: i64) {
        self.broker_heap_bytes.set(bytes);
        // Only now, so that a broker that tells nothing has no such line. A second time it is there already.
        let _ = self.registry.register(Box::new(self.broker_heap_bytes.clone()));
    }

    /// The page `/metrics`.
    pub(crate) fn page(&self) -> String {
        self.process.measure();
        let mut page = Vec::new();
        // Writing into memory fails only for metrics without a name.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut page);
        String::from_utf8(page).unwrap_or_default()
    }
}

struct Make<'a>(&'a Registry);

impl Make<'_> {
    fn register<C: prometheus::core::Collector + Clone + 'static>(
        &self,
        collector: C,
    ) -> Result<C, prometheus::Error> {
        self.0.register(Box::new(collector.clone()))?;
        Ok(collector)
    }

    fn counter(&self, name: &str, help: &str) -> Result<IntCounter, prometheus::Error> {
        self.register(IntCounter::with_opts(Opts::new(name, help))?)
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
        self.register(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    fn gauge(&self, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
        self.register(IntGauge::with_opts(Opts::new(name, help))?)
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec, prometheus::Error> {
        self.register(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    fn histogram(
        &self,
        name: &str,
        help: &str,
        (start, factor, count): (f64, f64, usize),
    ) -> Result<Histogram, prometheus::Error> {
        let buckets = prometheus::exponential_buckets(start, factor, count)?;
        self.register(Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))?)
    }
}
