//! A writer: gathers a batch while the one before it commits, commits it, and only then tells the doors.

use std::time::Duration;

use store::sink::{CommitError, Committed, Entry, Fate, Rejection, Sink, transaction_committed};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, error, info, warn};

use crate::contacts::Contacts;
use crate::delivery::Delivery;
use crate::divert::Divert;
use crate::metrics::Metrics;
use crate::resolver::ResolvedFrame;
use crate::settings::Settings;

/// What a writer works with.
pub(crate) struct Writer {
    pub(crate) number: i16,
    pub(crate) database_url: String,
    pub(crate) settings: Settings,
    pub(crate) divert: Divert,
    pub(crate) contacts: Contacts,
    pub(crate) metrics: Metrics,
    /// Says whether the database takes commits.
    pub(crate) database: watch::Sender<bool>,
    /// Forget what is known of meters: a batch with alarms in it was not committed.
    pub(crate) forget: std::sync::Arc<tokio::sync::Notify>,
    pub(crate) sink: Option<Sink>,
}

/// Waits between attempts to reach the database.
const RECONNECT: Duration = Duration::from_millis(200);
/// A deadlock or a serialization failure passes; a batch that fails this often is taken apart.
const ATTEMPTS: usize = 10;

impl Writer {
    /// Runs until the resolver has ended and everything is committed or in the spool.
    pub(crate) async fn run(mut self, mut queue: mpsc::UnboundedReceiver<ResolvedFrame>) {
        let mut batch = Vec::new();
        while self.gather(&mut queue, &mut batch).await {
            let items = std::mem::take(&mut batch);
            self.settle(items, &mut queue).await;
        }
    }

