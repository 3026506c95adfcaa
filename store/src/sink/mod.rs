//! The sink: a batch of frames becomes durable in one transaction, with everything that must be true of it.
//!
//! Readings, conflicts, rejections, refusals, the frames' bytes, receipts, alarms and the counts are committed
//! together or not at all. If we die before the commit, nothing happened and the frames are delivered again; if
//! we die right after it, a redelivery finds its readings and counts as a duplicate.
//!
//! Round trips: readings; then bytes, counts and commit in one. Two more where a key was taken.

mod entry;
mod sift;
mod statements;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use futures_util::future;
use metering::{MeterId, Source};
use tokio_postgres::Client;

pub use entry::{AlarmChange, Arrival, Entry, Fate, Outcome, Receipt, Refusal, Rejection, Usable};

use crate::instant::Instant;
use crate::text::without_nul;
use crate::{ConnectError, Role, connect};
use sift::{Candidate, Clash, Key, Sift, Sifted, outcome};
use statements::Statements;

/// One writer's dedicated connection with its prepared statements.
pub struct Sink {
    client: Client,
    statements: Statements,
    node: String,
    writer: i16,
}

/// What a batch came down to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The outcome of each frame, in the order of the batch.
    pub outcomes: Vec<Outcome>,
    /// How many readings are new.
    pub readings: usize,
}

/// Why a batch was not committed, or whether that is not known.
#[derive(Debug)]
pub enum CommitError {
    /// Nothing was kept; the same batch may be tried again (deadlock, serialization failure, server going down).
    Transient(tokio_postgres::Error),
    /// Nothing was kept, and the server will refuse it again: something in the batch cannot be stored.
    Refused(tokio_postgres::Error),
    /// Nothing was kept: the connection is gone.
    Lost(tokio_postgres::Error),
    /// The connection was lost while the commit was under way. [`transaction_committed`] tells, by this id.
    Unknown(i64, tokio_postgres::Error),
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self {
            Self::Transient(source)
            | Self::Refused(source)
            | Self::Lost(source)
            | Self::Unknown(_, source) => source,
        };
        write!(f, "{source}")?;
        let mut cause = std::error::Error::source(source);
        while let Some(inner) = cause {
            write!(f, ": {inner}")?;
            cause = inner.source();
        }
        Ok(())
    }
}

impl std::error::Error for CommitError {}

impl CommitError {
    /// Of an error before the commit was sent.
    fn before_commit(source: tokio_postgres::Error) -> Self {
        match class(&source) {
            None | Some("57" | "08") => Self::Lost(source),
            _ if is_refused(&source) => Self::Refused(source),
            Some(_) => Self::Transient(source),
        }
    }
}

/// Whether the server refuses the data itself (classes 22 and 23) and will do so each time. Everything else may
/// pass: locks, memory, disk, permissions.
pub fn is_refused(error: &tokio_postgres::Error) -> bool {
    matches!(class(error), Some("22" | "23"))
}

fn class(error: &tokio_postgres::Error) -> Option<&str> {
    error.code().and_then(|state| state.code().get(..2))
}

/// Whether the transaction of that id was committed; `None` while the server still works on it.
pub async fn transaction_committed(client: &Client, id: i64) -> Result<Option<bool>, tokio_postgres::Error> {
    let row = client.query_one("select pg_xact_status($1::text::xid8)", &[&id.to_string()]).await?;
    Ok(match row.get::<_, Option<&str>>(0) {
        Some("committed") => Some(true),
        Some("in progress") => None,
        // Aborted, or so old that the server has forgotten it: then nobody waits for it any more.
        _ => Some(false),
    })
}

impl Sink {
    /// Connects the writer of that number on that node.
    pub async fn open(url: &str, node: &str, writer: i16) -> Result<Self, ConnectError> {
        let client = connect(url, Role::Ingest).await?;
        let statements = Statements::prepare(&client)
            .await
            .map_err(|source| ConnectError::Refused { target: "the database".into(), source })?;
        Ok(Self { client, statements, node: node.to_owned(), writer })
    }

