//! The first page: one number for each question of the morning.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{GenericClient, Row};

use crate::SqlError;

/// The numbers of the first page.
#[derive(Clone, Debug)]
pub struct Home {
    /// Meters in place during the period.
    pub meters: i64,
    /// Of these, heard since it began.
    pub heard: i64,
    /// The latest run, if there is one.
    pub run: Option<LatestRun>,
    /// What accounts owe, without late fees that were not billed.
    pub receivable: String,
    /// What is overdue of it, without late fees.
    pub overdue: String,
    /// Payments of the month.
    pub received: String,
    /// Open alarms.
    pub alarms: i64,
    /// Of these, critical.
    pub critical: i64,
    /// Rejected frames that wait.
    pub rejections: i64,
    /// Conflicts that wait.
    pub conflicts: i64,
}

/// The latest run.
#[derive(Clone, Debug)]
pub struct LatestRun {
    /// Its number.
    pub id: i64,
    /// The label.
    pub period: String,
    /// Where it stands.
    pub state: String,
    /// Agreements due.
    pub due: i32,
    /// Bills in it.
    pub billed: i64,
    /// Parked and excluded.
    pub exceptions: i64,
    /// Their sum.
    pub total: String,
}

/// The numbers for the civil month from `month_start` to `next_month`, as of `today`.
pub async fn home(
    client: &impl GenericClient,
    month_start: Timestamp,
    next_month: Timestamp,
    today: Date,
) -> Result<Home, SqlError> {
    let numbers = client
        .query_one(include_str!("../../sql/pages/home.sql"), &[&month_start, &next_month, &today])
        .await?;
    let run = client.query_opt(include_str!("../../sql/pages/latest_run.sql"), &[]).await?;
    Ok(Home {
        meters: numbers.try_get("meters")?,
        heard: numbers.try_get("heard")?,
        receivable: numbers.try_get("receivable")?,
        overdue: numbers.try_get("overdue")?,
        received: numbers.try_get("received")?,
        alarms: numbers.try_get("alarms")?,
        critical: numbers.try_get("critical")?,
        rejections: numbers.try_get("rejections")?,
        conflicts: numbers.try_get("conflicts")?,
        run: run.as_ref().map(latest_run).transpose()?,
    })
}

fn latest_run(row: &Row) -> Result<LatestRun, SqlError> {
    Ok(LatestRun {
        id: row.try_get("id")?,
        period: row.try_get("period")?,
        state: row.try_get("state")?,
        due: row.try_get("due")?,
        billed: row.try_get("billed")?,
        exceptions: row.try_get("exceptions")?,
        total: row.try_get("total")?,
    })
}
