//! `meterline status`: what came in, what is stored, who is silent, what waits.

use jiff::Timestamp;
use tokio_postgres::Client;

use crate::SqlError;

/// What frames have counted as so far. `received` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCounts {
    /// Deliveries whose outcome is committed, redeliveries included.
    pub received: i64,
    /// With something new in them.
    pub stored: i64,
    /// With nothing new in them.
    pub duplicate: i64,
    /// At odds with what is stored.
    pub conflict: i64,
    /// Of which nothing could be used.
    pub rejected: i64,
}

/// The state of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// What frames have counted as.
    pub frames: FrameCounts,
    /// Readings that are stored.
    pub readings: i64,
    /// Meters there are.
    pub meters_known: i64,
    /// Installed meters that have missed more than two expected intervals.
    pub meters_silent: i64,
    /// Bytes in the spools of all nodes.
    pub spool_bytes: i64,
    /// Receive time of the oldest frame that is not committed.
    pub oldest_uncommitted: Option<Timestamp>,
}

/// Above this many readings they are estimated from the statistics: counting a hundred million takes a minute.
const COUNTED: i64 = 50_000_000;

/// The state of the whole, at `now`.
pub async fn overview(client: &Client, now: Timestamp) -> Result<Overview, SqlError> {
    let frames = client.query_one(FRAMES, &[]).await?;
    let estimate: i64 =
        client.query_one("select approximate_row_count('readings') as n", &[]).await?.try_get("n")?;
    let readings = match estimate {
        estimate if estimate > COUNTED => estimate,
        _ => client.query_one("select count(*) as n from readings", &[]).await?.try_get("n")?,
    };
    let meters = client.query_one(METERS, &[&now]).await?;
    let nodes = client
        .query_one(
            "select coalesce(sum(spool_bytes), 0)::bigint as spool_bytes, min(oldest_uncommitted) as oldest from ingest_nodes",
            &[],
        )
        .await?;
    Ok(Overview {
        frames: FrameCounts {
            received: frames.try_get("received")?,
            stored: frames.try_get("stored")?,
            duplicate: frames.try_get("duplicate")?,
            conflict: frames.try_get("conflict")?,
            rejected: frames.try_get("rejected")?,
        },
        readings,
        meters_known: meters.try_get("known")?,
        meters_silent: meters.try_get("silent")?,
        spool_bytes: nodes.try_get("spool_bytes")?,
        oldest_uncommitted: nodes.try_get("oldest")?,
    })
}

/// What have frames counted as? A few rows for each node.
const FRAMES: &str = "
select coalesce(sum(received), 0)::bigint as received, coalesce(sum(stored), 0)::bigint as stored,
       coalesce(sum(duplicate), 0)::bigint as duplicate, coalesce(sum(conflict), 0)::bigint as conflict,
       coalesce(sum(rejected), 0)::bigint as rejected
from frame_counts";

/// How many meters are there, and how many installed ones have missed more than two of their intervals? One pass.
const METERS: &str = "
select count(*) as known,
       count(*) filter (where coalesce(c.last_received, '-infinity')
                                < $1::timestamptz - make_interval(secs => 2.0 * m.expected_interval_s)
                          and exists (select 1 from installations i where i.meter_id = m.id and i.during @> $1::timestamptz
                                      and lower(i.during) < $1::timestamptz - make_interval(secs => 2.0 * m.expected_interval_s))) as silent
from meters m left join contacts c on c.meter_id = m.id";
