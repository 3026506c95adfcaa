//! Published tariffs: documents, dated, never changed but for their end.

use std::fmt;

use billing::pricing::Version;
use billing::tariff::Tariff;
use jiff::civil::Date;
use metering::refusal::{Refusal, Why};
use tokio_postgres::{GenericClient, Row};

use crate::{Change, RowError, SqlError};

/// One version of a tariff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its number here.
    pub id: i32,
    /// The same in all versions.
    pub code: String,
    /// Its first day.
    pub from: Date,
    /// The first day after its last.
    pub to: Option<Date>,
    /// What flows.
    pub medium: String,
    /// Of its amounts.
    pub currency: String,
    /// As published, byte for byte.
    pub document: String,
    /// Of the document.
    pub sha256: Vec<u8>,
    /// Who published it.
    pub by: String,
}

const COLUMNS: &str = "id, code, lower(during) as valid_from, upper(during) as valid_to, medium, currency::text, document, \
                       sha256, published_by";

fn published(row: &Row) -> Result<Published, SqlError> {
    Ok(Published {
        id: row.try_get("id")?,
        code: row.try_get("code")?,
        from: row.try_get("valid_from")?,
        to: row.try_get("valid_to")?,
        medium: row.try_get("medium")?,
        currency: row.try_get("currency")?,
        document: row.try_get("document")?,
        sha256: row.try_get("sha256")?,
        by: row.try_get("published_by")?,
    })
}

/// All versions, by code and first day.
pub async fn all(client: &impl GenericClient) -> Result<Vec<Published>, SqlError> {
    let text = format!("select {COLUMNS} from tariffs order by code, lower(during)");
    client.query(&text, &[]).await?.iter().map(published).collect()
}

/// All published versions, compiled. One that this program does not understand is an error that names it.
pub async fn versions(client: &impl GenericClient) -> Result<Vec<Version>, SqlError> {
    let all = all(client).await?;
    all.into_iter()
        .map(|p| {
            let tariff = compiled(&p)?;
            let sha256 = hex::encode(&p.sha256);
            Ok(Version { id: p.id, code: p.code, from: p.from, to: p.to, sha256, tariff })
        })
        .collect()
}

/// A published document, compiled.
pub fn compiled(published: &Published) -> Result<Tariff, SqlError> {
    Tariff::from_json(&published.document).map_err(|refused| {
        let value = format!("{} of {}", published.code, published.from);
        let row = RowError { table: "tariffs", column: "document", value, why: refused.to_string() };
        row.into()
    })
}

/// One version.
pub async fn find(client: &impl GenericClient, id: i32) -> Result<Option<Published>, SqlError> {
    let text = format!("select {COLUMNS} from tariffs where id = $1");
    client.query_opt(&text, &[&id]).await?.as_ref().map(published).transpose()
}

/// A document that is to be published.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    /// The tariff's code.
    pub code: &'a str,
    /// Its first day.
    pub from: Date,
    /// The first day after its last.
    pub to: Option<Date>,
    /// What flows.
    pub medium: &'a str,
    /// Of its amounts.
    pub currency: &'a str,
    /// The document.
    pub document: &'a str,
    /// Its SHA-256.
    pub sha256: &'a [u8],
}

/// Why a document is not published.
#[derive(Debug)]
pub enum PublishError {
    /// Another version has some of its days.
    Overlap {
        /// The code.
        code: String,
        /// The other's first day.
        from: Date,
        /// The day after its last.
        to: Option<Date>,
    },
    /// The database's answer.
    Sql(SqlError),
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap { code, from, to } => {
                write!(f, "{code}: the version of {from} ")?;
                match to {
                    Some(to) => write!(f, "is valid until {to}")?,
                    None => write!(f, "has no end")?,
                }
                write!(
                    f,
                    " and would share days with this one; only the last, open version is closed by a new one"
                )
            }
            Self::Sql(source) => fmt::Display::fmt(source, f),
        }
    }
}

impl std::error::Error for PublishError {}

impl PublishError {
    /// The version that has some of its days, as a row of `valid_from` and `valid_to`.
    pub(crate) fn overlap(code: &str, row: &Row) -> Result<Self, SqlError> {
        let (from, to) = (row.try_get("valid_from")?, row.try_get("valid_to")?);
        Ok(Self::Overlap { code: code.to_owned(), from, to })
    }
}

crate::takes_sql_errors!(PublishError);

impl From<PublishError> for Refusal {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Overlap { code, from, to } => Self::new(Why::Overlap, "valid_from")
                .with("code", code)
                .with("from", from)
                .with("to", to.map_or_else(|| "…".to_owned(), |to| to.to_string())),
            PublishError::Sql(source) => source.into(),
        }
    }
}

/// Until the change ends, nobody else publishes a tariff.
pub async fn lock(change: &Change<'_>) -> Result<(), SqlError> {
    change.execute("select pg_advisory_xact_lock(6203941177282)", &[]).await?;
    Ok(())
}

/// Publishes a version: the open one before it ends where this one begins.
pub async fn publish(change: &Change<'_>, publication: &Publication<'_>) -> Result<(), PublishError> {
    let p = publication;
    close_open_version(change, "tariffs", "code = $1", &[&p.code], p.from).await?;
    let clash = change
        .query_opt(
            "select lower(during) as valid_from, upper(during) as valid_to from tariffs \
             where code = $1 and during && daterange($2::date, $3::date) order by 1 limit 1",
            &[&p.code, &p.from, &p.to],
        )
        .await?;
    if let Some(row) = clash {
        return Err(PublishError::overlap(p.code, &row)?);
    }
    let who = change.actor().name();
    change
        .execute(
            "insert into tariffs (code, during, medium, currency, document, sha256, published_by) \
             values ($1, daterange($2::date, $3::date), $4, $5, $6, $7, $8)",
            &[&p.code, &p.from, &p.to, &p.medium, &p.currency, &p.document, &p.sha256, &who],
        )
        .await?;
    Ok(())
}

/// Ends the version without an end that begins before `from`, on that day. `which` is ours.
pub(crate) async fn close_open_version(
    change: &Change<'_>,
    table: &str,
    which: &str,
    key: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    from: Date,
) -> Result<(), SqlError> {
    let mut values = key.to_vec();
    values.push(&from);
    let n = values.len();
    let text = format!(
        "update {table} set during = daterange(lower(during), ${n}::date) \
         where {which} and upper(during) is null and lower(during) < ${n}::date"
    );
    change.execute(&text, &values).await?;
    Ok(())
}
