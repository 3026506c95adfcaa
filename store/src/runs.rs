//! Bill runs: their keys, states and chunks.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use metering::refusal::{Refusal, Why};
use tokio_postgres::error::SqlState;
use tokio_postgres::{GenericClient, Row};

use crate::{Change, SqlError, row};

mod approval;
mod chunk;
pub mod facts;
mod state;
mod totals;

pub use approval::{set_approved, set_issuing};
pub use chunk::{
    Chunk, chunk_stands, chunks_in, claim, free_chunk, issued_chunk, return_to_trial, tried_chunk,
};
pub use state::{ChunkState, RunKind, RunState};
pub use totals::{Exception, Totals, exceptions, totals};

/// What a run is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunKey {
    /// One service, or all.
    pub service: Option<String>,
    /// One book, by its code, or all.
    pub book: Option<String>,
    /// The period's label.
    pub period: String,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// What it is about.
    pub key: RunKey,
    /// What it is for.
    pub kind: RunKind,
    /// Where it stands.
    pub state: RunState,
    /// What was recorded after this does not count.
    pub as_of: Timestamp,
    /// Who started it.
    pub started_by: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// The day that its bills carry, once it is approved.
    pub posting_date: Option<Date>,
    /// Who gave the order to issue it.
    pub issued_by: Option<String>,
    /// How many agreements are due.
    pub due: i32,
    /// The rules that it goes by, as frozen.
    pub rules: String,
    /// Why, for a correction.
    pub reason: Option<String>,
    /// The number of the bill that a correction takes back.
    pub cancels: Option<String>,
}

const COLUMNS: &str = "r.id, r.service, b.code as book, r.period, r.kind, r.state, r.as_of, r.started_by, r.approved_by, \
                       r.posting_date, r.due, r.rules, r.reason, r.issued_by, \
                       (select bill_no(d.id, d.number) from bill_documents d where d.id = r.cancels) as cancels";

fn run(row: &Row) -> Result<Run, SqlError> {
    Ok(Run {
        id: row.try_get("id")?,
        key: RunKey {
            service: row.try_get("service")?,
            book: row.try_get("book")?,
            period: row.try_get("period")?,
        },
        kind: row::known(row, "bill_runs", "kind")?,
        state: row::known(row, "bill_runs", "state")?,
        as_of: row.try_get("as_of")?,
        started_by: row.try_get("started_by")?,
        approved_by: row.try_get("approved_by")?,
        posting_date: row.try_get("posting_date")?,
        issued_by: row.try_get("issued_by")?,
        due: row.try_get("due")?,
        rules: row.try_get("rules")?,
        reason: row.try_get("reason")?,
        cancels: row.try_get("cancels")?,
    })
}

/// Why a step of a run is refused.
#[derive(Debug)]
pub enum RunError {
    /// No run has that number.
    Unknown(i64),
    /// There is no such book.
    UnknownBook(String),
    /// What stands in the run is not what was approved.
    NotApproved(i64),
    /// The database's answer.
    Sql(SqlError),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(run) => write!(f, "there is no run {run}"),
            Self::UnknownBook(code) => write!(f, "there is no book {code:?}"),
            Self::NotApproved(run) => {
                write!(
                    f,
                    "the bills of run {run} are not those that were approved: abort it and run it again"
                )
            }
            Self::Sql(source) => fmt::Display::fmt(source, f),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Sql(source) => std::error::Error::source(source),
            _ => None,
        }
    }
}

crate::takes_sql_errors!(RunError);

/// A run by its number.
pub async fn find(client: &impl GenericClient, id: i64) -> Result<Run, RunError> {
    let text =
        format!("select {COLUMNS} from bill_runs r left join books b on b.id = r.book_id where r.id = $1");
    let found = client.query_opt(&text, &[&id]).await?.as_ref().map(run).transpose()?;
    found.ok_or(RunError::Unknown(id))
}

/// The run of that key that is neither issued nor aborted, if there is one.
pub async fn open_run(client: &impl GenericClient, key: &RunKey) -> Result<Option<Run>, SqlError> {
    let text = format!(
        "select {COLUMNS} from bill_runs r left join books b on b.id = r.book_id \
         where r.service is not distinct from $1 and b.code is not distinct from $2 and r.period = $3 \
           and r.state not in ('issued', 'aborted') and r.kind <> 'correction'"
    );
    client.query_opt(&text, &[&key.service, &key.book, &key.period]).await?.as_ref().map(run).transpose()
}

