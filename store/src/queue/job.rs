//! A job as the table holds it.

use jiff::Timestamp;
use metering::closed_list;
use serde_json::Value;
use tokio_postgres::Row;

use crate::{SqlError, row};

closed_list! {
    /// What a job does. A kind without a schedule runs once for each wish.
    pub enum JobKind: "kind of job" {
        /// Tries the chunks of a frozen bill run.
        BillTrial = "bill_trial",
        /// Issues the chunks of an approved bill run.
        BillIssue = "bill_issue",
        /// Enqueues bill runs that nobody works on: enqueued by an older program, or thrown away. A schedule.
        BillPickup = "bill_pickup",
        /// Writes an event for each alarm that has opened. A schedule.
        AlarmReport = "alarm_report",
        /// Writes down which destination is to hear of which event. A schedule.
        OutboxSpread = "outbox_spread",
        /// Sends one destination what waits for it.
        OutboxSend = "outbox_send",
        /// Seals the rows of the audit trail. A schedule.
        AuditSeal = "audit_seal",
        /// Throws away what has ended long ago. A schedule.
        Retention = "retention",
    }
}

closed_list! {
    /// Where a job stands.
    pub enum JobState: "state of a job" {
        /// A worker may take it once its time has come.
        Waiting = "waiting",
        /// A worker has it, as long as its lease is extended.
        Running = "running",
        /// It came out.
        Done = "done",
        /// The last attempt that it had was in vain: a person decides.
        Failed = "failed",
    }
}

impl JobKind {
    /// The greater one goes first: money before messages, messages before seals, seals before tidying.
    pub const fn priority(self) -> i16 {
        match self {
            Self::BillIssue => 40,
            Self::BillTrial => 30,
            Self::BillPickup | Self::OutboxSpread | Self::AlarmReport => 20,
            Self::OutboxSend => 10,
            Self::AuditSeal => 5,
            Self::Retention => 0,
        }
    }

    /// How often it is tried before a person must look.
    pub(super) const fn max_attempts(self) -> i16 {
        match self {
            // 10 s, doubled up to an hour: more than half a day of a destination's outage.
            Self::OutboxSend => 20,
            _ => 5,
        }
    }

    /// Seconds before the second attempt; doubled before each further one, up to an hour.
    pub(super) const fn backoff_s(self) -> i32 {
        match self {
            Self::BillTrial | Self::BillIssue => 5,
            _ => 10,
        }
    }

    /// Whether it may take minutes. Short ones do not wait behind it: each worker has a place of their own for them.
    pub const fn is_long(self) -> bool {
        matches!(self, Self::BillTrial | Self::BillIssue)
    }

    /// Seconds between two runs of a schedule; `None` for what runs once.
    pub const fn every_s(self) -> Option<i32> {
        match self {
            Self::BillTrial | Self::BillIssue | Self::OutboxSend => None,
            Self::BillPickup | Self::AuditSeal => Some(60),
            Self::AlarmReport => Some(10),
            Self::OutboxSpread => Some(5),
            Self::Retention => Some(3_600),
        }
    }
}

/// A job that this worker has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What it does.
    pub kind: JobKind,
    /// What it is about.
    pub payload: Value,
    /// Which attempt this is, from 1.
    pub attempt: i16,
    /// Seconds between two runs, of a schedule.
    pub every_s: Option<i32>,
}

impl Job {
    pub(super) fn read(row: &Row) -> Result<Self, SqlError> {
        Ok(Self {
            id: row.try_get("id")?,
            kind: row::known(row, "jobs", "kind")?,
            payload: row.try_get("payload")?,
            attempt: row.try_get("attempts")?,
            every_s: row.try_get("every_s")?,
        })
    }
}

/// A job as people look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: i64,
    /// What it does.
    pub kind: JobKind,
    /// What it is about, in short: a run and a part of its work, a destination.
    pub key: String,
    /// Where it stands.
    pub state: JobState,
    /// Attempts so far, since it was enqueued or retried.
    pub attempts: i16,
    /// After how many it is failed.
    pub max_attempts: i16,
    /// Not before then.
    pub run_after: Timestamp,
    /// Who has it.
    pub lease_owner: Option<String>,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why its last attempt failed: a word.
    pub error_kind: Option<String>,
    /// Why, in full.
    pub error_text: Option<String>,
}

impl Listed {
    pub(super) fn read(row: &Row) -> Result<Self, SqlError> {
        Ok(Self {
            id: row.try_get("id")?,
            kind: row::known(row, "jobs", "kind")?,
            key: row.try_get("dedup_key")?,
            state: row::known(row, "jobs", "state")?,
            attempts: row.try_get("attempts")?,
            max_attempts: row.try_get("max_attempts")?,
            run_after: row.try_get("run_after")?,
            lease_owner: row.try_get("lease_owner")?,
            created_at: row.try_get("created_at")?,
            ended_at: row.try_get("ended_at")?,
            error_kind: row.try_get("error_kind")?,
            error_text: row.try_get("error_text")?,
        })
    }
}
