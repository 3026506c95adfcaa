//! The sink: a batch of frames becomes durable in one transaction, with everything that must be true of it.
//!
//! Readings, conflicts, rejections, refusals, the frames' bytes, receipts, alarms and the counts are committed
//! together or not at all. If we die before the commit, nothing happened and the frames are delivered again; if
//! we die right after it, a redelivery finds its readings and counts as a duplicate.
//!
//! Round trips: readings; then bytes, counts and commit in one. Two more where a key was taken.

mod entry;
mod keep;
mod sift;
mod statements;

use std::collections::{HashMap, HashSet};
use std::fmt;

use futures_util::future;
use tokio_postgres::{Client, Row};

pub use entry::{AlarmChange, Arrival, Content, Entry, Fate, Outcome, Receipt, Refusal, Rejection, Usable};

use crate::instant::Instant;
use crate::{ConnectError, Role, RowError, SqlError, connect, row};
use sift::{Candidate, Key, Sift, Sifted, outcome};
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
    Transient(SqlError),
    /// Nothing was kept, and the server will refuse it again: something in the batch cannot be stored.
    Refused(SqlError),
    /// Nothing was kept: the connection is gone.
    Lost(SqlError),
    /// The connection was lost while the commit was under way. [`transaction_committed`] tells, by this id.
    Unknown(i64, SqlError),
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self {
            Self::Transient(source)
            | Self::Refused(source)
            | Self::Lost(source)
            | Self::Unknown(_, source) => source,
        };
        source.fmt(f)
    }
}

impl std::error::Error for CommitError {}

impl CommitError {
    /// Of an error before the commit was sent.
    fn before_commit(source: SqlError) -> Self {
        match class(&source) {
            None | Some("57" | "08") => Self::Lost(source),
            _ if is_refused(&source) => Self::Refused(source),
            Some(_) => Self::Transient(source),
        }
    }
}

/// Whether the server refuses the data itself (classes 22 and 23) and will do so each time. Everything else may
/// pass: locks, memory, disk, permissions.
pub fn is_refused(error: &SqlError) -> bool {
    matches!(class(error), Some("22" | "23"))
}

fn class(error: &SqlError) -> Option<&str> {
    error.code().and_then(|state| state.code().get(..2))
}

/// Whether the transaction of that id was committed; `None` while the server still works on it.
pub async fn transaction_committed(client: &Client, id: i64) -> Result<Option<bool>, SqlError> {
    let row = client.query_one("select pg_xact_status($1::text::xid8) as status", &[&id.to_string()]).await?;
    match row.try_get::<_, Option<&str>>("status")? {
        Some("committed") => Ok(Some(true)),
        Some("in progress") => Ok(None),
        // Null: so old that the server has forgotten it; then nobody waits for it any more.
        Some("aborted") | None => Ok(Some(false)),
        Some(other) => {
            let why = "expected committed, in progress or aborted".to_owned();
            Err(RowError { table: "pg_xact_status", column: "status", value: other.to_owned(), why }.into())
        }
    }
}

impl Sink {
    /// Connects the writer of that number on that node.
    pub async fn open(url: &str, node: &str, writer: i16) -> Result<Self, ConnectError> {
        let client = connect(url, Role::Ingest).await?;
        let statements = Statements::prepare(&client).await.map_err(ConnectError::Schema)?;
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
    async fn prepare(&self, entries: &[Entry], sift: &Sift) -> Result<(Decided, i64), SqlError> {
        let (begun, transaction, inserted) = future::join3(
            self.client.batch_execute("begin"),
            self.client.query_one(&self.statements.transaction, &[]),
            self.insert_readings(sift),
        )
        .await;
        begun?;
        let transaction: i64 = transaction?.try_get("id")?;
        let fates = self.fates(sift, inserted?).await?;
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
    async fn follow(&self, entries: &[Entry], decided: &Decided) -> Result<(), SqlError> {
        self.insert_rejections(entries).await?;
        self.insert_refusals(entries).await?;
        self.insert_receipts(entries).await?;
        self.change_alarms(entries).await?;
        self.mark_replayed(entries, decided).await
    }

    /// What follows from it, and the commit.
    async fn finish(&self, entries: &[Entry], decided: &Decided) -> Result<(), SqlError> {
        self.follow(entries, decided).await?;
        let (archived, counted, committed) = future::join3(
            self.archive(entries, decided),
            self.count(entries, decided),
            self.client.batch_execute("commit"),
        )
        .await;
        archived?;
        counted?;
        Ok(committed?)
    }

    /// Which candidates went in.
    async fn insert_readings(&self, sift: &Sift) -> Result<Inserted, SqlError> {
        let rows = sift.candidates();
        if rows.len() == 0 {
            return Ok(Inserted::All);
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
        let count = i64::try_from(n).unwrap_or(i64::MAX);
        let told = self
            .client
            .query_one(
                &self.statements.readings,
                &[&meter, &register, &time, &value, &received, &quality, &source, &count],
            )
            .await?;
        if told.try_get("all_new")? {
            return Ok(Inserted::All);
        }
        // Null where none went in.
        let meter: Vec<i32> = told.try_get::<_, Option<_>>("meter_id")?.unwrap_or_default();
        let register: Vec<i16> = told.try_get::<_, Option<_>>("register_id")?.unwrap_or_default();
        let time: Vec<Instant> = told.try_get::<_, Option<_>>("time")?.unwrap_or_default();
        let keys = meter.into_iter().zip(register).zip(time);
        Ok(Inserted::These(
            keys.map(|((meter, register), time)| (meter, register, time.microsecond())).collect(),
        ))
    }

    /// What became of each candidate; values of taken keys are looked up.
    async fn fates(&self, sift: &Sift, inserted: Inserted) -> Result<Vec<Candidate>, SqlError> {
        let candidates = sift.candidates();
        let inserted = match inserted {
            Inserted::All => return Ok(vec![Candidate::Inserted; candidates.len()]),
            Inserted::These(keys) => keys,
        };
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

    async fn stored_values(&self, keys: &[Key]) -> Result<HashMap<Key, i64>, SqlError> {
        let (mut meter, mut register, mut time) = (Vec::new(), Vec::new(), Vec::new());
        for &(m, r, t) in keys {
            meter.push(m);
            register.push(r);
            time.push(instant(t));
        }
        let (from, to) = (time.iter().min().copied(), time.iter().max().copied());
        let rows =
            self.client.query(&self.statements.stored, &[&meter, &register, &time, &from, &to]).await?;
        let stored = |row: &Row| {
            let n: i64 = row.try_get("n")?;
            let nth = |n: &i64| keys.get(usize::try_from(*n).ok()?.checked_sub(1)?).copied();
            Ok((row::fits(n, "readings", "n", nth)?, row.try_get("value")?))
        };
        rows.iter().map(stored).collect()
    }
}

/// Which candidates of a batch went in.
enum Inserted {
    All,
    These(HashSet<Key>),
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

fn instant(microsecond: i64) -> Instant {
    Instant::from(jiff::Timestamp::from_microsecond(microsecond).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
}

/// The second in which an instant lies: what readings and frames carry as their time of receipt.
pub fn whole_second(instant: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}
