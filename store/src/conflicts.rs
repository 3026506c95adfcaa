//! Readings at odds with stored ones, and what a supervisor decides about them.

use std::fmt;

use jiff::Timestamp;
use metering::{Micro, Source};
use serde_json::json;
use tokio_postgres::{Client, Row};

use crate::users::Actor;
use crate::{SqlError, audit, row};

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
        id: row.get("id"),
        serial: row.get("serial"),
        register: row.get("register"),
        unit: row.get("unit"),
        time: row.get("time"),
        stored: Micro::from_raw(row.get("stored_value")),
        other: Micro::from_raw(row.get("other_value")),
        received: row.get("received"),
        source: row::source(row, "conflicts", "source")?,
        state: row::known(row, "conflicts", "state")?,
    })
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The stored value stays.
    Keep,
    /// The other value takes its place.
    Replace,
}

/// Why a conflict was not decided.
#[derive(Debug)]
pub enum DecideError {
    /// There is no conflict of that number.
    Unknown(i64),
    /// It was decided before.
    Decided(i64, ConflictState),
    /// The server's answer.
    Sql(SqlError),
}

impl fmt::Display for DecideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(id) => {
                write!(f, "there is no conflict {id}: `meterline conflicts list` shows them")
            }
            Self::Decided(id, state) => write!(f, "conflict {id} is decided already: {state}"),
            Self::Sql(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for DecideError {}

crate::takes_sql_errors!(DecideError);

/// Decides a conflict, with its audit row, in one transaction. Issued bills stay as they are: a reading that they
/// rest on is corrected by a correction of theirs.
pub async fn decide(
    client: &mut Client,
    id: i64,
    decision: Decision,
    reason: &str,
    who: &Actor,
) -> Result<Conflict, DecideError> {
    let transaction = client.transaction().await?;
    let find =
        "select c.id, m.serial, g.name as register, g.unit, c.time, c.stored_value, c.other_value, c.received, c.source,
                       c.state
                from conflicts c join meters m on m.id = c.meter_id join registers g on g.id = c.register_id
                where c.id = $1 for update of c";
    let row = transaction.query_opt(find, &[&id]).await?.ok_or(DecideError::Unknown(id))?;
    let mut conflict = conflict(&row)?;
    if conflict.state != ConflictState::Open {
        return Err(DecideError::Decided(id, conflict.state));
    }
    let (state, action, counts) = match decision {
        Decision::Keep => (ConflictState::Kept, "conflict.keep", conflict.stored),
        Decision::Replace => (ConflictState::Replaced, "conflict.replace", conflict.other),
    };
    if decision == Decision::Replace {
        transaction.execute("select replace_by_conflict($1, $2, $3)", &[&id, &who.name(), &reason]).await?;
    }
    transaction
        .execute(
            "update conflicts set state = $2, decided_by = $3, decided_at = now(), reason = $4 where id = $1",
            &[&id, &state.name(), &who.name(), &reason],
        )
        .await?;
    let before = json!({"value": conflict.stored.to_string()});
    let after = json!({
        "value": counts.to_string(), "serial": conflict.serial, "register": conflict.register,
        "time": conflict.time.to_string(), "reason": reason,
    });
    audit::record(&transaction, who, action, &id.to_string(), Some(before), Some(after)).await?;
    transaction.commit().await?;
    conflict.state = state;
    Ok(conflict)
}
