//! Publishes a plan over MQTT and learns which messages the broker has taken.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::ledger::{Ledger, LedgerError};
use crate::plan::Send;

/// Messages on their way at once: what a broker with `max_inflight_messages` 10000 takes without waiting.
const WINDOW: u16 = 2_000;
/// Without any acknowledgement for this long, the rest is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Why publishing ended early.
#[derive(Debug)]
pub enum MqttError {
    /// The broker's URL.
    Url(String),
    /// The ledger.
    Ledger(LedgerError),
    /// No acknowledgement for a minute; the open messages stand in the ledger as not acknowledged.
    Silent {
        /// How many were open.
        open: usize,
        /// The connection's last error.
        last: String,
    },
}

impl fmt::Display for MqttError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(problem) => write!(f, "MQTT URL: {problem}; expected mqtt://HOST:PORT"),
            Self::Ledger(source) => source.fmt(f),
            Self::Silent { open, last } => {
                write!(
                    f,
                    "the broker acknowledged nothing for {PATIENCE:?}, {open} messages open; last error: {last}"
                )
            }
        }
    }
}

impl std::error::Error for MqttError {}

impl From<LedgerError> for MqttError {
    fn from(source: LedgerError) -> Self {
        Self::Ledger(source)
    }
}

/// Publishes each message with QoS 1 and writes it to the ledger when it is acknowledged (or, at the end, as not
/// acknowledged). At most `rate` messages a second where given. Returns how many were acknowledged.
pub async fn publish(
    url: &str,
    client_id: &str,
    sends: impl Iterator<Item = Send> + std::marker::Send + 'static,
    ledger: &mut Ledger,
    rate: Option<u32>,
) -> Result<u64, MqttError> {
    let separator = if url.contains('?') { '&' } else { '?' };
    let mut options = MqttOptions::parse_url(format!("{url}{separator}client_id={client_id}"))
        .map_err(|error| MqttError::Url(error.to_string()))?;
    options.set_clean_session(false).set_inflight(WINDOW).set_keep_alive(Duration::from_secs(15));
    options.set_max_packet_size(1 << 20, 1 << 20);
    let (client, eventloop) = AsyncClient::new(options, usize::from(WINDOW));
    let window = Arc::new(Semaphore::new(usize::from(WINDOW) - 1));
    let handed = Arc::new(Mutex::new(VecDeque::new()));
    let feeder = tokio::spawn(feed(client.clone(), sends, window.clone(), handed.clone(), rate));
    let result = collect(eventloop, feeder, &window, &handed, ledger).await;
    let _ = client.try_disconnect();
    result
}

type Handed = Arc<Mutex<VecDeque<Send>>>;

/// Hands the messages to the client, as many as the window lets through.
async fn feed(
    client: AsyncClient,
    sends: impl Iterator<Item = Send>,
    window: Arc<Semaphore>,
    handed: Handed,
    rate: Option<u32>,
) {
    let started = Instant::now();
    for (n, send) in sends.enumerate() {
        if let Some(rate) = rate.filter(|rate| *rate > 0) {
            let due = Duration::from_micros(1_000_000 * n as u64 / u64::from(rate));
            tokio::time::sleep_until(started + due).await;
        }
        let Ok(permit) = window.acquire().await else { return };
        permit.forget();
        let (channel, payload) = (send.channel.clone(), send.payload.clone());
        handed.lock().unwrap_or_else(PoisonError::into_inner).push_back(send);
        if client.publish(channel, QoS::AtLeastOnce, false, payload).await.is_err() {
            return;
        }
    }
}

/// Drives the connection until the feeder is done and all is acknowledged.
async fn collect(
    mut eventloop: EventLoop,
    feeder: tokio::task::JoinHandle<()>,
    window: &Semaphore,
    handed: &Handed,
    ledger: &mut Ledger,
) -> Result<u64, MqttError> {
    // The client numbers packets in the order in which they were handed to it; a number that is open already is
    // the retransmission after a reconnect.
    let mut open: HashMap<u16, Send> = HashMap::new();
    let mut acked = 0;
    let mut last_error = String::from("none");
    let mut last_ack = Instant::now();
    loop {
        let all_handed =
            feeder.is_finished() && handed.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        if all_handed && open.is_empty() {
            ledger.flush()?;
            return Ok(acked);
        }
        match timeout(Duration::from_millis(200), eventloop.poll()).await {
            Ok(Ok(Event::Outgoing(Outgoing::Publish(id)))) if !open.contains_key(&id) => {
                if let Some(send) = handed.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
                    open.insert(id, send);
                }
            }
            Ok(Ok(Event::Incoming(Packet::PubAck(ack)))) => {
                if let Some(send) = open.remove(&ack.pkid) {
                    acked += 1;
                    last_ack = Instant::now();
                    window.add_permits(1);
                    for entry in send.entries(true) {
                        ledger.write(&entry)?;
                    }
                }
            }
            Ok(Ok(_)) | Err(_) => {}
            Ok(Err(error)) => {
                last_error = error.to_string();
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        if last_ack.elapsed() > PATIENCE && !open.is_empty() {
            feeder.abort();
            for send in open.values() {
                for entry in send.entries(false) {
                    ledger.write(&entry)?;
                }
            }
            ledger.flush()?;
            return Err(MqttError::Silent { open: open.len(), last: last_error });
        }
    }
}
