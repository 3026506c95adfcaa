//! What a person has to know of the server before anything else works.

use jiff::Timestamp;
use tokio_postgres::Client;

use crate::SqlError;
use crate::migrate::{Timescale, timescale};

/// The server and the database, as far as they can be asked before the schema is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// E.g. `17.5`.
    pub postgres: String,
    /// E.g. 17.
    pub postgres_major: i32,
    /// The database's encoding; `UTF8`.
    pub encoding: String,
    /// Seconds by which the server's clock is ahead of ours.
    pub clock_off_s: i64,
    /// The newest version that could be made in this database.
    pub timescale_available: Option<String>,
    /// The version that is in this database.
    pub timescale: Option<Timescale>,
}

/// Asks the server; `now` is our own clock.
pub async fn health(client: &Client, now: Timestamp) -> Result<Health, SqlError> {
    let row = client
        .query_one(
            "select current_setting('server_version') as version, current_setting('server_version_num')::int / 10000 as major, \
                    current_setting('server_encoding') as encoding, extract(epoch from clock_timestamp())::bigint as clock, \
                    (select default_version from pg_available_extensions where name = 'timescaledb') as available, \
                    exists (select 1 from pg_extension where extname = 'timescaledb') as is_there",
            &[],
        )
        .await?;
    let timescale = if row.try_get("is_there")? { Some(timescale(client).await?) } else { None };
    Ok(Health {
        postgres: row.try_get("version")?,
        postgres_major: row.try_get("major")?,
        encoding: row.try_get("encoding")?,
        clock_off_s: row.try_get::<_, i64>("clock")?.saturating_sub(now.as_second()),
        timescale_available: row.try_get("available")?,
        timescale,
    })
}

/// Whether the database answers.
pub async fn ping(client: &Client) -> Result<(), SqlError> {
    Ok(client.batch_execute("select 1").await?)
}
