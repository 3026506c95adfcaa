//! What ingest processes say of themselves, contacts, and silence.

use jiff::Timestamp;
use metering::MeterId;
use tokio_postgres::Client;

use crate::SqlError;

use crate::instant::Instant;

/// What an ingest process says of itself, about once a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Its name.
    pub node: String,
    /// Since when it has listened without a long break.
    pub listening_since: Timestamp,
    /// When it says so.
    pub at: Timestamp,
    /// Receive time of the oldest frame that is not committed.
    pub oldest_uncommitted: Option<Timestamp>,
    /// Bytes in its spool that are not committed.
    pub spool_bytes: u64,
    /// Where its `/metrics` is.
    pub http_address: String,
}

/// Since when a node has listened, and its last heartbeat, as it left them.
pub async fn last_beat(client: &Client, node: &str) -> Result<Option<(Timestamp, Timestamp)>, SqlError> {
    let find = "select listening_since, heartbeat_at from ingest_nodes where node = $1";
    let Some(row) = client.query_opt(find, &[&node]).await? else { return Ok(None) };
    Ok(Some((row.try_get("listening_since")?, row.try_get("heartbeat_at")?)))
}

/// Writes a heartbeat.
pub async fn beat(client: &Client, heartbeat: &Heartbeat) -> Result<(), SqlError> {
    let spool_bytes = i64::try_from(heartbeat.spool_bytes).unwrap_or(i64::MAX);
    client
        .execute(
            "insert into ingest_nodes
               (node, listening_since, heartbeat_at, oldest_uncommitted, spool_bytes, http_address)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (node) do update set listening_since = excluded.listening_since,
               heartbeat_at = excluded.heartbeat_at, oldest_uncommitted = excluded.oldest_uncommitted,
               spool_bytes = excluded.spool_bytes, http_address = excluded.http_address",
            &[
                &heartbeat.node,
                &heartbeat.listening_since,
                &heartbeat.at,
                &heartbeat.oldest_uncommitted,
                &spool_bytes,
                &heartbeat.http_address,
            ],
        )
        .await?;
    Ok(())
}

/// When a meter was last heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Which.
    pub meter: MeterId,
    /// When a frame of it last came in.
    pub received: Timestamp,
    /// The latest meter time among its readings.
    pub time: Option<Timestamp>,
}

/// Notes when meters were last heard. Each meter once; older news change nothing.
pub async fn note_contacts(client: &Client, contacts: &[Contact]) -> Result<(), SqlError> {
    let meter: Vec<_> = contacts.iter().map(|contact| contact.meter.get()).collect();
    let received: Vec<_> = contacts.iter().map(|contact| Instant::from(contact.received)).collect();
    let time: Vec<_> = contacts.iter().map(|contact| contact.time.map(Instant::from)).collect();
    client
        .execute(
            "insert into contacts as c (meter_id, last_received, last_time)
             select * from unnest($1::integer[], $2::timestamptz[], $3::timestamptz[])
             order by 1
             on conflict (meter_id) do update set
               last_received = greatest(c.last_received, excluded.last_received),
               last_time = greatest(c.last_time, excluded.last_time)",
            &[&meter, &received, &time],
        )
        .await?;
    Ok(())
}

/// Begins an alarm for each installed meter that has been silent for more than `intervals` of its expected
/// intervals at `now`, and ends those of meters that were heard since. Nobody is silent before ingest has listened
/// that long itself (`listening_since`). Returns how many began and how many ended.
pub async fn check_silence(
    client: &Client,
    now: Timestamp,
    listening_since: Timestamp,
    intervals: i32,
) -> Result<(u64, u64), SqlError> {
    let began = client.execute(SILENCE_BEGINS, &[&now, &listening_since, &intervals]).await?;
    let ended = client.execute(SILENCE_ENDS, &[&now, &intervals]).await?;
    Ok((began, ended))
}

/// Which installed meters are silent and have no open alarm? One pass over the meters; contacts and alarms by meter.
const SILENCE_BEGINS: &str = "
insert into alarms (meter_id, kind, severity, began_at, last_seen_at, evidence)
select m.id, 'silent', 'warning', $1, $1,
       jsonb_build_object('last_received', c.last_received, 'expected_interval_s', m.expected_interval_s)
from meters m
left join contacts c on c.meter_id = m.id
cross join lateral (select make_interval(secs => m.expected_interval_s::double precision * $3::integer) as patience) p
where exists (select 1 from installations i where i.meter_id = m.id and i.during @> $1::timestamptz
                and lower(i.during) < $1::timestamptz - p.patience)
  and coalesce(c.last_received, '-infinity') < $1::timestamptz - p.patience
  and $2::timestamptz < $1::timestamptz - p.patience
on conflict (meter_id, kind) where ended_at is null do nothing";

/// Which silent meters have been heard again, or are installed no more? Leans on `alarms_one_open`.
const SILENCE_ENDS: &str = "
update alarms a set ended_at = greatest(a.began_at, coalesce(c.last_received, $1))
from meters m left join contacts c on c.meter_id = m.id
where a.kind = 'silent' and a.ended_at is null and m.id = a.meter_id
  and (c.last_received >= $1::timestamptz - make_interval(secs => m.expected_interval_s::double precision * $2::integer)
       or not exists (select 1 from installations i where i.meter_id = m.id and i.during @> $1::timestamptz))";