/// Runs, the newest first: at most `limit` of those before the one numbered `before`.
pub async fn list(
    client: &impl GenericClient,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Run>, SqlError> {
    let text = format!(
        "select {COLUMNS} from bill_runs r left join books b on b.id = r.book_id \
         where $2::bigint is null or r.id < $2 order by r.id desc limit $1"
    );
    client.query(&text, &[&limit, &before]).await?.iter().map(run).collect()
}

/// Runs that a worker can carry on: what is frozen is to be tried, what is being issued to be issued.
pub async fn unfinished(client: &impl GenericClient) -> Result<Vec<i64>, SqlError> {
    let rows = client
        .query("select id from bill_runs where state in ('frozen', 'issuing') order by id limit 100", &[])
        .await?;
    Ok(rows.iter().map(|row| row.try_get("id")).collect::<Result<_, _>>()?)
}

/// What a freeze needs to know.
#[derive(Clone, Debug)]
pub struct Freeze<'a> {
    /// What the run is about.
    pub key: &'a RunKey,
    /// Cycles that are due under the label, with the first day of their periods.
    pub cycles: Vec<(&'static str, Date)>,
    /// The first day after the period.
    pub end: Date,
    /// The rules, as text.
    pub rules: &'a str,
    /// Agreements a chunk.
    pub chunk: i64,
}

/// A run that is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// Its number.
    pub id: i64,
    /// How many agreements are due.
    pub due: i32,
}

/// Until the change ends, nobody else starts a run.
pub async fn lock_start(change: &Change<'_>) -> Result<(), SqlError> {
    change.execute("select pg_advisory_xact_lock(6203941177283)", &[]).await?;
    Ok(())
}

/// Starts a run: writes down who is due, by which rules, and what is known now.
pub async fn freeze(change: &Change<'_>, freeze: &Freeze<'_>) -> Result<Frozen, RunError> {
    let key = freeze.key;
    let who = change.actor();
    let book: Option<i32> = match &key.book {
        None => None,
        Some(code) => {
            let row = change.query_opt("select id from books where code = $1", &[code]).await?;
            Some(row.ok_or_else(|| RunError::UnknownBook(code.clone()))?.try_get("id")?)
        }
    };
    let id: i64 = change
        .query_one(
            "insert into bill_runs (service, book_id, period, state, as_of, started_by, rules) \
             values ($1, $2, $3, 'frozen', now(), $4, $5) returning id",
            &[&key.service, &book, &key.period, &who.name(), &freeze.rules],
        )
        .await?
        .try_get("id")?;
    let (cycles, firsts): (Vec<&str>, Vec<Date>) = freeze.cycles.iter().copied().unzip();
    change
        .execute(
            include_str!("../sql/run_due.sql"),
            &[&id, &key.service, &book, &cycles, &firsts, &freeze.end, &freeze.chunk],
        )
        .await?;
    change.execute("select open_drafts($1)", &[&id]).await?;
    // The hash covers who is due, the rules, and the versions of the prices and policies.
    let due: i32 = change
        .query_one(
            "update bill_runs set \
               due = (select coalesce(sum(cardinality(agreement_ids)), 0) from bill_run_chunks where run_id = $1), \
               input_sha256 = sha256(convert_to(rules || \
                 coalesce((select string_agg(array_to_string(agreement_ids, ','), ';' order by n) \
                           from bill_run_chunks where run_id = $1), '') || \
                 coalesce((select string_agg(encode(sha256, 'hex'), ',' order by id) from tariffs), '') || \
                 coalesce((select string_agg(encode(sha256, 'hex'), ',' order by id) from policies), ''), 'UTF8')) \
             where id = $1 returning due",
            &[&id],
        )
        .await?
        .try_get("due")?;
    Ok(Frozen { id, due })
}

