//! What was carried out under an idempotency key.

use serde_json::Value;

use crate::{Change, SqlError};

/// A wish that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// Of what was wanted.
    pub wish_sha256: Vec<u8>,
    /// What came of it.
    pub outcome: Value,
}

/// What was carried out under the key. Until this change ends, nobody else finds or keeps anything under it.
pub async fn find(change: &Change<'_>, key: &str) -> Result<Option<Wish>, SqlError> {
    change.execute("select pg_advisory_xact_lock(hashtextextended($1, 20817))", &[&key]).await?;
    let row = change.query_opt("select wish_sha256, outcome from wishes where key = $1", &[&key]).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Wish { wish_sha256: row.try_get("wish_sha256")?, outcome: row.try_get("outcome")? }))
}

/// Keeps it for 30 days.
pub async fn keep(
    change: &Change<'_>,
    key: &str,
    action: &str,
    wish_sha256: &[u8],
    outcome: &Value,
) -> Result<(), SqlError> {
    let who = change.actor().name().to_owned();
    change
        .execute(
            "insert into wishes (key, action, who, wish_sha256, outcome) values ($1, $2, $3, $4, $5)",
            &[&key, &action, &who, &wish_sha256, outcome],
        )
        .await?;
    // A few of those that are old enough, so that no job is needed and no deed waits for a great sweep.
    change
        .execute(
            "delete from wishes where key in (select key from wishes where at < now() - interval '30 days' limit 10)",
            &[],
        )
        .await?;
    Ok(())
}
