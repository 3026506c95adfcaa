//! The process seen from outside: its heartbeat, its lag, when meters were last heard, silence.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::node::{Heartbeat, beat, check_silence, last_beat, note_contacts};
use store::{Client, Role};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use crate::contacts::Contacts;
use crate::intake::Pipeline;
use crate::metrics::Metrics;
use crate::settings::AlarmSettings;
use crate::spool::Spool;

const BEAT: Duration = Duration::from_secs(1);
/// How often contacts are written.
const NOTE: Duration = Duration::from_secs(10);
/// A restart within this time is no break: silence goes on being counted.
const SHORT_BREAK: SignedDuration = SignedDuration::from_mins(15);

/// See the module.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) database_url: String,
    pub(crate) http_address: String,
    pub(crate) pipeline: Pipeline,
    pub(crate) spool: Arc<Spool>,
    pub(crate) contacts: Contacts,
    pub(crate) metrics: Metrics,
    pub(crate) alarms: AlarmSettings,
    pub(crate) udp_port: Option<u16>,
    pub(crate) database: watch::Receiver<bool>,
}

impl Node {
    /// When the oldest frame came in that is not committed.
    fn oldest(&self) -> Option<Timestamp> {
        [self.pipeline.oldest(), self.spool.oldest()].into_iter().flatten().min()
    }

    /// Whether the database takes commits.
    pub(crate) fn database_up(&self) -> bool {
        *self.database.borrow()
    }

    /// Sets the gauges to what is so now.
    pub(crate) fn measure(&self) {
        let metrics = &self.metrics;
        let lag = self.oldest().map_or(0, |oldest| Timestamp::now().duration_since(oldest).as_secs().max(0));
        metrics.lag_seconds.set(lag);
        metrics.database_up.set(i64::from(self.database_up()));
        let gauge = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        metrics.spool_bytes.set(gauge(self.spool.open_bytes()));
        let failures = &metrics.spool_failures;
        failures.inc_by(self.spool.failures().saturating_sub(failures.get()));
        metrics.spool_limit_bytes.set(gauge(self.spool.limit()));
        metrics.queue_frames.with_label_values(&["write"]).set(gauge(self.pipeline.count() as u64));
        metrics.queue_limit_bytes.set(gauge(self.pipeline.limit() as u64));
        metrics.queue_bytes.with_label_values(&["write"]).set(gauge(self.pipeline.bytes() as u64));
        if let Some(dropped) = self.udp_port.and_then(super::sources::udp::dropped) {
            let counter = metrics.udp_dropped.with_label_values(&["udp"]);
            counter.inc_by(dropped.saturating_sub(counter.get()));
        }
    }

    /// Runs until the stop, and then once more.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut client: Option<Client> = None;
        let mut since: Option<Timestamp> = None;
        let mut noted = Instant::now();
        let mut checked = Instant::now();
        let mut ticks = interval(BEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let last = tokio::select! {
                _ = ticks.tick() => false,
                () = stop.cancelled() => true,
            };
            self.measure();
            if client.as_ref().is_none_or(Client::is_closed) {
                client = store::connect(&self.database_url, Role::Ingest).await.ok();
            }
            if let Some(connection) = &client {
                let done = async {
                    let since = self.since(connection, &mut since).await?;
                    self.beat(connection, since).await?;
                    if last || noted.elapsed() >= NOTE {
                        noted = Instant::now();
                        self.note(connection).await?;
                    }
                    if checked.elapsed() >= Duration::from_secs(self.alarms.silence_check_s) {
                        checked = Instant::now();
                        self.check_silence(connection, since).await?;
                    }
                    Ok::<_, store::SqlError>(())
                };
                if let Err(error) = done.await {
                    debug!(%error, "the heartbeat cannot be written");
                    client = None;
                }
            }
            if last {
                return;
            }
        }
    }

    async fn since(
        &self,
        client: &Client,
        since: &mut Option<Timestamp>,
    ) -> Result<Timestamp, store::SqlError> {
        if let Some(since) = *since {
            return Ok(since);
        }
        let now = Timestamp::now();
        let before = last_beat(client, &self.name).await?;
        let listening = before
            .filter(|(_, beat)| now.duration_since(*beat) < SHORT_BREAK)
            .map_or(now, |(since, _)| since);
        *since = Some(listening);
        Ok(listening)
    }

    async fn beat(&self, client: &Client, listening_since: Timestamp) -> Result<(), store::SqlError> {
        let heartbeat = Heartbeat {
            node: self.name.clone(),
            listening_since,
            at: Timestamp::now(),
            oldest_uncommitted: self.oldest(),
            spool_bytes: self.spool.open_bytes(),
            http_address: self.http_address.clone(),
        };
        beat(client, &heartbeat).await
    }

    async fn note(&self, client: &Client) -> Result<(), store::SqlError> {
        let contacts = self.contacts.take();
        if contacts.is_empty() {
            return Ok(());
        }
        let noted = note_contacts(client, &contacts).await;
        if noted.is_err() {
            self.contacts.put_back(contacts);
        }
        noted
    }

    async fn check_silence(&self, client: &Client, since: Timestamp) -> Result<(), store::SqlError> {
        let intervals = i32::from(self.alarms.silent_intervals);
        let (began, ended) = check_silence(client, Timestamp::now(), since, intervals).await?;
        if began + ended > 0 {
            info!(began, ended, "alarms of silence");
        }
        Ok(())
    }
}
