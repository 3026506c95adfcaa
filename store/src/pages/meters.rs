//! Meters: a list, and one with its readings.

use jiff::Timestamp;
use tokio_postgres::GenericClient;

use super::Slice;
use crate::SqlError;

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
    Ok(rows
        .iter()
        .map(|row| MeterRow {
            serial: row.get(0),
            medium: row.get(1),
            protocol: row.get(2),
            address: row.get(3),
            service_no: row.get(4),
            place: row.get(5),
            last_received: row.get(6),
            silent: row.get(7),
        })
        .collect())
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
    let sql = "select id, serial, maker, medium, model, coalesce(protocol, ''), coalesce(address, '') \
               from meters where serial = $1";
    let Some(row) = client.query_opt(sql, &[&serial]).await? else { return Ok(None) };
    let id: i32 = row.get(0);
    let places = client.query(include_str!("../../sql/pages/meter_places.sql"), &[&id, &zone]).await?;
    let registers = client
        .query(
            "select r.id, r.name, r.unit from meter_registers m join registers r on r.id = m.register_id \
             where m.meter_id = $1 order by r.name",
            &[&id],
        )
        .await?;
    Ok(Some(Meter {
        id,
        serial: row.get(1),
        maker: row.get(2),
        medium: row.get(3),
        model: row.get(4),
        protocol: row.get(5),
        address: row.get(6),
        places: places.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect(),
        registers: registers.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect(),
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
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// A reading as the table under the chart shows it.
#[derive(Clone, Debug)]
pub struct ReadingRow {
    /// The meter's time.
    pub time: Timestamp,
    /// The value.
    pub value: String,
    /// How good, as a code.
    pub quality: i16,
    /// Through which door, as a code.
    pub source: i16,
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
            "select time, trim_scale(value::numeric / 1000000)::text, quality, source, received from readings \
             where meter_id = $1 and register_id = $2 order by time desc limit 24",
            &[&meter, &register],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| ReadingRow {
            time: row.get(0),
            value: row.get(1),
            quality: row.get(2),
            source: row.get(3),
            received: row.get(4),
        })
        .collect())
}

/// A frame as it was received.
#[derive(Clone, Debug)]
pub struct FrameRow {
    /// The format.
    pub format: String,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// When it came in.
    pub received: Timestamp,
}

/// The frames that can have brought the reading of a register at an instant: those that the meter sent in the
/// second in which the reading was received.
pub async fn frames_of(
    client: &impl GenericClient,
    meter: i32,
    register: &str,
    time: Timestamp,
) -> Result<Vec<FrameRow>, SqlError> {
    let rows =
        client.query(include_str!("../../sql/pages/frames_of.sql"), &[&meter, &register, &time]).await?;
    Ok(rows
        .iter()
        .map(|row| FrameRow { format: row.get(0), bytes: row.get(1), received: row.get(2) })
        .collect())
}
