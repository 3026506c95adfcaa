//! Readings at odds with stored ones, and what a supervisor decides about them.

use jiff::Timestamp;
use metering::{Micro, Source};
use tokio_postgres::{Client, Row};

use crate::{Change, SqlError, row};

metering::closed_list! {
    /// What became of a conflict.
    pub enum ConflictState: "state of a conflict" {
        /// Nobody has decided yet.
        Open = "open",
        /// The stored value stayed.
        Kept = "kept",
        /// The other value took its place.
        Replaced = "replaced",
    }
}

/// Same meter, register and time; another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Its number.
    pub id: i64,
    /// The meter's serial.
    pub serial: String,
    /// OBIS code or `x:` name.
    pub register: String,
    /// The register's unit.
    pub unit: String,
    /// The meter's time of both values.
    pub time: Timestamp,
    /// The value that counts.
    pub stored: Micro,
    /// The value that came later.
    pub other: Micro,
    /// When it came.
    pub received: Timestamp,
    /// Through which door.
    pub source: Source,
    /// What became of it.
    pub state: ConflictState,
}

/// The open conflicts, the oldest first, after the one numbered `after`.
pub async fn open(client: &Client, after: i64, most: i64) -> Result<Vec<Conflict>, SqlError> {
    client.query(OPEN, &[&after, &most]).await?.iter().map(conflict).collect()
}

/// Which conflicts wait for a decision? Few: an alarm rings for each.
const OPEN: &str = "
select c.id, m.serial, g.name as register, g.unit, c.time, c.stored_value, c.other_value, c.received, c.source, c.state
from conflicts c
join meters m on m.id = c.meter_id
join registers g on g.id = c.register_id
where c.state = 'open' and c.id > $1
order by c.id
limit $2";

fn conflict(row: &Row) -> Result<Conflict, SqlError> {
    Ok(Conflict {
        id: row.try_get("id")?,
        serial: row.try_get("serial")?,
        register: row.try_get("register")?,
        unit: row.try_get("unit")?,
        time: row.try_get("time")?,
        stored: Micro::from_raw(row.try_get("stored_value")?),
        other: Micro::from_raw(row.try_get("other_value")?),
        received: row.try_get("received")?,
        source: row::source(row, "conflicts", "source")?,
        state: row::known(row, "conflicts", "state")?,
    })
}

/// One conflict, held until the change ends.
pub async fn locked(change: &Change<'_>, id: i64) -> Result<Option<Conflict>, SqlError> {
    let find =
        "select c.id, m.serial, g.name as register, g.unit, c.time, c.stored_value, c.other_value, c.received, c.source,
                       c.state
                from conflicts c join meters m on m.id = c.meter_id join registers g on g.id = c.register_id
                where c.id = $1 for update of c";
    change.query_opt(find, &[&id]).await?.as_ref().map(conflict).transpose()
}

/// Puts the other value in the place of the stored one.
pub async fn replace(change: &Change<'_>, id: i64, reason: &str) -> Result<(), SqlError> {
    let who = change.actor().name();
    change.execute("select replace_by_conflict($1, $2, $3)", &[&id, &who, &reason]).await?;
    Ok(())
}

/// Writes down how a conflict was decided.
pub async fn set_decided(
    change: &Change<'_>,
    id: i64,
    state: ConflictState,
    reason: &str,
) -> Result<(), SqlError> {
    let who = change.actor().name();
    change
        .execute(
            "update conflicts set state = $2, decided_by = $3, decided_at = now(), reason = $4 where id = $1",
            &[&id, &state.name(), &who, &reason],
        )
        .await?;
    Ok(())
}
