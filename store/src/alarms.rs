//! Alarms as people handle them: seen, and by whom. (Ingest raises and ends them.)

use std::fmt;

use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::Client;

use crate::users::Actor;
use crate::{SqlError, audit};

/// Why an alarm was not acknowledged.
#[derive(Debug)]
pub enum AckError {
    /// No alarm has that number.
    Unknown(i64),
    /// Someone else has acknowledged it.
    Already {
        /// The alarm.
        id: i64,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// The database's answer.
    Sql(SqlError),
}

impl fmt::Display for AckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(id) => write!(f, "there is no alarm {id}: `meterline alarms list` shows them"),
            Self::Already { id, by, at } => write!(f, "alarm {id} was acknowledged by {by} at {at}"),
            Self::Sql(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for AckError {}

crate::takes_sql_errors!(AckError);

/// Writes down who has seen an alarm. The same person again changes nothing.
pub async fn acknowledge(
    client: &mut Client,
    id: i64,
    now: Timestamp,
    actor: &Actor,
) -> Result<(), AckError> {
    let change = client.transaction().await?;
    let row = change
        .query_opt("select kind, acked_by, acked_at from alarms where id = $1 for update", &[&id])
        .await?
        .ok_or(AckError::Unknown(id))?;
    if let Some(by) = row.get::<_, Option<String>>(1) {
        return if by == actor.name() { Ok(()) } else { Err(AckError::Already { id, by, at: row.get(2) }) };
    }
    change
        .execute("update alarms set acked_by = $2, acked_at = $3 where id = $1", &[&id, &actor.name(), &now])
        .await?;
    let after = json!({ "kind": row.get::<_, String>(0), "acked_at": now.to_string() });
    audit::record(&change, actor, "alarm.acknowledge", &id.to_string(), None, Some(after)).await?;
    change.commit().await?;
    Ok(())
}
