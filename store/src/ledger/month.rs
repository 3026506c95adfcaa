//! Closed months: the posting day of a deed, and closing.
//!
//! Whoever posts holds the month open until the transaction ends; whoever closes waits for them (migrations/V6). So a
//! posting day that was decided here stays in an open month for as long as the deed takes.

use std::collections::BTreeMap;
use std::fmt;

use billing::ledger::{CloseError, ClosedMonths, PostingDay, may_close, month_of};
use jiff::civil::Date;
use metering::CompanyId;
use metering::refusal::{Refusal, Why};
use tokio_postgres::{GenericClient, Transaction};

use crate::{Change, SqlError};

/// The day on which a deed of a company is posted: the wished day, or the first day of the first open month after it.
/// Held open until the transaction ends.
pub async fn posting_day(
    change: &Transaction<'_>,
    company: CompanyId,
    wished: Date,
) -> Result<PostingDay, SqlError> {
    let mut day = wished;
    loop {
        let lock = "select pg_advisory_xact_lock_shared($1, month_number($2))";
        change.query_one(lock, &[&company.get(), &day]).await?;
        // After the lock, so that what the closer wrote for whom it waited is seen.
        let closed = closed_since(change, company, day).await?;
        let open = PostingDay::of(day, &closed).ok_or_else(|| beyond(wished))?;
        if open.date() == day {
            return Ok(open);
        }
        day = open.date();
    }
}

async fn closed_since(
    client: &impl GenericClient,
    company: CompanyId,
    day: Date,
) -> Result<ClosedMonths, SqlError> {
    let text = "select month from closed_months where company_id = $1 and month >= $2";
    let rows = client.query(text, &[&company.get(), &month_of(day)]).await?;
    let months = rows.iter().map(|row| Ok(row.try_get("month")?)).collect::<Result<Vec<Date>, SqlError>>()?;
    Ok(ClosedMonths::new(months))
}

fn beyond(day: Date) -> SqlError {
    crate::errors::RowError {
        table: "closed_months",
        column: "month",
        value: day.to_string(),
        why: "every month from there on is closed".to_owned(),
    }
    .into()
}

/// The posting days of a deed that takes many days: each is decided once.
#[derive(Debug, Default)]
pub struct PostingDays(BTreeMap<(CompanyId, Date), PostingDay>);

impl PostingDays {
    /// As [`posting_day`].
    pub async fn of(
        &mut self,
        change: &Transaction<'_>,
        company: CompanyId,
        wished: Date,
    ) -> Result<PostingDay, SqlError> {
        if let Some(day) = self.0.get(&(company, wished)) {
            return Ok(*day);
        }
        let day = posting_day(change, company, wished).await?;
        self.0.insert((company, wished), day);
        Ok(day)
    }
}

/// Why a month is not closed.
#[derive(Debug)]
pub enum CloseMonthError {
    /// The rule that it is against.
    Close(CloseError),
    /// The database's answer.
    Sql(SqlError),
}

impl CloseMonthError {
    /// From a closed list, for programs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Close(source) => source.kind(),
            Self::Sql(_) => "sql",
        }
    }
}

impl fmt::Display for CloseMonthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Close(source) => source.fmt(f),
            Self::Sql(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for CloseMonthError {}

crate::takes_sql_errors!(CloseMonthError);

impl From<CloseError> for CloseMonthError {
    fn from(source: CloseError) -> Self {
        Self::Close(source)
    }
}

impl From<CloseMonthError> for Refusal {
    fn from(error: CloseMonthError) -> Self {
        let (why, month) = match error {
            CloseMonthError::Sql(source) => return source.into(),
            CloseMonthError::Close(CloseError::Closed(month)) => (Why::ClosedMonth, month),
            CloseMonthError::Close(CloseError::NotOver(month)) => (Why::MonthNotOver, month),
            CloseMonthError::Close(CloseError::EarlierOpen(month)) => (Why::EarlierMonthOpen, month),
        };
        Self::new(why, "month").with("month", month.strftime("%Y-%m"))
    }
}

/// The companies, each with its code.
pub async fn companies(client: &impl GenericClient) -> Result<Vec<(CompanyId, String)>, SqlError> {
    let rows = client.query("select id, code from companies order by id", &[]).await?;
    rows.iter().map(|row| Ok((CompanyId::new(row.try_get("id")?), row.try_get("code")?))).collect()
}

/// Closes the month of a day for a company: nothing is posted into it any more. Waits for those who are posting into it.
pub async fn close_month(
    change: &Change<'_>,
    company: CompanyId,
    month: Date,
    today: Date,
) -> Result<(), CloseMonthError> {
    let month = month_of(month);
    change.query_one("select pg_advisory_xact_lock($1, month_number($2))", &[&company.get(), &month]).await?;
    let closed = closed_since(change.transaction(), company, Date::constant(1, 1, 1)).await?;
    let earliest = change
        .query_one(
            "select min(j.posting_date) as day from journal j where j.company_id = $1 and j.posting_date < $2 \
             and not exists (select from closed_months c where c.company_id = j.company_id \
                             and c.month = date_trunc('month', j.posting_date)::date)",
            &[&company.get(), &month],
        )
        .await?;
    may_close(month, today, &closed, earliest.try_get("day")?)?;
    change
        .execute(
            "insert into closed_months (company_id, month, closed_by) values ($1, $2, $3)",
            &[&company.get(), &month, &change.actor().name()],
        )
        .await?;
    Ok(())
}
