//! The bare loop that the sink is measured against.
//!
//! It is what a good engineer writes in an afternoon: prepared `INSERT … SELECT unnest … ON CONFLICT DO
//! NOTHING`, one transaction a batch, all statements of a transaction in one round trip. It writes the same rows as
//! the sink, as durably, and knows nothing of outcomes, counts, conflicts and alarms.

use anyhow::Result;
use futures_util::future;
use store::sink::{Entry, Fate, whole_second};
use store::{Client, Instant, Role, SqlError, connect};
use tokio_postgres::Statement;

/// One writer of the bare loop.
pub(crate) struct Bare {
    client: Client,
    readings: Statement,
    frames: Statement,
}

impl Bare {
    /// Connects it.
    pub(crate) async fn open(url: &str) -> Result<Self> {
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
    pub(crate) async fn write(&self, entries: &[Entry]) -> Result<()> {
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

    async fn insert_readings(&self, entries: &[Entry]) -> Result<(), SqlError> {
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

    async fn insert_frames(&self, entries: &[Entry]) -> Result<(), SqlError> {
        let (mut meter, mut received, mut source) = (Vec::new(), Vec::new(), Vec::new());
        let (mut format, mut bytes) = (Vec::new(), Vec::new());
        for entry in entries {
            let Fate::Usable(usable) = &entry.fate else { continue };
            meter.push(usable.meter.get());
            received.push(Instant::from(whole_second(entry.arrival.received)));
            source.push(entry.arrival.source.code());
            format.push(entry.arrival.content.format());
            bytes.push(entry.arrival.bytes.as_ref());
        }
        self.client.execute(&self.frames, &[&meter, &received, &source, &format, &bytes]).await?;
        Ok(())
    }
}
