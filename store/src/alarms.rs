//! Alarms as people handle them: seen, and by whom. (Ingest raises and ends them.)

use jiff::Timestamp;
use metering::AlarmKind;

use crate::{Change, SqlError, row};

/// What is to be known of an alarm before it is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about.
    pub kind: AlarmKind,
    /// Who has seen it, and when.
    pub acknowledged: Option<(String, Timestamp)>,
}

/// One alarm, held until the change ends.
pub async fn locked(change: &Change<'_>, id: i64) -> Result<Option<Alarm>, SqlError> {
    let find = "select kind, acked_by, acked_at from alarms where id = $1 for update";
    let Some(row) = change.query_opt(find, &[&id]).await? else { return Ok(None) };
    let (by, at) = (row.try_get::<_, Option<String>>("acked_by")?, row.try_get("acked_at")?);
    Ok(Some(Alarm { kind: row::known(&row, "alarms", "kind")?, acknowledged: by.zip(at) }))
}

/// Writes down who has seen it.
pub async fn set_acknowledged(change: &Change<'_>, id: i64, at: Timestamp) -> Result<(), SqlError> {
    let who = change.actor().name();
    change.execute("update alarms set acked_by = $2, acked_at = $3 where id = $1", &[&id, &who, &at]).await?;
    Ok(())
}
