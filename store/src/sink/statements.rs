//! The sink's prepared statements. Columns come as arrays: one round trip for a batch, and the planner is asked
//! once for each connection.

use tokio_postgres::{Client, Statement};

use crate::SqlError;

pub(super) struct Statements {
    pub(super) transaction: Statement,
    pub(super) readings: Statement,
    pub(super) stored: Statement,
    pub(super) conflict: Statement,
    pub(super) rejections: Statement,
    pub(super) refusals: Statement,
    pub(super) receipts: Statement,
    pub(super) alarm_begins: Statement,
    pub(super) alarm_ends: Statement,
    pub(super) replayed: Statement,
    pub(super) archive: Statement,
    pub(super) count: Statement,
}

impl Statements {
    pub(super) async fn prepare(client: &Client) -> Result<Self, SqlError> {
        Ok(Self {
            transaction: client.prepare(TRANSACTION).await?,
            readings: client.prepare(READINGS).await?,
            stored: client.prepare(STORED).await?,
            conflict: client.prepare(CONFLICT).await?,
            rejections: client.prepare(REJECTIONS).await?,
            refusals: client.prepare(REFUSALS).await?,
            receipts: client.prepare(RECEIPTS).await?,
            alarm_begins: client.prepare(ALARM_BEGINS).await?,
            alarm_ends: client.prepare(ALARM_ENDS).await?,
            replayed: client.prepare(REPLAYED).await?,
            archive: client.prepare(ARCHIVE).await?,
            count: client.prepare(COUNT).await?,
        })
    }
}

/// The transaction's id, by which an interrupted commit is asked after.
const TRANSACTION: &str = "select pg_current_xact_id()::text::bigint as id";

/// Which of these $8 readings are new? Leans on the primary key. Mostly all of them are: then their number says it, and
/// thousands of keys need not be sent back.
pub(crate) const READINGS: &str = "
with new as (
  insert into readings (meter_id, register_id, time, value, received, quality, source)
  select * from unnest($1::integer[], $2::smallint[], $3::timestamptz[], $4::bigint[], $5::timestamptz[],
                       $6::smallint[], $7::smallint[])
  on conflict do nothing
  returning meter_id, register_id, time
), told as (
  select count(*) as n from new
)
select told.n = $8::bigint as all_new, went.meter_id, went.register_id, went.time
from told, lateral (select array_agg(meter_id), array_agg(register_id), array_agg(time) from new
                    where told.n < $8::bigint) went (meter_id, register_id, time)";

/// Which values have these keys? Leans on the primary key; the bounds on time let the planner leave out chunks.
const STORED: &str = "
select key.n, r.value
from unnest($1::integer[], $2::smallint[], $3::timestamptz[]) with ordinality key (meter_id, register_id, time, n)
join readings r on r.meter_id = key.meter_id and r.register_id = key.register_id and r.time = key.time
where r.time between $4 and $5";

/// The same other value a second time is no second conflict.
const CONFLICT: &str = "
insert into conflicts (meter_id, register_id, time, stored_value, other_value, received, source, format, bytes)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing";

const REJECTIONS: &str = "
insert into rejections
  (received, source, channel, format, address, kind, at_offset, message, bytes, sent_at, profile, start)
select * from unnest($1::timestamptz[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::integer[], $8::text[], $9::bytea[], $10::timestamptz[], $11::text[], $12::integer[])";

const REFUSALS: &str = "
insert into refusals (meter_id, register, time, kind, message, received, source)
select * from unnest($1::integer[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::timestamptz[],
                     $7::smallint[])
on conflict do nothing";

const RECEIPTS: &str = "
insert into receipts (client, packet_id, sha256, received)
select * from unnest($1::text[], $2::integer[], $3::bytea[], $4::timestamptz[])
on conflict (client, packet_id) do update set sha256 = excluded.sha256, received = excluded.received";

/// One open alarm of a kind and a meter: another node may have raised it already, and late news may date it back, though
/// not into one that has ended.
const ALARM_BEGINS: &str = "
insert into alarms (meter_id, kind, severity, began_at, last_seen_at, evidence)
values ($1, $2, $3, $4, $4, $5)
on conflict (meter_id, kind) where ended_at is null
do update set
  last_seen_at = greatest(alarms.last_seen_at, excluded.last_seen_at),
  began_at = case
    when exists (select 1 from alarms e where e.meter_id = $1 and e.kind = $2 and e.ended_at >= $4) then alarms.began_at
    else least(alarms.began_at, excluded.began_at)
  end";

const ALARM_ENDS: &str = "
update alarms set ended_at = $3
where meter_id = $1 and kind = $2 and ended_at is null and began_at <= $3";

const REPLAYED: &str = "
update rejections set state = 'replayed', replayed_at = now() where id = any($1::bigint[]) and state = 'open'";

pub(crate) const ARCHIVE: &str = "
insert into frames (meter_id, received, source, format, bytes)
select * from unnest($1::integer[], $2::timestamptz[], $3::smallint[], $4::text[], $5::bytea[])";

const COUNT: &str = "
insert into frame_counts as c (node, writer, source, received, stored, duplicate, conflict, rejected)
select $1, $2, * from unnest($3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
on conflict (node, writer, source) do update set
  received = c.received + excluded.received, stored = c.stored + excluded.stored,
  duplicate = c.duplicate + excluded.duplicate, conflict = c.conflict + excluded.conflict,
  rejected = c.rejected + excluded.rejected";
