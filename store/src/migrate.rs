//! The schema, brought up to date.

use std::fmt;

use tokio_postgres::Client;

mod embedded {
    refinery::embed_migrations!("../migrations");
}

/// Why the schema could not be brought up to date.
#[derive(Debug)]
pub enum MigrateError {
    /// TimescaleDB is not there, or too old.
    Timescale(String),
    /// The database was made by an older tree, whose migrations were others. The first that differs.
    OlderTree(String),
    /// A migration failed; nothing of it was kept.
    Migration(refinery::Error),
    /// The server's answer.
    Sql(crate::SqlError),
}

impl fmt::Display for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timescale(message) => f.write_str(message),
            Self::OlderTree(migration) => write!(
                f,
                "this database was made by an older tree, whose {migration} was another: it is not brought up to date, but made anew"
            ),
            Self::Migration(source) => {
                write!(f, "migration failed: {source}")?;
                let mut cause = std::error::Error::source(source);
                while let Some(inner) = cause {
                    write!(f, ": {inner}")?;
                    cause = inner.source();
                }
                Ok(())
            }
            Self::Sql(source) => write!(f, "{source}"),
        }
    }
}

impl std::error::Error for MigrateError {}

impl From<refinery::Error> for MigrateError {
    fn from(source: refinery::Error) -> Self {
        match source.kind() {
            refinery::error::Kind::DivergentVersion(applied, _) => Self::OlderTree(applied.to_string()),
            _ => Self::Migration(source),
        }
    }
}

crate::takes_sql_errors!(MigrateError);

/// Which TimescaleDB the database runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timescale {
    /// E.g. `2.19.3`.
    pub version: String,
    /// `apache` or `timescale` (Community).
    pub edition: String,
}

/// Applies the migrations that are missing, each in a transaction; two callers at once wait for each other.
/// Returns the names of those applied.
pub async fn migrate(client: &mut Client) -> Result<Vec<String>, MigrateError> {
    check_available(client).await?;
    // One migrator at a time in this database; released with the connection if we die.
    client.execute("select pg_advisory_lock(7305216894321)", &[]).await?;
    let report = embedded::migrations::runner().run_async(client).await.map_err(MigrateError::from);
    client.execute("select pg_advisory_unlock(7305216894321)", &[]).await?;
    Ok(report?.applied_migrations().iter().map(ToString::to_string).collect())
}

/// 2.17 lost rows in INSERT … ON CONFLICT DO NOTHING on compressed chunks; 2.19.1 is the first we trust.
async fn check_available(client: &Client) -> Result<(), MigrateError> {
    let row = client
        .query_opt("select default_version from pg_available_extensions where name = 'timescaledb'", &[])
        .await?;
    let Some(row) = row else {
        return Err(MigrateError::Timescale(
            "this PostgreSQL has no TimescaleDB: install the package postgresql-17-timescaledb (2.19.1 or newer) \
             and add timescaledb to shared_preload_libraries"
                .into(),
        ));
    };
    let version: String = row.try_get("default_version")?;
    if !is_timescale_new_enough(&version) {
        return Err(MigrateError::Timescale(format!(
            "TimescaleDB {version} is too old: 2.19.1 or newer is needed"
        )));
    }
    Ok(())
}

/// Whether a version of TimescaleDB is 2.19.1 or newer.
pub fn is_timescale_new_enough(version: &str) -> bool {
    parts(version) >= vec![2, 19, 1]
}

/// The names of the migrations that this database lacks.
pub async fn pending_migrations(client: &Client) -> Result<Vec<String>, crate::SqlError> {
    let history = client
        .query_one("select to_regclass('refinery_schema_history') is not null as is_there", &[])
        .await?;
    let mut applied: Vec<i32> = Vec::new();
    if history.try_get("is_there")? {
        let rows = client.query("select version from refinery_schema_history", &[]).await?;
        applied = rows.iter().map(|row| row.try_get("version")).collect::<Result<_, _>>()?;
    }
    let runner = embedded::migrations::runner();
    let missing = runner
        .get_migrations()
        .iter()
        .filter(|m| !applied.iter().any(|v| i64::from(*v) == i64::from(m.version())));
    Ok(missing.map(ToString::to_string).collect())
}

fn parts(version: &str) -> Vec<u32> {
    version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

/// The version and edition of a migrated database.
pub async fn timescale(client: &Client) -> Result<Timescale, crate::SqlError> {
    let row = client
        .query_one(
            "select extversion, current_setting('timescaledb.license') as edition from pg_extension where extname = 'timescaledb'",
            &[],
        )
        .await?;
    Ok(Timescale { version: row.try_get("extversion")?, edition: row.try_get("edition")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(parts("2.9.3") < parts("2.19.1"));
        assert!(parts("2.19.3") >= parts("2.19.1"));
        assert!(parts("2.30.0-dev") > parts("2.19.1"));
    }
}
