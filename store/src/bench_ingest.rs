//! What benchmarks need of the database: one of their own, and the bare loop that the sink is measured against.
//!
//! The bare loop is what a good engineer writes in an afternoon: prepared `INSERT … SELECT unnest … ON CONFLICT DO
//! NOTHING`, one transaction a batch, all statements of a transaction in one round trip. It writes the same rows as
//! the sink, as durably, and knows nothing of outcomes, counts, conflicts and alarms.

use futures_util::future;
use tokio_postgres::{Client, Error, Statement};

use crate::instant::Instant;
use crate::sink::{Entry, Fate, whole_second};
use crate::{ConnectError, Role, connect};

/// A database for one benchmark, on the server that a URL names. Dropped by [`BenchDatabase::drop`].
#[derive(Clone, Debug)]
pub struct BenchDatabase {
    server: String,
    name: String,
    /// Its address.
    pub url: String,
}

impl BenchDatabase {
    /// Creates it, under a name of this process' own.
    pub async fn create(server: &str) -> Result<Self, BenchError> {
        let name = format!("bench_{}", std::process::id());
        let url = in_database(server, &name);
        let client = connect(server, Role::Owner).await?;
        client.batch_execute(&format!("drop database if exists {name} with (force)")).await?;
        client.batch_execute(&format!("create database {name}")).await?;
        crate::migrate(&mut connect(&url, Role::Owner).await?).await?;
        Ok(Self { server: server.to_owned(), name, url })
    }

    /// Drops it.
    pub async fn drop(self) -> Result<(), BenchError> {
        let client = connect(&self.server, Role::Owner).await?;
        client.batch_execute(&format!("drop database if exists {} with (force)", self.name)).await?;
        Ok(())
    }

    /// Water meters with the addresses 00000000000001 and up, the numbers 1 and up.
    pub async fn add_meters(&self, count: i32) -> Result<(), BenchError> {
        let client = connect(&self.url, Role::Owner).await?;
        client
            .execute(
                "insert into meters (serial, medium, protocol, address)
                 select 'B' || n, 'water', 'cjt188', lpad(n::text, 14, '0') from generate_series(1, $1) n",
                &[&count],
            )
            .await?;
        // What both sides find there already: registers are made once in the life of a database.
        client.batch_execute("insert into registers (name, unit) values ('8-0:1.0.0', 'm3')").await?;
        client.batch_execute("analyze meters").await?;
        Ok(())
    }

    /// Empties what frames become, and lets the server settle: each run begins alike.
    pub async fn begin_run(&self) -> Result<(), BenchError> {
        let client = connect(&self.url, Role::Owner).await?;
        client
            .batch_execute(
                "truncate readings, frames, frame_counts, rejections, refusals, conflicts, receipts, contacts",
            )
            .await?;
        client.batch_execute("checkpoint").await?;
        Ok(())
    }

    /// How many readings and frames there are.
    pub async fn stored(&self) -> Result<(i64, i64), BenchError> {
        let client = connect(&self.url, Role::Owner).await?;
        let row = client
            .query_one("select (select count(*) from readings), (select count(*) from frames)", &[])
            .await?;
        Ok((row.get(0), row.get(1)))
    }
}

/// How many frames of MQTT are committed, by the counts.
pub async fn committed(client: &Client) -> Result<i64, BenchError> {
    let sum = "select coalesce(sum(received), 0)::bigint from frame_counts";
    Ok(client.query_one(sum, &[]).await?.get(0))
}

/// The same server, another database: `postgres://user:password@host:port/THIS?options`.
fn in_database(url: &str, name: &str) -> String {
    let (base, options) = url.split_once('?').map_or((url, None), |(base, options)| (base, Some(options)));
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    format!("{}/{name}{options}", &base[..end])
}

/// Why a benchmark's database cannot be used.
#[derive(Debug)]
pub struct BenchError(String);

impl std::fmt::Display for BenchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BenchError {}

impl From<ConnectError> for BenchError {
    fn from(source: ConnectError) -> Self {
        Self(source.to_string())
    }
}

impl From<Error> for BenchError {
    fn from(source: Error) -> Self {
        let cause = std::error::Error::source(&source).map(|cause| format!(": {cause}")).unwrap_or_default();
        Self(format!("{source}{cause}"))
    }
}

impl From<crate::MigrateError> for BenchError {
    fn from(source: crate::MigrateError) -> Self {
        Self(source.to_string())
    }
}

/// One writer of the bare loop.
pub struct Bare {
    client: Client,
    readings: Statement,
    frames: Statement,
}

impl Bare {
    /// Connects it.
    pub async fn open(url: &str) -> Result<Self, BenchError> {
        let client = connect(url, Role::Ingest).await?;
        let readings = client
            .prepare(
                "insert into readings (meter_id, register_id, time, value, received, quality, source)
                 select * from unnest($1::integer[], $2::smallint[], $3::timestamptz[], $4::bigint[],
                                      $5::timestamptz[], $6::smallint[], $7::smallint[])
                 on conflict do nothing",
            )
            .await?;
        let frames = client
            .prepare(
                "insert into frames (meter_id, received, source, format, bytes)
                 select * from unnest($1::integer[], $2::timestamptz[], $3::smallint[], $4::text[], $5::bytea[])",
            )
            .await?;
        Ok(Self { client, readings, frames })
    }

    /// Writes the readings and the bytes of these frames in one transaction.
    pub async fn write(&self, entries: &[Entry]) -> Result<(), BenchError> {
        let (begun, readings, frames, committed) = future::join4(
            self.client.batch_execute("begin"),
            self.insert_readings(entries),
            self.insert_frames(entries),
            self.client.batch_execute("commit"),
        )
        .await;
        begun?;
        readings?;
        frames?;
        Ok(committed?)
    }

    async fn insert_readings(&self, entries: &[Entry]) -> Result<(), Error> {
        let (mut meter, mut register, mut time) = (Vec::new(), Vec::new(), Vec::new());
        let (mut value, mut received, mut quality, mut source) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for entry in entries {
            let Fate::Usable(usable) = &entry.fate else { continue };
            for reading in &usable.readings {
                meter.push(reading.meter.get());
                register.push(reading.register.get());
                time.push(Instant::from(reading.time));
                value.push(reading.value.raw());
                received.push(Instant::from(reading.received));
                quality.push(reading.quality.code());
                source.push(reading.source.code());
            }
        }
        self.client
            .execute(&self.readings, &[&meter, &register, &time, &value, &received, &quality, &source])
            .await?;
        Ok(())
    }

    async fn insert_frames(&self, entries: &[Entry]) -> Result<(), Error> {
        let (mut meter, mut received, mut source) = (Vec::new(), Vec::new(), Vec::new());
        let (mut format, mut bytes) = (Vec::new(), Vec::new());
        for entry in entries {
            let Fate::Usable(usable) = &entry.fate else { continue };
            meter.push(usable.meter.get());
            received.push(Instant::from(whole_second(entry.arrival.received)));
            source.push(entry.arrival.source.code());
            format.push(entry.arrival.format.as_str());
            bytes.push(entry.arrival.bytes.as_ref());
        }
        self.client.execute(&self.frames, &[&meter, &received, &source, &format, &bytes]).await?;
        Ok(())
    }
}