/// Moves a frozen run to its review, once all of its chunks are tried. Idempotent: two workers that both see the last chunk
/// done move it once. What was written is analysed first, for whoever looks at it.
pub async fn end_trial(client: &impl GenericClient, run: i64) -> Result<(), SqlError> {
    let text = "select state from bill_runs where id = $1 and state = 'frozen'";
    if client.query_opt(text, &[&run]).await?.is_none() {
        return Ok(());
    }
    client.execute("select analyze_drafts($1)", &[&run]).await?;
    client
        .execute("update bill_runs set state = 'review' where id = $1 and state = 'frozen'", &[&run])
        .await?;
    Ok(())
}

/// Ends the issuing of a run whose chunks are done: `issued`, or `review` where bills went back to trial.
pub async fn end_issue(client: &impl GenericClient, id: i64) -> Result<RunState, SqlError> {
    let row = client
        .query_opt(
            "update bill_runs r set \
               state = case when exists (select 1 from bill_run_chunks where run_id = r.id and state = 'returned') \
                       then 'review' else 'issued' end, \
               issued_at = now() \
             where id = $1 and state = 'issuing' \
               and not exists (select 1 from bill_run_chunks where run_id = r.id and state in ('open', 'trial')) \
             returning state",
            &[&id],
        )
        .await?;
    match row {
        None => Ok(RunState::Issuing),
        Some(row) => {
            let state = row::known(&row, "bill_runs", "state")?;
            if state == RunState::Review {
                client
                    .execute(
                        "update bill_run_chunks set state = 'trial' where run_id = $1 and state = 'returned'",
                        &[&id],
                    )
                    .await?;
                client
                    .execute(
                        "update bill_runs set approved_by = null, bills_sha256 = null where id = $1",
                        &[&id],
                    )
                    .await?;
            }
            Ok(state)
        }
    }
}

/// How many documents a run has issued.
pub async fn issued_bills(client: &impl GenericClient, id: i64) -> Result<i64, SqlError> {
    let text = "select count(*) as n from bill_documents where run_id = $1";
    Ok(client.query_one(text, &[&id]).await?.try_get("n")?)
}

/// The machine account from which a run, or the cancellation that it is, was started.
pub async fn started_from(client: &impl GenericClient, id: i64) -> Result<Option<String>, SqlError> {
    let text = "select os_account from audit \
                where (action = 'run.freeze' and subject = $1) or (action = 'bill.cancel' and after->>'run' = $1) \
                order by id limit 1";
    let row = client.query_opt(text, &[&id.to_string()]).await?;
    Ok(row.map(|row| row.try_get("os_account")).transpose()?.flatten())
}

/// Drops the drafts of a run that is over, and gives back the place that they took; whether it could: not while somebody
/// reads drafts.
pub async fn drop_drafts(client: &impl GenericClient, id: i64) -> Result<bool, SqlError> {
    match client.execute("select drop_drafts($1)", &[&id]).await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Runs that are over and whose drafts are still there, the oldest first.
pub async fn undropped(client: &impl GenericClient) -> Result<Vec<i64>, SqlError> {
    let text = "select r.id from pg_inherits i join pg_class c on c.oid = i.inhrelid \
                join bill_runs r on c.relname = 'bill_drafts_' || r.id \
                where i.inhparent = 'bill_drafts'::regclass and r.state in ('issued', 'aborted') order by r.id limit 100";
    let rows = client.query(text, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}

/// Gives a run up: its drafts and all that hangs on them go.
pub async fn set_aborted(change: &Change<'_>, id: i64) -> Result<(), SqlError> {
    change.execute("delete from bill_run_exceptions where run_id = $1", &[&id]).await?;
    change.execute("delete from bill_run_chunks where run_id = $1", &[&id]).await?;
    change.execute("delete from bill_drafts where run_id = $1", &[&id]).await?;
    change.execute("update bill_runs set state = 'aborted' where id = $1", &[&id]).await?;
    Ok(())
}

/// A run, held until the change ends.
pub async fn locked(change: &Change<'_>, id: i64) -> Result<Run, RunError> {
    change.execute("select 1 from bill_runs where id = $1 for update", &[&id]).await?;
    find(change.transaction(), id).await
}

impl From<RunError> for Refusal {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Unknown(run) => Self::unknown("run", run),
            RunError::UnknownBook(code) => Self::unknown("book", code),
            RunError::NotApproved(run) => Self::new(Why::NotApproved, "run").with("run", run),
            RunError::Sql(source) => source.into(),
        }
    }
}
