//! Meters: a list, and one with its readings.

use jiff::Timestamp;
use metering::{Quality, Source};
use tokio_postgres::{GenericClient, Row};

use super::Slice;
use crate::{SqlError, row};

/// A row of the list.
#[derive(Clone, Debug)]
pub struct MeterRow {
    /// Printed on it.
    pub serial: String,
    /// What it measures.
    pub medium: String,
    /// How it talks.
    pub protocol: String,
    /// On the wire.
    pub address: String,
    /// The agreement that it serves now.
    pub service_no: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// When it was last heard.
    pub last_received: Option<Timestamp>,
    /// Whether that is longer ago than two expected intervals.
    pub silent: bool,
}

/// A part of the meters by serial. `query` is a serial, address, agreement or the beginning of one; `silent` asks
/// for silent ones alone.
pub async fn list(
    client: &impl GenericClient,
    query: &str,
    silent: bool,
    slice: &Slice<String>,
    now: Timestamp,
    zone: &str,
) -> Result<Vec<MeterRow>, SqlError> {
    let rows = client
        .query(
            include_str!("../../sql/pages/meters.sql"),
            &[&query, &silent, &slice.most, &slice.after, &now, &zone],
        )
        .await?;
    rows.iter().map(listed).collect()
}

fn listed(row: &Row) -> Result<MeterRow, SqlError> {
    Ok(MeterRow {
        serial: row.try_get("serial")?,
        medium: row.try_get("medium")?,
        protocol: row.try_get("protocol")?,
        address: row.try_get("address")?,
        service_no: row.try_get("service_no")?,
        place: row.try_get("place")?,
        last_received: row.try_get("last_received")?,
        silent: row.try_get("silent")?,
    })
}

/// One meter.
#[derive(Clone, Debug)]
pub struct Meter {
    /// Ours.
    pub id: i32,
    /// Printed on it.
    pub serial: String,
    /// Who made it.
    pub maker: String,
    /// What it measures.
    pub medium: String,
    /// Which model.
    pub model: String,
    /// How it talks.
    pub protocol: String,
    /// On the wire.
    pub address: String,
    /// Where it has been: agreement, from, to.
    pub places: Vec<(Option<String>, Timestamp, Option<Timestamp>)>,
    /// Its registers: id, name, unit.
    pub registers: Vec<(i16, String, String)>,
}

/// The meter with that serial.
pub async fn meter(client: &impl GenericClient, serial: &str, zone: &str) -> Result<Option<Meter>, SqlError> {
    let sql = "select id, serial, maker, medium, model, coalesce(protocol, '') as protocol, coalesce(address, '') as address \
               from meters where serial = $1";
    let Some(row) = client.query_opt(sql, &[&serial]).await? else { return Ok(None) };
    let id: i32 = row.try_get("id")?;
    let places = client.query(include_str!("../../sql/pages/meter_places.sql"), &[&id, &zone]).await?;
    let registers = client
        .query(
            "select r.id, r.name, r.unit from meter_registers m join registers r on r.id = m.register_id \
             where m.meter_id = $1 order by r.name",
            &[&id],
        )
        .await?;
    let place = |row: &Row| {
        Ok((row.try_get("service_no")?, row.try_get("installed_at")?, row.try_get("removed_at")?))
    };
    let register = |row: &Row| Ok((row.try_get("id")?, row.try_get("name")?, row.try_get("unit")?));
    Ok(Some(Meter {
        id,
        serial: row.try_get("serial")?,
        maker: row.try_get("maker")?,
        medium: row.try_get("medium")?,
        model: row.try_get("model")?,
        protocol: row.try_get("protocol")?,
        address: row.try_get("address")?,
        places: places.iter().map(place).collect::<Result<_, SqlError>>()?,
        registers: registers.iter().map(register).collect::<Result<_, SqlError>>()?,
    }))
}

/// A point of a chart: instant and value in millionths.
pub type Point = (Timestamp, i64);

/// The last reading of each civil day in `[from, to)`, oldest first; at most 800.
pub async fn daily(
    client: &impl GenericClient,
    meter: i32,
    register: i16,
    from: Timestamp,
    to: Timestamp,
    zone: &str,
) -> Result<Vec<Point>, SqlError> {
    let rows = client
        .query(include_str!("../../sql/pages/meter_daily.sql"), &[&meter, &register, &from, &to, &zone])
        .await?;
    rows.iter().map(|row| Ok((row.try_get("time")?, row.try_get("value")?))).collect()
}

/// A reading as the table under the chart shows it.
#[derive(Clone, Debug)]
pub struct ReadingRow {
    /// The meter's time.
    pub time: Timestamp,
    /// The value.
    pub value: String,
    /// How good.
    pub quality: Quality,
    /// Through which door.
    pub source: Source,
    /// When it came in.
    pub received: Timestamp,
}

/// The latest readings of a register, newest first.
pub async fn latest(
    client: &impl GenericClient,
    meter: i32,
    register: i16,
) -> Result<Vec<ReadingRow>, SqlError> {
    let rows = client
        .query(
            "select time, trim_scale(value::numeric / 1000000)::text as value, quality, source, received from readings \
             where meter_id = $1 and register_id = $2 order by time desc limit 24",
            &[&meter, &register],
        )
        .await?;
    let reading = |row: &Row| {
        Ok(ReadingRow {
            time: row.try_get("time")?,
            value: row.try_get("value")?,
            quality: row::quality(row, "readings", "quality")?,
            source: row::source(row, "readings", "source")?,
            received: row.try_get("received")?,
        })
    };
    rows.iter().map(reading).collect()
}
