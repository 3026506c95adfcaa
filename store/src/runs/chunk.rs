//! Chunks of a run: the unit of work of a worker, and of what an approval covers.

use tokio_postgres::{GenericClient, Row, Transaction};

use super::ChunkState;
use crate::SqlError;

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
    let text = "select count(*) from bill_run_chunks where run_id = $1 and state = $2";
    Ok(client.query_one(text, &[&run, &state.name()]).await?.get(0))
}

/// A chunk is tried: so many bills, and the hash over them that the approval will cover.
pub async fn tried_chunk(change: &Transaction<'_>, run: i64, n: i32, billed: i32) -> Result<(), SqlError> {
    let text = "update bill_run_chunks set state = 'trial', billed = $3, \
                bills_sha256 = trial_bills_sha256(run_id, agreement_ids) where run_id = $1 and n = $2";
    change.execute(text, &[&run, &n, &billed]).await?;
    Ok(())
}

/// Whether the trial bills of a chunk are still those that its hash was taken over.
pub async fn chunk_stands(change: &Transaction<'_>, run: i64, n: i32) -> Result<bool, SqlError> {
    let text = "select bills_sha256 is not distinct from trial_bills_sha256(run_id, agreement_ids) \
                from bill_run_chunks where run_id = $1 and n = $2";
    Ok(change.query_one(text, &[&run, &n]).await?.try_get(0)?)
}

/// A chunk is issued: so many documents.
pub async fn issued_chunk(change: &Transaction<'_>, run: i64, n: i32, billed: i32) -> Result<(), SqlError> {
    let text = "update bill_run_chunks set state = 'issued', billed = $3 where run_id = $1 and n = $2";
    change.execute(text, &[&run, &n, &billed]).await?;
    Ok(())
}

/// Moves agreements whose bills went back to trial from their chunk into one of their own, for another review.
pub async fn return_to_trial(
    change: &Transaction<'_>,
    run: i64,
    from: i32,
    agreements: &[i32],
) -> Result<(), SqlError> {
    change
        .execute(
            "update bill_run_chunks set agreement_ids = array(select unnest(agreement_ids) except select unnest($3::integer[]) order by 1) \
             where run_id = $1 and n = $2",
            &[&run, &from, &agreements],
        )
        .await?;
    // Workers return different agreements at the same time: the first free number is looked for one by one.
    change.execute("select 1 from bill_runs where id = $1 for update", &[&run]).await?;
    let billed = i32::try_from(agreements.len()).unwrap_or(i32::MAX);
    change
        .execute(
            "insert into bill_run_chunks (run_id, n, agreement_ids, state, billed, bills_sha256) \
             select $1, max(n) + 1, $2, 'returned', $3, trial_bills_sha256($1, $2) \
             from bill_run_chunks where run_id = $1",
            &[&run, &agreements, &billed],
        )
        .await?;
    Ok(())
}
