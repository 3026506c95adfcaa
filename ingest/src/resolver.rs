//! The middle of the pipeline: deliveries are decoded and resolved, and go to the writer of their meter.
//!
//! One task, in the order of receipt: a meter's frames reach its writer in that order, and alarms begin and end in
//! it. Decoding takes about a microsecond a frame, a hundredth of what the commit takes.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use store::directory::receipts;
use store::sink::{Content, Entry, Fate, Rejection, is_refused};
use store::{Client, Role};
use tokio::sync::{Notify, mpsc};
use tracing::{debug, warn};

use crate::acks::sha256;
use crate::decode::decode;
use crate::delivery::{Delivery, Packet};
use crate::directory::Directory;
use crate::divert::Divert;
use crate::document;
use crate::metrics::Metrics;
use crate::resolve::{self, Moment, Rules, resolve};
use crate::ticket::{InFlight, Room, Ticket};

/// Deliveries in one go: enough that one question to the directory serves many.
const CHUNK: usize = 512;

/// One frame on its way to its writer.
#[derive(Debug)]
pub(crate) struct ResolvedFrame {
    pub(crate) entry: Entry,
    pub(crate) ticket: Ticket,
    pub(crate) room: Arc<Room>,
    /// What the spool would need to keep it.
    pub(crate) packet: Option<Packet>,
}

/// What the resolver works with.
pub(crate) struct Resolver {
    pub(crate) database_url: String,
    pub(crate) rules: Rules,
    pub(crate) directory: Directory,
    pub(crate) writers: Vec<mpsc::UnboundedSender<ResolvedFrame>>,
    pub(crate) divert: Divert,
    pub(crate) metrics: Metrics,
    /// Set when master data has changed, or when alarms may have been lost with a batch.
    pub(crate) forget: Arc<Notify>,
    pub(crate) client: Option<Client>,
}

/// A frame that is decoded.
struct DecodedFrame {
    delivery: Delivery,
    ticket: Ticket,
    room: Arc<Room>,
    decoded: Result<Frames, Rejection>,
}

/// What a buffer holds.
type Frames = Vec<Result<protocols::Frame, protocols::DecodeError>>;

impl Resolver {
    /// Runs until the doors are closed and everything is handed on.
    pub(crate) async fn run(mut self, mut intake: mpsc::UnboundedReceiver<InFlight>) {
        let mut chunk = Vec::with_capacity(CHUNK);
        let forget = self.forget.clone();
        loop {
            tokio::select! {
                biased;
                () = forget.notified() => self.directory.forget(),
                taken = intake.recv_many(&mut chunk, CHUNK) => {
                    if taken == 0 { return }
                    self.take(&mut chunk).await;
                }
            }
        }
    }

    async fn take(&mut self, chunk: &mut Vec<InFlight>) {
        let mut parts = Vec::with_capacity(CHUNK);
        for in_flight in chunk.drain(..) {
            self.open(in_flight, &mut parts);
        }
        if let Err(error) = self.learn_all(&mut parts).await {
            debug!(%error, "the directory cannot be asked; frames go to the spool");
            self.client = None;
            self.divert.deliveries(parts.into_iter().map(|part| (part.delivery, part.ticket, part.room)));
            return;
        }
        for part in parts {
            self.hand_on(part);
        }
    }

    /// Takes a document apart and decodes.
    fn open(&self, in_flight: InFlight, parts: &mut Vec<DecodedFrame>) {
        let InFlight { delivery, ticket, room } = in_flight;
        if delivery.arrival.content != Content::Document {
            let decoded = Ok(self.decode(&delivery));
            parts.push(DecodedFrame { delivery, ticket, room, decoded });
            return;
        }
        match document::split(&delivery, &self.rules.zone) {
            Err(rejection) => parts.push(DecodedFrame { delivery, ticket, room, decoded: Err(rejection) }),
            Ok(frames) if frames.is_empty() => self.divert.redeem([ticket]),
            Ok(frames) => {
                let ticket = ticket.split(frames.len());
                for frame in frames {
                    let (delivery, decoded) = match frame {
                        Ok(delivery) => {
                            let decoded = self.decode(&delivery);
                            (delivery, Ok(decoded))
                        }
                        Err(refused) => {
                            let (delivery, rejection) = *refused;
                            (delivery, Err(rejection))
                        }
                    };
                    parts.push(DecodedFrame {
                        delivery,
                        ticket: ticket.clone(),
                        room: room.clone(),
                        decoded,
                    });
                }
            }
        }
    }