    /// Fills a batch by count, bytes or age, whichever comes first. `false` at the end.
    async fn gather(
        &self,
        queue: &mut mpsc::UnboundedReceiver<ResolvedFrame>,
        batch: &mut Vec<ResolvedFrame>,
    ) -> bool {
        let most = self.settings.batch_frames;
        if queue.recv_many(batch, most).await == 0 {
            return false;
        }
        let end = Instant::now() + Duration::from_millis(self.settings.batch_age_ms);
        let mut bytes: usize = batch.iter().map(|item| item.entry.arrival.bytes.len()).sum();
        while batch.len() < most && bytes < self.settings.batch_bytes {
            let before = batch.len();
            match timeout_at(end, queue.recv_many(batch, most - before)).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {
                    bytes += batch[before..].iter().map(|item| item.entry.arrival.bytes.len()).sum::<usize>();
                }
            }
        }
        true
    }

    /// Sees a batch through: committed, or in the spool.
    async fn settle(
        &mut self,
        items: Vec<ResolvedFrame>,
        queue: &mut mpsc::UnboundedReceiver<ResolvedFrame>,
    ) {
        let (mut entries, mut rests) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
        for item in items {
            entries.push(item.entry);
            rests.push((item.ticket, item.room, item.packet));
        }
        let patience = Instant::now() + Duration::from_millis(self.settings.divert_after_ms);
        match self.commit(&mut entries, patience).await {
            Ok(committed) => {
                self.metrics.committed(&entries, &committed);
                self.contacts.heard(&entries);
                self.divert.redeem(rests.into_iter().map(|(ticket, ..)| ticket));
            }
            Err(()) => {
                self.database.send_if_modified(|up| std::mem::replace(up, false));
                warn!(writer = self.number, "the database is away: frames go to the spool");
                self.forget.notify_one();
                self.divert.deliveries(entries.into_iter().zip(rests).map(
                    |(entry, (ticket, room, packet))| {
                        (Delivery { arrival: entry.arrival, packet }, ticket, room)
                    },
                ));
                self.outage(queue).await;
            }
        }
    }

    /// Tries until it is done, or until the database has been away for too long.
    async fn commit(&mut self, entries: &mut [Entry], patience: Instant) -> Result<Committed, ()> {
        let mut attempts = 0;
        loop {
            let Some(sink) = self.connected(patience).await else { return Err(()) };
            let begun = Instant::now();
            match sink.commit(entries).await {
                Ok(committed) => {
                    self.metrics.commit_seconds(begun.elapsed());
                    return Ok(committed);
                }
                Err(CommitError::Lost(error)) => {
                    debug!(writer = self.number, %error, "the connection was lost before the commit");
                    self.metrics.retries.with_label_values(&["connection"]).inc();
                    self.sink = None;
                }
                Err(CommitError::Unknown(transaction, error)) => {
                    debug!(writer = self.number, %error, transaction, "the connection was lost during the commit");
                    self.metrics.retries.with_label_values(&["connection"]).inc();
                    self.sink = None;
                    match self.was_committed(transaction, patience).await {
                        // Its outcomes are lost with the connection, but only metrics want them again.
                        Some(true) => return Ok(Committed::default()),
                        Some(false) => {}
                        // Not known, and too long to wait: to the spool. If it was committed after all, its frames
                        // count once more, as duplicates.
                        None => return Err(()),
                    }
                }
                Err(CommitError::Transient(error)) => {
                    attempts += 1;
                    self.metrics.retries.with_label_values(&[reason(&error)]).inc();
                    let text = CommitError::Transient(error).to_string();
                    debug!(writer = self.number, error = text, attempts, "the batch is tried again");
                    if Instant::now() > patience && attempts >= ATTEMPTS {
                        error!(writer = self.number, error = text, "the database takes no commits");
                        return Err(());
                    }
                    sleep(Duration::from_millis(10 << attempts.min(5))).await;
                }
                Err(refused @ CommitError::Refused(_)) => {
                    if entries.len() == 1 {
                        reject(&mut entries[0], &refused);
                    } else {
                        self.take_apart(entries).await;
                    }
                }
            }
        }
    }

    /// The server refuses something in the batch: each frame is tried for itself, without being kept, so that only
    /// those to blame are rejected.
    async fn take_apart(&mut self, entries: &mut [Entry]) {
        for entry in entries {
            let Some(sink) = &mut self.sink else { return };
            if let Err(refused @ CommitError::Refused(_)) = sink.rehearse(std::slice::from_ref(entry)).await {
                reject(entry, &refused);
            }
        }
    }

    /// The sink, connecting if need be; `None` when patience has run out.
    async fn connected(&mut self, patience: Instant) -> Option<&mut Sink> {
        while self.sink.is_none() {
            match timeout_at(
                patience.max(Instant::now() + RECONNECT),
                Sink::open(&self.database_url, &self.settings.client_id, self.number),
            )
            .await
            {
                Ok(Ok(sink)) => self.sink = Some(sink),
                Ok(Err(error)) => debug!(writer = self.number, %error, "no connection"),
                Err(_) => debug!(writer = self.number, "no connection in time"),
            }
            if self.sink.is_none() {
                if Instant::now() >= patience {
                    return None;
                }
                sleep(RECONNECT).await;
            }
        }
        self.sink.as_mut()
    }

    /// What became of an interrupted commit; `None` when patience runs out first.
    async fn was_committed(&mut self, transaction: i64, patience: Instant) -> Option<bool> {
        loop {
            let sink = self.connected(patience).await?;
            match transaction_committed(sink.client(), transaction).await {
                Ok(Some(committed)) => return Some(committed),
                Ok(None) => sleep(Duration::from_millis(20)).await,
                Err(_) => self.sink = None,
            }
            if Instant::now() >= patience {
                return None;
            }
        }
    }

    /// While the database is away, what still comes through the resolver goes to the spool.
    async fn outage(&mut self, queue: &mut mpsc::UnboundedReceiver<ResolvedFrame>) {
        let mut batch = Vec::new();
        let (url, node, number) = (self.database_url.clone(), self.settings.client_id.clone(), self.number);
        let back = async move {
            loop {
                match Sink::open(&url, &node, number).await {
                    Ok(sink) => return sink,
                    Err(error) => debug!(writer = number, %error, "still no connection"),
                }
                sleep(RECONNECT).await;
            }
        };
        tokio::pin!(back);
        loop {
            tokio::select! {
                sink = &mut back => {
                    self.sink = Some(sink);
                    info!(writer = self.number, "the database is back");
                    self.database.send_if_modified(|up| !std::mem::replace(up, true));
                    return;
                }
                taken = queue.recv_many(&mut batch, self.settings.batch_frames) => {
                    if taken == 0 {
                        return;
                    }
                    self.divert.deliveries(batch.drain(..).map(|item| {
                        (Delivery { arrival: item.entry.arrival, packet: item.packet }, item.ticket, item.room)
                    }));
                }
            }
        }
    }
}

/// The label of a retry.
fn reason(error: &store::SqlError) -> &'static str {
    match error.code().map(store::SqlState::code) {
        Some("40P01") => "deadlock",
        Some("40001") => "serialization",
        _ => "refused",
    }
}

fn reject(entry: &mut Entry, refused: &CommitError) {
    error!(error = %refused, channel = entry.arrival.channel, "the database refuses a frame; it is rejected");
    entry.fate =
        Fate::Rejected(Rejection { kind: "refused_by_store", offset: 0, message: refused.to_string() });
}
