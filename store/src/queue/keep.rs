//! What people do with the queue: look, try again, run now; and what is thrown away.

use std::fmt;

use tokio_postgres::GenericClient;

use super::{JobKind, JobState, Listed};
use crate::{Change, SqlError, outbox, row};

/// The most that one look shows.
const MOST: i64 = 1_000;

/// Days that a job is kept after it is done.
const DONE_DAYS: i32 = 7;

/// Days that a failed job waits for a person.
const FAILED_DAYS: i32 = 90;

/// Which jobs are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// In this state; else in any.
    pub state: Option<JobState>,
    /// Of this kind; else of any.
    pub kind: Option<JobKind>,
    /// With smaller numbers than this; else from the newest.
    pub before: Option<i64>,
    /// At most so many, and never more than 1,000.
    pub limit: i64,
}

/// Why a job is not run.
#[derive(Debug)]
pub enum JobError {
    /// No job has that number.
    Unknown(i64),
    /// It runs, or it has come out.
    State {
        /// The job.
        id: i64,
        /// Where it stands.
        state: JobState,
    },
    /// Another job does the same already.
    Waits {
        /// The job.
        id: i64,
        /// The other one.
        other: i64,
    },
    /// The kind is about one thing, and runs when that is wished for.
    NoSchedule(JobKind),
    /// The database's answer.
    Sql(SqlError),
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(id) => write!(f, "there is no job {id}"),
            Self::State { id, state } => {
                write!(f, "job {id} is {state}: only what waits or has failed is tried again")
            }
            Self::Waits { id, other } => write!(f, "job {other} does what job {id} would do again"),
            Self::NoSchedule(kind) => {
                write!(f, "{kind} has no schedule: it is about one thing, and is enqueued with it")
            }
            Self::Sql(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for JobError {}

crate::takes_sql_errors!(JobError);

/// Jobs, the newest first.
pub async fn list(client: &impl GenericClient, asked: &Asked) -> Result<Vec<Listed>, SqlError> {
    let (state, kind) = (asked.state.map(JobState::name), asked.kind.map(JobKind::name));
    let rows = client
        .query(
            "select id, kind, dedup_key, state, attempts, max_attempts, run_after, lease_owner, created_at, ended_at, \
                    error_kind, error_text \
             from jobs where ($1::text is null or state = $1) and ($2::text is null or kind = $2) \
               and ($3::bigint is null or id < $3) order by id desc limit $4",
            &[&state, &kind, &asked.before, &asked.limit.clamp(1, MOST)],
        )
        .await?;
    rows.iter().map(Listed::read).collect()
}

/// A job that has failed, or waits for its back-off, is tried at once, with all its attempts. Returns its kind.
pub async fn retry(change: &Change<'_>, id: i64) -> Result<JobKind, JobError> {
    let row = change
        .query_opt("select kind, dedup_key, state from jobs where id = $1 for update", &[&id])
        .await?
        .ok_or(JobError::Unknown(id))?;
    let state: JobState = row::known(&row, "jobs", "state")?;
    if !matches!(state, JobState::Failed | JobState::Waiting) {
        return Err(JobError::State { id, state });
    }
    let key: &str = row.try_get("dedup_key")?;
    let kind: JobKind = row::known(&row, "jobs", "kind")?;
    let other = change
        .query_opt(
            "select id from jobs where kind = $1 and dedup_key = $2 and state in ('waiting', 'running') and id <> $3",
            &[&kind.name(), &key, &id],
        )
        .await?;
    if let Some(other) = other {
        return Err(JobError::Waits { id, other: other.try_get("id")? });
    }
    change
        .execute(
            "with job as (update jobs set state = 'waiting', run_after = now(), attempts = 0, ended_at = null where id = $1) \
             select pg_notify($2, '')",
            &[&id, &super::CHANNEL],
        )
        .await?;
    if kind == JobKind::OutboxSend {
        outbox::offer_now(change.transaction(), key).await?;
    }
    Ok(kind)
}

/// A schedule's next time is now. Returns its job.
pub async fn run_now(change: &Change<'_>, kind: JobKind) -> Result<i64, JobError> {
    if kind.every_s().is_none() {
        return Err(JobError::NoSchedule(kind));
    }
    super::schedule(change.transaction(), kind).await?;
    let row = change
        .query_one(
            "with job as (update jobs set run_after = now(), again = state = 'running' \
                          where kind = $1 and dedup_key = '' and state in ('waiting', 'running') returning id) \
             select id, pg_notify($2, '') from job",
            &[&kind.name(), &super::CHANNEL],
        )
        .await?;
    Ok(row.try_get("id")?)
}

/// Throws away jobs that were done or failed long ago, at most so many. Returns how many.
pub async fn sweep(client: &impl GenericClient, limit: i64) -> Result<u64, SqlError> {
    let gone = client
        .execute(
            "delete from jobs where id in (select id from jobs \
               where (state = 'done' and ended_at < now() - make_interval(days => $1)) \
                  or (state = 'failed' and ended_at < now() - make_interval(days => $2)) limit $3)",
            &[&DONE_DAYS, &FAILED_DAYS, &limit],
        )
        .await?;
    Ok(gone)
}
