//! Published policies: late fees, the order of allocation, tier years. Documents, dated, as tariffs are.

use std::fmt;

use billing::allocation::Order;
use billing::late_fee;
use billing::ledger::{LateFeePolicies, SettlementRules};
use jiff::civil::Date;
use metering::refusal::{Refusal, Why};
use tokio_postgres::{GenericClient, Row};

use crate::tariffs::{PublishError, close_open_version};
use crate::{Change, SqlError};

/// One version of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// late_fee, allocation, …
    pub kind: String,
    /// The same in all versions.
    pub code: String,
    /// Its first day.
    pub from: Date,
    /// The first day after its last.
    pub to: Option<Date>,
    /// As published.
    pub document: String,
    /// Who published it.
    pub by: String,
}

fn policy(row: &Row) -> Result<Policy, SqlError> {
    Ok(Policy {
        kind: row.try_get("kind")?,
        code: row.try_get("code")?,
        from: row.try_get("valid_from")?,
        to: row.try_get("valid_to")?,
        document: row.try_get("document")?,
        by: row.try_get("published_by")?,
    })
}

const COLUMNS: &str =
    "kind, code, lower(during) as valid_from, upper(during) as valid_to, document, published_by";

/// All versions, by kind, code and first day.
pub async fn all(client: &impl GenericClient) -> Result<Vec<Policy>, SqlError> {
    let text = format!("select {COLUMNS} from policies order by kind, code, lower(during)");
    client.query(&text, &[]).await?.iter().map(policy).collect()
}

/// The policies of a kind, by code and first day.
pub async fn of_kind(client: &impl GenericClient, kind: &str) -> Result<Vec<Policy>, SqlError> {
    let text = format!("select {COLUMNS} from policies where kind = $1 order by code, lower(during)");
    client.query(&text, &[&kind]).await?.iter().map(policy).collect()
}

/// Why the rules of settlement cannot be read.
#[derive(Debug)]
pub enum RulesError {
    /// A published document is not understood.
    Document {
        /// Its kind: late_fee or allocation.
        kind: &'static str,
        /// Its code.
        code: String,
        /// Why.
        why: String,
    },
    /// The database's answer.
    Sql(SqlError),
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document { kind, code, why } => write!(f, "the {kind} policy {code} cannot be read: {why}"),
            Self::Sql(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for RulesError {}

crate::takes_sql_errors!(RulesError);

impl From<RulesError> for Refusal {
    fn from(error: RulesError) -> Self {
        match error {
            RulesError::Document { .. } => Self::detail(Why::Stored, error),
            RulesError::Sql(source) => source.into(),
        }
    }
}

/// The orders of settlement and the late-fee policies: read once a deed, however many payments it takes.
pub async fn settlement_rules(client: &impl GenericClient) -> Result<SettlementRules, RulesError> {
    let fault = |kind, code: &str, why: String| RulesError::Document { kind, code: code.to_owned(), why };
    let mut orders = Vec::new();
    for p in of_kind(client, "allocation").await? {
        let order =
            Order::from_json(&p.document).map_err(|why| fault("allocation", &p.code, why.to_string()))?;
        orders.push((p.from, p.to, order));
    }
    let mut fees = Vec::new();
    for p in of_kind(client, "late_fee").await? {
        let read = late_fee::Policy::from_json(&p.document);
        let policy = read.map_err(|why| fault("late_fee", &p.code, why.to_string()))?;
        fees.push((p.code, p.from, p.to, policy));
    }
    Ok(SettlementRules::new(orders, LateFeePolicies::new(fees)))
}

/// A document that is to be published.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    /// late_fee, allocation, …
    pub kind: &'a str,
    /// The policy's code.
    pub code: &'a str,
    /// Its first day.
    pub from: Date,
    /// The first day after its last.
    pub to: Option<Date>,
    /// The document.
    pub document: &'a str,
    /// Its SHA-256.
    pub sha256: &'a [u8],
}

/// Publishes a version: the open one before it ends where this one begins. The same document again is the first
/// publication; `false` then.
pub async fn publish(change: &Change<'_>, publication: &Publication<'_>) -> Result<bool, PublishError> {
    let p = publication;
    let again = "select 1 from policies where kind = $1 and code = $2 and sha256 = $3 and lower(during) = $4";
    if change.query_opt(again, &[&p.kind, &p.code, &p.sha256, &p.from]).await?.is_some() {
        return Ok(false);
    }
    close_open_version(change, "policies", "kind = $1 and code = $2", &[&p.kind, &p.code], p.from).await?;
    let clash = change
        .query_opt(
            "select lower(during) as valid_from, upper(during) as valid_to from policies \
             where kind = $1 and code = $2 and during && daterange($3::date, $4::date) order by 1 limit 1",
            &[&p.kind, &p.code, &p.from, &p.to],
        )
        .await?;
    if let Some(row) = clash {
        return Err(PublishError::overlap(p.code, &row)?);
    }
    let who = change.actor().name();
    change
        .execute(
            "insert into policies (kind, code, during, document, sha256, published_by) \
             values ($1, $2, daterange($3::date, $4::date), $5, $6, $7)",
            &[&p.kind, &p.code, &p.from, &p.to, &p.document, &p.sha256, &who],
        )
        .await?;
    Ok(true)
}