    fn decode(&self, delivery: &Delivery) -> Frames {
        let begun = Instant::now();
        let frames = decode(delivery);
        self.metrics.decode_seconds.observe(begun.elapsed().as_secs_f64());
        frames
    }

    /// Asks the database for what is not known yet. Should it refuse something in the question itself, each frame is
    /// asked for alone, and those to blame are rejected: they would be refused for ever.
    async fn learn_all(&mut self, parts: &mut [DecodedFrame]) -> Result<(), AskError> {
        match self.learn(parts).await {
            Err(AskError::Sql(error)) if is_refused(&error) => {}
            other => return other,
        }
        for part in parts {
            match self.learn(std::slice::from_mut(part)).await {
                Ok(()) => {}
                Err(AskError::Sql(error)) if is_refused(&error) => {
                    let message = error.to_string();
                    part.decoded = Err(Rejection { kind: "refused_by_store", offset: 0, message });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn learn(&mut self, parts: &mut [DecodedFrame]) -> Result<(), AskError> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            let client = store::connect(&self.database_url, Role::Ingest).await;
            self.client = Some(client.map_err(AskError::Connect)?);
        }
        let Some(client) = &self.client else { return Ok(()) };
        let (mut addresses, mut records) = (Vec::new(), Vec::new());
        for part in &*parts {
            for frame in part.decoded.as_deref().unwrap_or_default().iter().flatten() {
                addresses.extend(resolve::names(frame, &part.delivery));
                let readings = frame.records.iter().filter(|record| resolve::is_reading(record));
                records.extend(readings.map(|record| (record.register(), resolve::unit(record))));
            }
        }
        self.directory.learn(client, addresses, records).await.map_err(AskError::Sql)?;
        recall(client, &self.rules.client, parts).await.map_err(AskError::Sql)
    }

    fn hand_on(&mut self, part: DecodedFrame) {
        let DecodedFrame { delivery, ticket, room, decoded } = part;
        let moment =
            Moment { now: delivery.arrival.received.max(Timestamp::now()), source: delivery.arrival.source };
        let fate = match decoded {
            Err(rejection) => Fate::Rejected(rejection),
            Ok(frames) => resolve(&delivery, frames, &mut self.directory, &self.rules, moment),
        };
        // A meter's frames go to one writer: their order is kept, and two writers never want the same key.
        let n = match &fate {
            Fate::Usable(usable) => usable.meter.get().unsigned_abs() as usize,
            Fate::Rejected(_) => delivery.arrival.bytes.len(),
        };
        let Delivery { arrival, packet } = delivery;
        let item = ResolvedFrame { entry: Entry { arrival, fate, replay_of: None }, ticket, room, packet };
        let writer = &self.writers[n % self.writers.len()];
        if writer.send(item).is_err() {
            warn!("a writer has ended before the resolver");
        }
    }
}

/// Why the directory was not asked.
#[derive(Debug)]
enum AskError {
    Connect(store::ConnectError),
    Sql(store::SqlError),
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(source) => source.fmt(f),
            Self::Sql(source) => source.fmt(f),
        }
    }
}

/// The receive times of redelivered frames that have no clock: an earlier process may have committed them.
async fn recall(
    client: &Client,
    mqtt_client: &str,
    parts: &mut [DecodedFrame],
) -> Result<(), store::SqlError> {
    let redelivered = |part: &DecodedFrame| part.delivery.packet.filter(|packet| packet.redelivered);
    let packets: Vec<u16> = parts.iter().filter_map(redelivered).map(|packet| packet.id).collect();
    if packets.is_empty() {
        return Ok(());
    }
    let known = receipts(client, mqtt_client, &packets).await?;
    for part in parts {
        let Some(packet) = redelivered(part) else { continue };
        let digest = sha256(&part.delivery.arrival.bytes);
        let first = known.iter().find(|(id, sha256, _)| *id == packet.id && *sha256 == digest);
        if let Some((_, _, received)) = first {
            part.delivery.arrival.received = *received;
        }
    }
    Ok(())
}
