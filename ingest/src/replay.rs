//! Rejected frames, taken in at a second try: an unknown meter was imported, a decoder was mended.
//!
//! A frame that can be used now leaves `rejected` and counts as what it becomes; nothing is added to `received`.

use std::fmt;

use jiff::Timestamp;
use metering::Source;
use store::rejections::{Rejected, lock_replay, open};
use store::sink::{Content, Entry, Fate, Sink};
use store::{Client, SqlError};

use crate::decode::decode;
use crate::delivery::Delivery;
use crate::directory::Directory;
use crate::resolve::{self, Moment, Rules, resolve};
use crate::settings::{Environment, Settings};

/// Frames in one transaction.
const CHUNK: i64 = 500;
/// The writer's number in the counts: no writer of a running ingest has it.
const WRITER: i16 = -1;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Frames that were taken in.
    pub taken: usize,
    /// Frames that are rejected still.
    pub rejected: usize,
}

/// Why it stopped; what was taken in before stays.
#[derive(Debug)]
pub struct ReplayError(String);

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReplayError {}

impl From<SqlError> for ReplayError {
    fn from(source: SqlError) -> Self {
        Self(source.to_string())
    }
}

/// Takes in again the open rejected frames of a kind, or all of them.
pub async fn replay(
    settings: &Settings,
    environment: &Environment,
    kind: Option<&str>,
    now: Timestamp,
) -> Result<Replayed, ReplayError> {
    let rules = Rules {
        zone: environment.zone.clone(),
        times: settings.times(now),
        client: settings.client_id.clone(),
    };
    let mut directory = Directory::new(settings.registers);
    let mut sink = Sink::open(&environment.database_url, &settings.client_id, WRITER)
        .await
        .map_err(|error| ReplayError(error.to_string()))?;
    // Two replays at once would count a frame twice; the second waits, and finds nothing left to do.
    lock_replay(sink.client()).await?;
    let mut replayed = Replayed::default();
    let mut after = 0;
    loop {
        let rejected = open(sink.client(), kind, after, CHUNK).await?;
        let Some(last) = rejected.last() else { return Ok(replayed) };
        after = last.id;
        let entries = second_try(rejected, sink.client(), &mut directory, &rules, now).await?;
        replayed.rejected += entries.1;
        replayed.taken += entries.0.len();
        if !entries.0.is_empty() {
            sink.commit(&entries.0).await.map_err(|error| ReplayError(error.to_string()))?;
        }
    }
}

/// Those that can be used now, and how many cannot.
async fn second_try(
    rejected: Vec<Rejected>,
    client: &Client,
    directory: &mut Directory,
    rules: &Rules,
    now: Timestamp,
) -> Result<(Vec<Entry>, usize), SqlError> {
    let (mut decoded, mut addresses, mut records) = (Vec::new(), Vec::new(), Vec::new());
    for rejected in rejected {
        let delivery = Delivery { arrival: rejected.arrival.clone(), packet: None };
        let parts = decode(&delivery);
        for frame in parts.iter().flatten() {
            addresses.extend(resolve::names(frame, &delivery));
            let readings = frame.records.iter().filter(|record| resolve::is_reading(record));
            records.extend(readings.map(|record| (record.register(), resolve::unit(record))));
        }
        decoded.push((rejected, delivery, parts));
    }
    directory.learn(client, addresses, records).await?;
    let (mut entries, mut still) = (Vec::new(), 0);
    for (rejected, delivery, parts) in decoded {
        let moment = Moment { now, source: Source::Replay };
        // A document that was none is none still: it would be several frames, and it was counted as one.
        let fate = match delivery.arrival.content {
            Content::Document => None,
            Content::Frame(_) => Some(resolve(&delivery, parts, directory, rules, moment)),
        };
        match fate {
            Some(Fate::Usable(usable)) => entries.push(Entry {
                arrival: rejected.arrival,
                fate: Fate::Usable(usable),
                replay_of: Some(rejected.id),
            }),
            Some(Fate::Rejected(_)) | None => still += 1,
        }
    }
    Ok((entries, still))
}
