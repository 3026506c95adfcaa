//! Wishes: what is put into the queue, in the transaction that makes it necessary.

use serde_json::Value;
use tokio_postgres::{GenericClient, Transaction};

use super::JobKind;
use crate::SqlError;

/// A job that is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// What it does.
    pub kind: JobKind,
    /// What it is about, in short: one job of the kind waits or runs under it.
    pub key: String,
    /// What its handler needs to know; at most 8 KiB.
    pub payload: Value,
}

/// What became of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// A new job has this number.
    New(i64),
    /// The job of this number waits already, or runs and will run once more.
    Known(i64),
}

/// Puts a job into the queue, once for its key. Workers hear of it when the transaction is committed.
pub async fn enqueue(change: &Transaction<'_>, wish: &Wish) -> Result<Enqueued, SqlError> {
    let kind = wish.kind;
    let row = change
        .query_one(
            include_str!("../../sql/queue/enqueue.sql"),
            &[
                &kind.name(),
                &wish.key,
                &wish.payload,
                &kind.priority(),
                &kind.every_s(),
                &kind.max_attempts(),
                &kind.backoff_s(),
                &super::CHANNEL,
            ],
        )
        .await?;
    let id = row.try_get("id")?;
    Ok(if row.try_get("is_new")? { Enqueued::New(id) } else { Enqueued::Known(id) })
}

/// Makes sure that a schedule stands, with today's interval. What is not a schedule is left alone.
pub async fn schedule(client: &impl GenericClient, kind: JobKind) -> Result<(), SqlError> {
    let Some(every) = kind.every_s() else { return Ok(()) };
    client
        .execute(
            include_str!("../../sql/queue/schedule.sql"),
            &[&kind.name(), &kind.priority(), &every, &kind.max_attempts(), &kind.backoff_s()],
        )
        .await?;
    Ok(())
}

/// Whether a job of that key waits, runs, or has failed and waits for a person.
pub async fn stands(client: &impl GenericClient, kind: JobKind, key: &str) -> Result<bool, SqlError> {
    let text = "select exists (select from jobs where kind = $1 and dedup_key = $2 \
                  and state in ('waiting', 'running', 'failed')) as stands";
    Ok(client.query_one(text, &[&kind.name(), &key]).await?.try_get("stands")?)
}
