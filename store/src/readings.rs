//! Stored readings, read.

use std::pin::Pin;

use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use metering::{Micro, Quality, Source};
use tokio_postgres::{Client, Row};

use crate::instant::Instant;
use crate::{SqlError, row};

/// Which readings. An end that is `None` is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Of the meter with this serial; `None`: of all.
    pub serial: Option<String>,
    /// At or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// A reading, with the names that people know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedReading {
    /// The meter's.
    pub serial: String,
    /// OBIS code or `x:` name.
    pub register: String,
    /// The meter's own time.
    pub time: Timestamp,
    /// In `unit`.
    pub value: Micro,
    /// The register's.
    pub unit: String,
    /// How good it is.
    pub quality: Quality,
    /// Through which door it came.
    pub source: Source,
    /// When.
    pub received: Timestamp,
}

/// The readings of a selection by meter, register and time, as they come: never all in memory.
pub async fn export(
    client: &Client,
    selection: &Selection,
) -> Result<Pin<Box<impl Stream<Item = Result<NamedReading, SqlError>>>>, SqlError> {
    let from = selection.from.map(Instant::from);
    let to = selection.to.map(Instant::from);
    let statement = if selection.serial.is_some() { EXPORT_METER } else { EXPORT };
    let serial = selection.serial.clone().unwrap_or_default();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&serial, &from, &to];
    let rows = client.query_raw(statement, parameters).await?;
    Ok(Box::pin(rows.map(|row| named(&row?))))
}

fn named(row: &Row) -> Result<NamedReading, SqlError> {
    Ok(NamedReading {
        serial: row.try_get("serial")?,
        register: row.try_get("register")?,
        time: row.try_get("time")?,
        value: Micro::from_raw(row.try_get("value")?),
        unit: row.try_get("unit")?,
        quality: row::quality(row, "readings", "quality")?,
        source: row::source(row, "readings", "source")?,
        received: row.try_get("received")?,
    })
}

/// Which readings does this meter have? Leans on the primary key; bounds on time leave out chunks.
const EXPORT_METER: &str = "
select m.serial, g.name as register, r.time, r.value, g.unit, r.quality, r.source, r.received
from meters m
join readings r on r.meter_id = m.id
join registers g on g.id = r.register_id
where m.serial = $1 and r.time >= coalesce($2, '-infinity'::timestamptz)
  and r.time < coalesce($3, 'infinity'::timestamptz)
order by r.meter_id, r.register_id, r.time";

/// Which readings are there? Sorted by the key, chunk by chunk; on disk where they are many.
const EXPORT: &str = "
select m.serial, g.name as register, r.time, r.value, g.unit, r.quality, r.source, r.received
from readings r
join meters m on m.id = r.meter_id
join registers g on g.id = r.register_id
where $1 = '' and r.time >= coalesce($2, '-infinity'::timestamptz)
  and r.time < coalesce($3, 'infinity'::timestamptz)
order by r.meter_id, r.register_id, r.time";
