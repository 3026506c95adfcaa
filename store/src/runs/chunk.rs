//! Chunks of a run: the unit of work of a worker, and of what an approval covers.

use tokio_postgres::{GenericClient, Row, Transaction};

use super::ChunkState;
use crate::bills::issue::Issued;
use crate::{Numeric, SqlError};

/// A chunk that a worker has claimed. It is the worker's until its transaction ends; if the worker dies, anybody's.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Its number in the run.
    pub n: i32,
    /// The agreements, ascending.
    pub agreements: Vec<i32>,
}

/// Claims the next chunk in that state that nobody else works on.
pub async fn claim(change: &Transaction<'_>, run: i64, state: ChunkState) -> Result<Option<Chunk>, SqlError> {
    let row = change
        .query_opt(
            "select n, agreement_ids from bill_run_chunks where run_id = $1 and state = $2 \
             order by n limit 1 for update skip locked",
            &[&run, &state.name()],
        )
        .await?;
    let chunk = |row: &Row| Ok(Chunk { n: row.try_get("n")?, agreements: row.try_get("agreement_ids")? });
    row.as_ref().map(chunk).transpose()
}

/// How many chunks stand in that state, claimed or not.
pub async fn chunks_in(client: &impl GenericClient, run: i64, state: ChunkState) -> Result<i64, SqlError> {
    let text = "select count(*) as n from bill_run_chunks where run_id = $1 and state = $2";
    Ok(client.query_one(text, &[&run, &state.name()]).await?.try_get("n")?)
}

/// A chunk is tried: so many bills, their sum, and the hash over them that the approval will cover.
pub async fn tried_chunk(change: &Transaction<'_>, run: i64, n: i32) -> Result<(), SqlError> {
    let text =
        format!("update bill_run_chunks c set state = 'trial', {OF_DRAFTS} where run_id = $1 and n = $2");
    change.execute(&text, &[&run, &n]).await?;
    Ok(())
}

/// What a chunk says of its drafts.
const OF_DRAFTS: &str = "bills_sha256 = drafts_sha256(run_id, n), \
    (billed, total) = (select count(*), coalesce(sum(d.total), 0) from bill_drafts d where d.run_id = c.run_id and d.chunk = c.n)";

/// Whether the drafts of a chunk are still those that its hash was taken over.
pub async fn chunk_stands(change: &Transaction<'_>, run: i64, n: i32) -> Result<bool, SqlError> {
    let text = "select bills_sha256 is not distinct from drafts_sha256(run_id, n) as stands \
                from bill_run_chunks where run_id = $1 and n = $2";
    Ok(change.query_one(text, &[&run, &n]).await?.try_get("stands")?)
}

/// A chunk is issued: so many documents, and their sum.
pub async fn issued_chunk(
    change: &Transaction<'_>,
    run: i64,
    n: i32,
    issued: Issued,
) -> Result<(), SqlError> {
    let text =
        "update bill_run_chunks set state = 'issued', billed = $3, total = $4 where run_id = $1 and n = $2";
    change.execute(text, &[&run, &n, &issued.bills, &Numeric(issued.total)]).await?;
    Ok(())
}

/// The number of a chunk that is not there yet. The caller has the run to itself until its transaction ends.
pub async fn free_chunk(change: &Transaction<'_>, run: i64) -> Result<i32, SqlError> {
    // Workers return different agreements at the same time: the first free number is looked for one by one.
    change.execute("select 1 from bill_runs where id = $1 for update", &[&run]).await?;
    let text = "select max(n) + 1 as n from bill_run_chunks where run_id = $1";
    Ok(change.query_one(text, &[&run]).await?.try_get("n")?)
}

/// Moves agreements, whose drafts went back to trial and stand in the chunk `to` now, there from their chunk, for another
/// review.
pub async fn return_to_trial(
    change: &Transaction<'_>,
    run: i64,
    (from, to): (i32, i32),
    agreements: &[i32],
) -> Result<(), SqlError> {
    let rest = "array(select unnest(agreement_ids) except select unnest($3::integer[]) order by 1)";
    let text = format!("update bill_run_chunks set agreement_ids = {rest} where run_id = $1 and n = $2");
    change.execute(&text, &[&run, &from, &agreements]).await?;
    let text =
        "insert into bill_run_chunks (run_id, n, agreement_ids, state) values ($1, $2, $3, 'returned')";
    change.execute(text, &[&run, &to, &agreements]).await?;
    let text = format!("update bill_run_chunks c set {OF_DRAFTS} where run_id = $1 and n = $2");
    change.execute(&text, &[&run, &to]).await?;
    Ok(())
}
