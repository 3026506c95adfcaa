//! Rejected frames: kept with their bytes until their cause is mended and they are taken in at a second try.

use jiff::Timestamp;
use tokio_postgres::{Client, GenericClient, Row};

use crate::sink::{Arrival, Content};
use crate::{SqlError, row};

metering::closed_list! {
    /// Where a rejected frame stands.
    pub enum RejectionState: "state of a rejected frame" {
        /// Its cause is not mended.
        Open = "open",
        /// It was taken in at a later try.
        Replayed = "replayed",
    }
}

/// A rejected frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejected {
    /// Its number.
    pub id: i64,
    /// How it came in.
    pub arrival: Arrival,
    /// Why it was rejected.
    pub kind: String,
    /// The byte at which it was seen.
    pub offset: i32,
    /// A sentence with the values.
    pub message: String,
    /// When it was taken in at a later try.
    pub replayed_at: Option<Timestamp>,
}

/// Rejected frames that are still open, in the order of their numbers, after the one numbered `after`.
pub async fn open(
    client: &Client,
    kind: Option<&str>,
    after: i64,
    most: i64,
) -> Result<Vec<Rejected>, SqlError> {
    client.query(OPEN, &[&kind, &after, &most]).await?.iter().map(rejected).collect()
}

/// How many rejected frames of a kind, or of all, are open.
pub async fn waiting(client: &impl GenericClient, kind: Option<&str>) -> Result<i64, SqlError> {
    let text =
        "select count(*) as n from rejections where state = 'open' and ($1::text is null or kind = $1)";
    Ok(client.query_one(text, &[&kind]).await?.try_get("n")?)
}

/// One of them, open or not.
pub async fn find(client: &Client, id: i64) -> Result<Option<Rejected>, SqlError> {
    let find =
        "select id, received, source, channel, format, address, kind, at_offset, message, bytes, sent_at,
                       profile, start, replayed_at from rejections where id = $1";
    client.query_opt(find, &[&id]).await?.as_ref().map(rejected).transpose()
}

/// Waits until no other connection replays; held until this one ends.
pub async fn lock_replay(client: &Client) -> Result<(), SqlError> {
    Ok(client.batch_execute("select pg_advisory_lock(6203941177280)").await?)
}

/// Which rejected frames wait? Leans on `rejections_open` for a kind, on the primary key for all.
const OPEN: &str = "
select id, received, source, channel, format, address, kind, at_offset, message, bytes, sent_at, profile, start,
       replayed_at
from rejections
where state = 'open' and ($1::text is null or kind = $1) and id > $2
order by id
limit $3";

fn rejected(row: &Row) -> Result<Rejected, SqlError> {
    let start: Option<i32> = row.try_get("start")?;
    let start =
        start.map(|start| row::fits(start, "rejections", "start", |start| u16::try_from(*start).ok()));
    Ok(Rejected {
        id: row.try_get("id")?,
        arrival: Arrival {
            source: row::source(row, "rejections", "source")?,
            channel: row.try_get("channel")?,
            content: Content::of(row.try_get("format")?),
            address: row.try_get::<_, Option<String>>("address")?.map(Into::into),
            bytes: row.try_get::<_, Vec<u8>>("bytes")?.into(),
            received: row.try_get("received")?,
            sent: row.try_get("sent_at")?,
            profile: row.try_get::<_, Option<String>>("profile")?.map(Into::into),
            start: start.transpose()?,
        },
        kind: row.try_get("kind")?,
        offset: row.try_get("at_offset")?,
        message: row.try_get("message")?,
        replayed_at: row.try_get("replayed_at")?,
    })
}
