//! Leases: a worker takes a job, holds it, gives it back.

use std::time::Duration;

use tokio_postgres::GenericClient;

use super::{Job, JobKind, JobState};
use crate::{SqlError, row};

/// No back-off is longer.
const BACKOFF_MOST_S: i32 = 3_600;

/// The most of an error that is kept, in characters.
const ERROR_TEXT: usize = 2_000;

/// Takes the next job of these kinds whose time has come, of the highest priority, the oldest first. It is this
/// worker's until it ends or the lease runs out.
pub async fn claim(
    client: &impl GenericClient,
    worker: &str,
    kinds: &[JobKind],
    lease: Duration,
) -> Result<Option<Job>, SqlError> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    let text = include_str!("../../sql/queue/claim.sql");
    let row = client.query_opt(text, &[&worker, &kinds, &lease.as_secs_f64()]).await?;
    row.as_ref().map(Job::read).transpose()
}

/// Holds a job for so long from now. `false`: it is another's by now, and must be let go of.
pub async fn extend(
    client: &impl GenericClient,
    job: i64,
    worker: &str,
    lease: Duration,
) -> Result<bool, SqlError> {
    let text = "update jobs set lease_until = now() + make_interval(secs => $3) \
                where id = $1 and lease_owner = $2 and state = 'running'";
    Ok(client.execute(text, &[&job, &worker, &lease.as_secs_f64()]).await? == 1)
}

/// The job came out. A schedule waits for its next time; what was wished for again meanwhile waits at once. `false`: it
/// is another's by now.
pub async fn finish(client: &impl GenericClient, job: i64, worker: &str) -> Result<bool, SqlError> {
    let text = include_str!("../../sql/queue/finish.sql");
    Ok(client.execute(text, &[&job, &worker]).await? == 1)
}

/// The attempt was in vain. The job waits for its back-off, or was tried often enough and is failed. `None`: it is
/// another's by now.
pub async fn fail(
    client: &impl GenericClient,
    job: i64,
    worker: &str,
    kind: &str,
    message: &str,
) -> Result<Option<JobState>, SqlError> {
    let message: String = message.chars().filter(|c| *c != '\0').take(ERROR_TEXT).collect();
    let text = set_back("j.id = $4 and j.lease_owner = $5");
    let values: &[&(dyn tokio_postgres::types::ToSql + Sync)] =
        &[&kind, &message, &BACKOFF_MOST_S, &job, &worker];
    let row = client.query_opt(&text, values).await?;
    row.as_ref().map(|row| row::known(row, "jobs", "state")).transpose()
}

/// Jobs whose workers were heard of no more wait again, with an attempt spent. Returns each one's kind and what became
/// of it, at most 100.
pub async fn expire(client: &impl GenericClient) -> Result<Vec<(JobKind, JobState)>, SqlError> {
    let text = set_back(
        "j.id in (select id from jobs where state = 'running' and lease_until < now() \
                  order by lease_until limit 100 for update skip locked)",
    );
    let rows = client.query(&text, &[&"lease", &"its worker was heard of no more", &BACKOFF_MOST_S]).await?;
    rows.iter().map(|row| Ok((row::known(row, "jobs", "kind")?, row::known(row, "jobs", "state")?))).collect()
}

/// Gives a job back untouched, because its worker stops: the attempt does not count.
pub async fn give_back(client: &impl GenericClient, job: i64, worker: &str) -> Result<(), SqlError> {
    let text = "update jobs set state = 'waiting', run_after = now(), again = false, attempts = attempts - 1, \
                  lease_owner = null, lease_until = null \
                where id = $1 and lease_owner = $2 and state = 'running'";
    client.execute(text, &[&job, &worker]).await?;
    Ok(())
}

/// The statement by which running jobs are set back after an attempt in vain: $1 kind and $2 text of the error, $3 the
/// longest back-off. A schedule is never failed; what was wished for again meanwhile has all its attempts.
fn set_back(which: &str) -> String {
    include_str!("../../sql/queue/set_back.sql").replace("{which}", which)
}