    /// The connection, to ask about a commit that was interrupted.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Stores a batch. After an `Err` nothing of it is kept, but for [`CommitError::Unknown`].
    pub async fn commit(&mut self, entries: &[Entry]) -> Result<Committed, CommitError> {
        let sift = Sift::new(entries);
        let prepared = self.prepare(entries, &sift).await;
        let (decided, transaction) = match prepared {
            Ok(prepared) => prepared,
            Err(source) => {
                // A failed transaction is ended; on a dead connection this fails as well, and that is all the same.
                let _ = self.client.batch_execute("rollback").await;
                return Err(CommitError::before_commit(source));
            }
        };
        match self.finish(entries, &decided).await {
            Ok(()) => Ok(decided.into()),
            Err(source) if source.code().is_none() => Err(CommitError::Unknown(transaction, source)),
            Err(source) => {
                let _ = self.client.batch_execute("rollback").await;
                Err(CommitError::before_commit(source))
            }
        }
    }

    /// Does all that [`Self::commit`] does, and takes it back: does the server refuse something in this batch?
    pub async fn rehearse(&mut self, entries: &[Entry]) -> Result<(), CommitError> {
        let sift = Sift::new(entries);
        let rehearsed = async {
            let (decided, _) = self.prepare(entries, &sift).await?;
            self.follow(entries, &decided).await?;
            self.archive(entries, &decided).await?;
            self.count(entries, &decided).await
        }
        .await;
        let _ = self.client.batch_execute("rollback").await;
        rehearsed.map_err(CommitError::before_commit)
    }

