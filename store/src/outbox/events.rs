//! Events, and which deeds write them.

use jiff::Timestamp;
use metering::closed_list;
use serde_json::Value;
use tokio_postgres::{GenericClient, Row, Transaction};

use crate::{SqlError, row};

/// Days that an event is kept, whether all have heard of it or not.
const DAYS: i32 = 30;

closed_list! {
    /// What has happened.
    pub enum EventKind: "kind of event" {
        /// All bills of a run are documents. Subject: the run.
        RunIssued = "run.issued",
        /// Money came, went back or was taken back. Subject: the payment.
        PaymentRecorded = "payment.recorded",
        /// Something is wrong with a meter or with the system. Subject: the alarm.
        AlarmOpened = "alarm.opened",
        /// It is wrong no more. Subject: the alarm.
        AlarmEnded = "alarm.ended",
    }
}

/// Something that has happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its number, by which receivers know it.
    pub id: i64,
    /// What it is.
    pub kind: EventKind,
    /// To what it happened: the id or number that people know.
    pub subject: String,
    /// The facts.
    pub payload: Value,
    /// When it was written down.
    pub created_at: Timestamp,
}

impl Event {
    pub(super) fn read(row: &Row) -> Result<Self, SqlError> {
        Ok(Self {
            id: row.try_get("id")?,
            kind: row::known(row, "outbox_events", "kind")?,
            subject: row.try_get("subject")?,
            payload: row.try_get("payload")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

/// Writes an event in the transaction of its deed.
pub async fn add(
    change: &Transaction<'_>,
    kind: EventKind,
    subject: &str,
    payload: &Value,
) -> Result<i64, SqlError> {
    let text = "insert into outbox_events (kind, subject, payload) values ($1, $2, $3) returning id";
    Ok(change.query_one(text, &[&kind.name(), &subject, &payload]).await?.try_get("id")?)
}

/// Writes an event for each of these payments, in the transaction that records them.
pub async fn add_payments(change: &Transaction<'_>, payments: &[i64]) -> Result<(), SqlError> {
    let text = include_str!("../../sql/outbox/payments.sql");
    change.execute(text, &[&EventKind::PaymentRecorded.name(), &payments]).await?;
    Ok(())
}

/// Writes an event for each alarm whose beginning, and then for each whose end none reports yet, the oldest first, at most so
/// many of either. Returns how many.
pub async fn report_alarms(client: &impl GenericClient, limit: i64) -> Result<u64, SqlError> {
    let opened = include_str!("../../sql/outbox/alarms_opened.sql");
    let opened = client.execute(opened, &[&EventKind::AlarmOpened.name(), &limit]).await?;
    let ended = include_str!("../../sql/outbox/alarms_ended.sql");
    Ok(opened + client.execute(ended, &[&EventKind::AlarmEnded.name(), &limit]).await?)
}

/// Throws away old events with their deliveries, at most so many. Returns how many.
pub async fn sweep(client: &impl GenericClient, limit: i64) -> Result<u64, SqlError> {
    let text = "delete from outbox_events where id in \
                (select id from outbox_events where created_at < now() - make_interval(days => $1) limit $2)";
    Ok(client.execute(text, &[&DAYS, &limit]).await?)
}
