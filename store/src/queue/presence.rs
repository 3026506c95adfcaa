//! Who works on the queue alone: a process that gives way asks whether one is there.
//!
//! A lock of the session, so that it ends with its process, however that ends. No table, no heartbeat.

use tokio_postgres::GenericClient;

use crate::SqlError;

/// Shared among all that hold it; nobody takes it alone.
const LOCK: i64 = 6_203_941_177_290;

/// Says that a process whose purpose it is works on the queue, for as long as this connection lives.
pub async fn stand_by(client: &impl GenericClient) -> Result<(), SqlError> {
    client.execute("select pg_advisory_lock_shared($1)", &[&LOCK]).await?;
    Ok(())
}

/// Whether such a process is there.
pub async fn is_worked(client: &impl GenericClient) -> Result<bool, SqlError> {
    let text = "select exists (select from pg_locks where locktype = 'advisory' and objsubid = 1 and granted \
                  and (classid::bigint << 32) | objid::bigint = $1 \
                  and database = (select oid from pg_database where datname = current_database())) as is_worked";
    Ok(client.query_one(text, &[&LOCK]).await?.try_get("is_worked")?)
}
