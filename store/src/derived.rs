//! Derived tables, held against what they are derived from: the trigger that moves them may be sound, and a hand on the
//! database, a restore of a part or a lost statement still leaves them wrong.

use billing::content::RegisterEnd;
use billing::frontier::Stretch;
use rust_decimal::Decimal;
use smol_str::SmolStr;
use tokio_postgres::{GenericClient, Row};

use crate::{SqlError, row};

/// A row of a derived table that is not what its sources make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The derived table.
    pub table: String,
    /// Which row: `account 12, bill 34`.
    pub key: String,
    /// What its sources make of it.
    pub expected: String,
    /// What stands in it.
    pub found: String,
}

/// Counts open items, prepaid balances, facts and control totals anew and compares: the first 1,000 differences.
pub async fn differences(client: &impl GenericClient) -> Result<Vec<Difference>, SqlError> {
    let rows = client.query(include_str!("../sql/derived.sql"), &[]).await?;
    let read = |row: &Row| {
        Ok(Difference {
            table: row.try_get("table")?,
            key: row.try_get("key")?,
            expected: row.try_get("expected")?,
            found: row.try_get("found")?,
        })
    };
    rows.iter().map(read).collect()
}

/// To where a register is billed, as the database keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterEndRow {
    /// Installation and register.
    pub key: (i32, i16),
    /// The last stretch.
    pub end: RegisterEnd,
    /// The bill that bills it.
    pub bill: i64,
}

/// A page of the ends of registers, by installation and register: those after `after`.
pub async fn register_ends(
    client: &impl GenericClient,
    after: (i32, i16),
    limit: i64,
) -> Result<Vec<RegisterEndRow>, SqlError> {
    let text = "select * from register_ends where (installation_id, register_id) > ($1, $2) \
                order by installation_id, register_id limit $3";
    let rows = client.query(text, &[&after.0, &after.1, &limit]).await?;
    let end = |of: &Row| {
        Ok(RegisterEndRow {
            key: (of.try_get("installation_id")?, of.try_get("register_id")?),
            end: RegisterEnd {
                from: of.try_get("billed_from")?,
                to: of.try_get("billed_to")?,
                open: of.try_get("open_value")?,
                close: of.try_get("close_value")?,
                quality: row::quality(of, "register_ends", "close_quality")?,
                rolled: of.try_get("rolled")?,
            },
            bill: of.try_get("bill_id")?,
        })
    };
    rows.iter().map(end).collect()
}

/// All gaps before the ends of registers: installation, register, stretch. There are as many as corrections have made.
pub async fn register_gaps(client: &impl GenericClient) -> Result<Vec<((i32, i16), Stretch)>, SqlError> {
    let text = "select installation_id, register_id, lower(during) as from_at, upper(during) as to_at from register_gaps \
                order by installation_id, register_id, during";
    let rows = client.query(text, &[]).await?;
    let gap = |of: &Row| {
        let key = (of.try_get("installation_id")?, of.try_get("register_id")?);
        Ok((key, (of.try_get("from_at")?, of.try_get("to_at")?)))
    };
    rows.iter().map(gap).collect()
}

/// A tier counter of an agreement: its name and tier year.
pub type CounterKey = (i32, SmolStr, i16);

/// A page of the tier counters, by agreement, name and year: those after `after`.
pub async fn tier_counters(
    client: &impl GenericClient,
    after: &CounterKey,
    limit: i64,
) -> Result<Vec<(CounterKey, Decimal)>, SqlError> {
    let text = "select agreement_id, counter, tier_year, value from tier_counters \
                where (agreement_id, counter, tier_year) > ($1, $2, $3) \
                order by agreement_id, counter, tier_year limit $4";
    let rows = client.query(text, &[&after.0, &after.1.as_str(), &after.2, &limit]).await?;
    let counter = |of: &Row| {
        let name = of.try_get::<_, &str>("counter")?.into();
        Ok(((of.try_get("agreement_id")?, name, of.try_get("tier_year")?), row::decimal(of, "value")?))
    };
    rows.iter().map(counter).collect()
}
