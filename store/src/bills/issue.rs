//! Issuing: drafts become documents, and their lines enter the ledger, in one statement a chunk (migrations/V9).

use jiff::civil::Date;
use rust_decimal::Decimal;
use tokio_postgres::{Row, Transaction};

use crate::users::Actor;
use crate::{SqlError, row};

/// What a draft believed of a tier counter when it was rated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Believed {
    /// The agreement.
    pub agreement: i32,
    /// The version of the tariff that prices the bill, or its last part.
    pub tariff: i32,
    /// The counter.
    pub counter: String,
    /// Its tier year.
    pub tier_year: i16,
    /// Its state.
    pub prior: Decimal,
}

/// What the drafts of a chunk believed of their counters.
pub async fn believed(change: &Transaction<'_>, run: i64, chunk: i32) -> Result<Vec<Believed>, SqlError> {
    let rows = change
        .query(
            "select d.agreement_id, d.tariff_id, c.counter, c.tier_year, c.prior from bill_drafts d \
             cross join lateral unnest(d.counters, d.tier_years, d.priors) c (counter, tier_year, prior) \
             where d.run_id = $1 and d.chunk = $2",
            &[&run, &chunk],
        )
        .await?;
    let believed = |of: &Row| {
        Ok(Believed {
            agreement: of.try_get("agreement_id")?,
            tariff: of.try_get("tariff_id")?,
            counter: of.try_get("counter")?,
            tier_year: of.try_get("tier_year")?,
            prior: row::decimal(of, "prior")?,
        })
    };
    rows.iter().map(believed).collect()
}

/// The agreements of a chunk whose registers are no longer billed to where their drafts found them, or for which a bill of
/// the same period stands by now: another run was faster.
pub async fn overtaken(change: &Transaction<'_>, run: i64, chunk: i32) -> Result<Vec<i32>, SqlError> {
    let rows = change.query(include_str!("../../sql/bills/overtaken.sql"), &[&run, &chunk]).await?;
    rows.iter().map(|row| Ok(row.try_get("agreement_id")?)).collect()
}

/// The accounts of the drafts of a chunk, ascending.
pub async fn accounts(change: &Transaction<'_>, run: i64, chunk: i32) -> Result<Vec<i32>, SqlError> {
    let text =
        "select distinct account_id from bill_drafts where run_id = $1 and chunk = $2 order by account_id";
    let rows = change.query(text, &[&run, &chunk]).await?;
    rows.iter().map(|row| Ok(row.try_get("account_id")?)).collect()
}

/// What was issued of a chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Issued {
    /// How many bills.
    pub bills: i32,
    /// Their sum.
    pub total: Decimal,
}

/// Makes documents of the drafts of a chunk, on a day. A clash where a register or a counter has moved meanwhile.
pub async fn issue(
    change: &Transaction<'_>,
    run: i64,
    chunk: i32,
    on: Date,
    who: &Actor,
) -> Result<Issued, SqlError> {
    let text = "select bills, total from issue_drafts($1, $2, $3, $4)";
    let found = change.query_one(text, &[&run, &chunk, &on, &who.name()]).await?;
    Ok(Issued { bills: found.try_get("bills")?, total: row::decimal(&found, "total")? })
}
