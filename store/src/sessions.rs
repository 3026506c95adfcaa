//! Sessions of people who have signed in. The token is theirs; here is its SHA-256.

use jiff::Timestamp;
use tokio_postgres::GenericClient;

use crate::{Change, SqlError};

/// A session that was not revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub user_name: String,
    /// From when on it proves nothing.
    pub ends_at: Timestamp,
}

/// The session of a token, unless it was revoked.
pub async fn find(client: &impl GenericClient, sha256: &[u8]) -> Result<Option<Session>, SqlError> {
    let text = "select user_name, ends_at from sessions where sha256 = $1 and revoked_at is null";
    let Some(row) = client.query_opt(text, &[&sha256]).await? else { return Ok(None) };
    Ok(Some(Session { user_name: row.try_get("user_name")?, ends_at: row.try_get("ends_at")? }))
}

/// Begins one.
pub async fn begin(
    change: &Change<'_>,
    user_name: &str,
    sha256: &[u8],
    begun_at: Timestamp,
    ends_at: Timestamp,
) -> Result<(), SqlError> {
    change
        .execute(
            "insert into sessions (sha256, user_name, begun_at, ends_at) values ($1, $2, $3, $4)",
            &[&sha256, &user_name, &begun_at, &ends_at],
        )
        .await?;
    // A few of those that ended long ago. Who signed in, and when, stands in the audit trail.
    change
        .execute(
            "delete from sessions where sha256 in \
             (select sha256 from sessions where ends_at < $1::timestamptz - interval '30 days' limit 10)",
            &[&begun_at],
        )
        .await?;
    Ok(())
}

/// Ends the session of a token.
pub async fn revoke(change: &Change<'_>, sha256: &[u8]) -> Result<(), SqlError> {
    let text = "update sessions set revoked_at = now() where sha256 = $1 and revoked_at is null";
    change.execute(text, &[&sha256]).await?;
    Ok(())
}

/// Ends all sessions of a user; how many.
pub async fn revoke_all(change: &Change<'_>, user_name: &str) -> Result<u64, SqlError> {
    let text = "update sessions set revoked_at = now() where user_name = $1 and revoked_at is null";
    Ok(change.execute(text, &[&user_name]).await?)
}