    /// Everything that decides what the frames count as.
    async fn prepare(&self, entries: &[Entry], sift: &Sift) -> Result<(Decided, i64), tokio_postgres::Error> {
        let (begun, transaction, inserted) = future::join3(
            self.client.batch_execute("begin"),
            self.client.query_one(&self.statements.transaction, &[]),
            self.insert_readings(sift),
        )
        .await;
        begun?;
        let transaction: i64 = transaction?.get(0);
        let fates = self.fates(sift, &inserted?).await?;
        let readings = fates.iter().filter(|fate| **fate == Candidate::Inserted).count();
        let sifted = sift.sort_out(&fates, entries.len());
        let conflicts = self.insert_conflicts(entries, &sifted.clashes).await?;
        let Sifted { inserted, .. } = sifted;
        let outcomes = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| outcome(entry, inserted[index], conflicts.contains(&index)))
            .collect();
        Ok((Decided { outcomes, inserted, readings }, transaction))
    }

    /// What follows from it and is rare.
    async fn follow(&self, entries: &[Entry], decided: &Decided) -> Result<(), tokio_postgres::Error> {
        self.insert_rejections(entries).await?;
        self.insert_refusals(entries).await?;
        self.insert_receipts(entries).await?;
        self.change_alarms(entries).await?;
        self.mark_replayed(entries, decided).await
    }

    /// What follows from it, and the commit.
    async fn finish(&self, entries: &[Entry], decided: &Decided) -> Result<(), tokio_postgres::Error> {
        self.follow(entries, decided).await?;
        let (archived, counted, committed) = future::join3(
            self.archive(entries, decided),
            self.count(entries, decided),
            self.client.batch_execute("commit"),
        )
        .await;
        archived?;
        counted?;
        committed
    }

    /// Keys that went in, in no promised order.
    async fn insert_readings(&self, sift: &Sift) -> Result<Vec<Key>, tokio_postgres::Error> {
        let rows = sift.candidates();
        if rows.len() == 0 {
            return Ok(Vec::new());
        }
        let n = rows.len();
        let (mut meter, mut register, mut time) =
            (Vec::with_capacity(n), Vec::with_capacity(n), Vec::with_capacity(n));
        let (mut value, mut received) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let (mut quality, mut source) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for row in rows {
            let reading = &row.reading;
            meter.push(reading.meter.get());
            register.push(reading.register.get());
            time.push(Instant::from(reading.time));
            value.push(reading.value.raw());
            received.push(Instant::from(reading.received));
            quality.push(reading.quality.code());
            source.push(reading.source.code());
        }
        let inserted = self
            .client
            .query(
                &self.statements.readings,
                &[&meter, &register, &time, &value, &received, &quality, &source],
            )
            .await?;
        Ok(inserted
            .iter()
            .map(|row| (row.get(0), row.get(1), row.get::<_, Instant>(2).microsecond()))
            .collect())
    }

    /// What became of each candidate; values of taken keys are looked up.
    async fn fates(&self, sift: &Sift, inserted: &[Key]) -> Result<Vec<Candidate>, tokio_postgres::Error> {
        let candidates = sift.candidates();
        if inserted.len() == candidates.len() {
            return Ok(vec![Candidate::Inserted; inserted.len()]);
        }
        let inserted: HashSet<Key> = inserted.iter().copied().collect();
        let missing: Vec<Key> =
            candidates.map(sift::Row::key).filter(|key| !inserted.contains(key)).collect();
        let stored = self.stored_values(&missing).await?;
        // A key that was neither inserted nor found was deleted in between; only a person deletes readings. The
        // reading is then at odds with nothing, and the next delivery stores it.
        Ok(sift
            .candidates()
            .map(|row| {
                if inserted.contains(&row.key()) {
                    return Candidate::Inserted;
                }
                Candidate::Stored(stored.get(&row.key()).copied().unwrap_or_else(|| row.reading.value.raw()))
            })
            .collect())
    }

    async fn stored_values(&self, keys: &[Key]) -> Result<HashMap<Key, i64>, tokio_postgres::Error> {
        let (mut meter, mut register, mut time) = (Vec::new(), Vec::new(), Vec::new());
        for &(m, r, t) in keys {
            meter.push(m);
            register.push(r);
            time.push(instant(t));
        }
        let (from, to) = (time.iter().min().copied(), time.iter().max().copied());
        let rows =
            self.client.query(&self.statements.stored, &[&meter, &register, &time, &from, &to]).await?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                let n = usize::try_from(row.get::<_, i64>(0)).ok()?.checked_sub(1)?;
                Some((*keys.get(n)?, row.get(1)))
            })
            .collect())
    }

    /// Keeps each clash once. Returns the frames whose clash was not known before.
    async fn insert_conflicts(
        &self,
        entries: &[Entry],
        clashes: &[Clash],
    ) -> Result<HashSet<usize>, tokio_postgres::Error> {
        let mut conflicting = HashSet::new();
        for clash in clashes {
            let (meter, register, time) = clash.row.key();
            let reading = &clash.row.reading;
            let arrival = &entries[clash.row.entry].arrival;
            let new = self
                .client
                .execute(
                    &self.statements.conflict,
                    &[
                        &meter,
                        &register,
                        &instant(time),
                        &clash.stored,
                        &reading.value.raw(),
                        &Instant::from(reading.received),
                        &reading.source.code(),
                        &without_nul(&arrival.format),
                        &arrival.bytes.as_ref(),
                    ],
                )
                .await?;
            if new > 0 {
                conflicting.insert(clash.row.entry);
            }
        }
        Ok(conflicting)
    }

    async fn insert_rejections(&self, entries: &[Entry]) -> Result<(), tokio_postgres::Error> {
        let rejected: Vec<_> = entries
            .iter()
            .filter(|entry| entry.replay_of.is_none())
            .filter_map(|entry| match &entry.fate {
                Fate::Rejected(rejection) => Some((&entry.arrival, rejection)),
                Fate::Usable(_) => None,
            })
            .collect();
        if rejected.is_empty() {
            return Ok(());
        }
        let column = |get: fn(&Arrival) -> String| -> Vec<String> {
            rejected.iter().map(|(arrival, _)| without_nul(&get(arrival)).into_owned()).collect()
        };
        let received: Vec<_> = rejected.iter().map(|(arrival, _)| Instant::from(arrival.received)).collect();
        let source: Vec<_> = rejected.iter().map(|(arrival, _)| arrival.source.code()).collect();
        let channel = column(|arrival| arrival.channel.clone());
        let format = column(|arrival| arrival.format.to_string());
        let address: Vec<_> = rejected
            .iter()
            .map(|(arrival, _)| arrival.address.as_ref().map(|text| without_nul(text).into_owned()))
            .collect();
        let kind: Vec<_> = rejected.iter().map(|(_, rejection)| rejection.kind).collect();
        let offset: Vec<_> = rejected
            .iter()
            .map(|(_, rejection)| i32::try_from(rejection.offset).unwrap_or(i32::MAX))
            .collect();
        let message: Vec<_> =
            rejected.iter().map(|(_, rejection)| without_nul(&rejection.message).into_owned()).collect();
        let bytes: Vec<_> = rejected.iter().map(|(arrival, _)| arrival.bytes.as_ref()).collect();
        let sent: Vec<_> = rejected.iter().map(|(arrival, _)| arrival.sent.map(Instant::from)).collect();
        let profile: Vec<_> = rejected.iter().map(|(arrival, _)| arrival.profile.as_deref()).collect();
        let start: Vec<_> = rejected.iter().map(|(arrival, _)| arrival.start.map(i32::from)).collect();
        self.client
            .execute(
                &self.statements.rejections,
                &[
                    &received, &source, &channel, &format, &address, &kind, &offset, &message, &bytes, &sent,
                    &profile, &start,
                ],
            )
            .await?;
        Ok(())
    }

    async fn insert_refusals(&self, entries: &[Entry]) -> Result<(), tokio_postgres::Error> {
        let refused: Vec<_> = usable(entries)
            .flat_map(|(arrival, usable)| usable.refusals.iter().map(move |refusal| (arrival, refusal)))
            .collect();
        if refused.is_empty() {
            return Ok(());
        }
        let meter: Vec<_> = refused.iter().map(|(_, refusal)| refusal.meter.map(MeterId::get)).collect();
        let register: Vec<_> = refused.iter().map(|(_, refusal)| without_nul(&refusal.register)).collect();
        let time: Vec<_> = refused.iter().map(|(_, refusal)| refusal.time.map(Instant::from)).collect();
        let kind: Vec<_> = refused.iter().map(|(_, refusal)| refusal.kind).collect();
        let message: Vec<_> = refused.iter().map(|(_, refusal)| without_nul(&refusal.message)).collect();
        let received: Vec<_> = refused.iter().map(|(arrival, _)| Instant::from(arrival.received)).collect();
        let source: Vec<_> = refused.iter().map(|(arrival, _)| arrival.source.code()).collect();
        self.client
            .execute(
                &self.statements.refusals,
                &[&meter, &register, &time, &kind, &message, &received, &source],
            )
            .await?;
        Ok(())
    }

    async fn insert_receipts(&self, entries: &[Entry]) -> Result<(), tokio_postgres::Error> {
        // A packet id may come twice in a batch; the later delivery is the one that can be delivered again.
        let receipts: BTreeMap<_, _> = usable(entries)
            .filter_map(|(_, usable)| usable.receipt.as_ref())
            .map(|receipt| ((receipt.client.as_str(), receipt.packet_id), receipt))
            .collect();
        if receipts.is_empty() {
            return Ok(());
        }
        let client: Vec<_> = receipts.keys().map(|(client, _)| *client).collect();
        let packet: Vec<_> = receipts.keys().map(|(_, packet)| i32::from(*packet)).collect();
        let sha256: Vec<_> = receipts.values().map(|receipt| receipt.sha256.as_slice()).collect();
        let received: Vec<_> = receipts.values().map(|receipt| Instant::from(receipt.received)).collect();
        self.client.execute(&self.statements.receipts, &[&client, &packet, &sha256, &received]).await?;
        Ok(())
    }

    /// One by one: within a batch an alarm may begin and end.
    async fn change_alarms(&self, entries: &[Entry]) -> Result<(), tokio_postgres::Error> {
        for (arrival, usable) in usable(entries) {
            for change in &usable.changes {
                let (meter, kind, at) = (change.meter.get(), change.kind.name(), Instant::from(change.at));
                if change.begins {
                    let evidence = serde_json::json!({
                        "received": arrival.received.to_string(),
                        "format": arrival.format.as_str(),
                        "frame": hex(&arrival.bytes),
                    });
                    let severity = change.kind.severity().name();
                    let begin = &self.statements.alarm_begins;
                    self.client.execute(begin, &[&meter, &kind, &severity, &at, &evidence]).await?;
                } else {
                    self.client.execute(&self.statements.alarm_ends, &[&meter, &kind, &at]).await?;
                }
            }
        }
        Ok(())
    }

    async fn mark_replayed(&self, entries: &[Entry], decided: &Decided) -> Result<(), tokio_postgres::Error> {
        let replayed: Vec<i64> = entries
            .iter()
            .zip(&decided.outcomes)
            .filter(|(_, outcome)| **outcome != Outcome::Rejected)
            .filter_map(|(entry, _)| entry.replay_of)
            .collect();
        if !replayed.is_empty() {
            self.client.execute(&self.statements.replayed, &[&replayed]).await?;
        }
        Ok(())
    }

    /// The bytes of frames that brought something new, by meter and second of receipt.
    async fn archive(&self, entries: &[Entry], decided: &Decided) -> Result<(), tokio_postgres::Error> {
        let (mut meter, mut received, mut source) = (Vec::new(), Vec::new(), Vec::new());
        let (mut format, mut bytes) = (Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            let Fate::Usable(usable) = &entry.fate else { continue };
            if !decided.inserted[index] && decided.outcomes[index] != Outcome::Stored {
                continue;
            }
            let mut meters = vec![usable.meter];
            meters.extend(usable.readings.iter().map(|reading| reading.meter));
            meters.dedup();
            for owner in meters {
                meter.push(owner.get());
                received.push(Instant::from(whole_second(entry.arrival.received)));
                source.push(entry.arrival.source.code());
                format.push(entry.arrival.format.as_str());
                bytes.push(entry.arrival.bytes.as_ref());
            }
        }
        if meter.is_empty() {
            return Ok(());
        }
        let format: Vec<_> = format.into_iter().map(without_nul).collect();
        self.client.execute(&self.statements.archive, &[&meter, &received, &source, &format, &bytes]).await?;
        Ok(())
    }

    /// The counts, by source. A replayed frame leaves "rejected" and adds nothing to "received".
    async fn count(&self, entries: &[Entry], decided: &Decided) -> Result<(), tokio_postgres::Error> {
        let mut counts: BTreeMap<Source, [i64; 5]> = BTreeMap::new();
        for (entry, outcome) in entries.iter().zip(&decided.outcomes) {
            let [received, stored, duplicate, conflict, rejected] =
                counts.entry(entry.arrival.source).or_default();
            match entry.replay_of {
                None => *received += 1,
                Some(_) => *rejected -= 1,
            }
            *match outcome {
                Outcome::Stored => stored,
                Outcome::Duplicate => duplicate,
                Outcome::Conflict => conflict,
                Outcome::Rejected => rejected,
            } += 1;
        }
        let source: Vec<i16> = counts.keys().map(|source| source.code()).collect();
        let column = |n: usize| -> Vec<i64> { counts.values().map(|row| row[n]).collect() };
        self.client
            .execute(
                &self.statements.count,
                &[
                    &self.node,
                    &self.writer,
                    &source,
                    &column(0),
                    &column(1),
                    &column(2),
                    &column(3),
                    &column(4),
                ],
            )
            .await?;
        Ok(())
    }
}

/// A batch whose outcomes are known and not yet committed.
struct Decided {
    outcomes: Vec<Outcome>,
    inserted: Vec<bool>,
    readings: usize,
}

impl From<Decided> for Committed {
    fn from(decided: Decided) -> Self {
        Self { outcomes: decided.outcomes, readings: decided.readings }
    }
}

fn usable(entries: &[Entry]) -> impl Iterator<Item = (&Arrival, &Usable)> {
    entries.iter().filter_map(|entry| match &entry.fate {
        Fate::Usable(usable) => Some((&entry.arrival, usable)),
        Fate::Rejected(_) => None,
    })
}

fn instant(microsecond: i64) -> Instant {
    Instant::from(jiff::Timestamp::from_microsecond(microsecond).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
}

/// The second in which an instant lies: what readings and frames carry as their time of receipt.
pub fn whole_second(instant: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
