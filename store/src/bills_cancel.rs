//! Cancelling an issued bill (冲红): a reversal document, proposed by one person and approved by another.
//!
//! The bill itself never changes but for its state. Its postings are taken back one by one; what had been paid on
//! it becomes prepaid money of the account; its register time and its counters' movements are free again.

use std::fmt;

use billing::ledger::Posted;
use jiff::civil::Date;
use metering::CompanyId;
use metering::refusal::{Refusal, Why};
use rust_decimal::Decimal;
use tokio_postgres::Transaction;

use crate::bills_write::bill_no;
use crate::ledger::{Entry, Journal};
use crate::payments::{self, PayError, Till};
use crate::runs::RunError;
use crate::users::Actor;
use crate::{Change, SqlError, bills, ledger};

/// Why a bill cannot be cancelled.
#[derive(Debug)]
pub enum CancelError {
    /// No such bill.
    Unknown(String),
    /// It is no issued bill that stands.
    State {
        /// Its number.
        bill_no: String,
        /// Its kind and state.
        state: String,
    },
    /// A cancellation of it waits already.
    Waits(String),
    /// A trial bill of the agreement has been rated with it.
    Trial {
        /// The run in which it waits.
        run: i64,
    },
    /// A step of the correction's run.
    Run(RunError),
    /// Moving what was paid.
    Pay(PayError),
    /// The database's answer.
    Sql(SqlError),
}

impl fmt::Display for CancelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(no) => write!(f, "there is no bill {no:?}"),
            Self::State { bill_no, state } => {
                write!(f, "bill {bill_no} is {state}: only an issued bill that stands can be cancelled")
            }
            Self::Waits(no) => write!(f, "a cancellation of bill {no} waits for approval already"),
            Self::Trial { run } => {
                write!(
                    f,
                    "a trial bill of the same agreement waits in run {run}: issue or abort that run first"
                )
            }
            Self::Run(source) => write!(f, "{source}"),
            Self::Pay(source) => write!(f, "{source}"),
            Self::Sql(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for CancelError {}

crate::takes_sql_errors!(CancelError);

impl From<CancelError> for Refusal {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::Unknown(no) => Self::unknown("bill", no),
            CancelError::State { bill_no, state } => Self::state("bill", bill_no, state, "cancel"),
            CancelError::Waits(no) => Self::new(Why::CancellationWaits, "bill").with("bill", no),
            CancelError::Trial { run } => Self::new(Why::TrialWaits, "bill").with("run", run),
            CancelError::Run(source) => source.into(),
            CancelError::Pay(source) => source.into(),
            CancelError::Sql(source) => source.into(),
        }
    }
}

impl From<RunError> for CancelError {
    fn from(source: RunError) -> Self {
        Self::Run(source)
    }
}

impl From<PayError> for CancelError {
    fn from(source: PayError) -> Self {
        Self::Pay(source)
    }
}

/// A cancellation that waits for another person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// The run in which the reversal waits.
    pub run: i64,
    /// The bill's number, in full.
    pub bill_no: String,
    /// What the bill came to.
    pub total: Decimal,
}

/// Proposes to cancel a bill.
pub async fn propose(change: &Change<'_>, no: &str, reason: &str) -> Result<Proposed, CancelError> {
    let who = change.actor();
    let bill =
        bills::find(change.transaction(), no).await?.ok_or_else(|| CancelError::Unknown(no.to_owned()))?;
    change.execute("select 1 from bills where id = $1 for update", &[&bill.id]).await?;
    if bill.state != "issued" || bill.kind == "reversal" {
        return Err(CancelError::State {
            bill_no: bill.bill_no,
            state: format!("{} and {}", bill.kind, bill.state),
        });
    }
    if bill.reversed_by.is_some() {
        return Err(CancelError::Waits(bill.bill_no));
    }
    let text = "select run_id from bills where agreement_id = (select agreement_id from bills where id = $1) \
                and state = 'trial' and run_id is not null limit 1";
    if let Some(row) = change.query_opt(text, &[&bill.id]).await? {
        return Err(CancelError::Trial { run: row.get(0) });
    }
    let run: i64 = change
        .query_one(
            "insert into bill_runs (service, period, kind, state, as_of, started_by, reason, due) \
             values ($1, $2, 'correction', 'review', now(), $3, $4, 1) returning id",
            &[&bill.service, &bill.period, &who.name(), &reason],
        )
        .await?
        .get(0);
    let id: i64 =
        change.query_one("select nextval(pg_get_serial_sequence('bills', 'id'))", &[]).await?.get(0);
    change
        .execute(
            "insert into bills (id, bill_no, run_id, agreement_id, account_id, company_id, kind, period, state, live, \
                                service_from, service_to, tariff_id, currency, total, reverses) \
             overriding system value \
             select $2, $3, $4, agreement_id, account_id, company_id, 'reversal', period, 'trial', false, \
                    service_from, service_to, tariff_id, currency, -total, id \
             from bills where id = $1",
            &[&bill.id, &id, &bill_no(id), &run],
        )
        .await?;
    change
        .execute(
            "insert into bill_lines (bill_id, n, code, qty, unit, price, amount, payee, payer) \
             select r.id, l.n, l.code, -l.qty, l.unit, l.price, -l.amount, l.payee, l.payer \
             from bill_lines l join bills r on r.reverses = l.bill_id where l.bill_id = $1",
            &[&bill.id],
        )
        .await?;
    Ok(Proposed { run, bill_no: bill.bill_no, total: bill.total })
}

/// Carries out an approved correction: the reversal is issued, the bill's postings are taken back.
pub async fn carry_out(
    change: &Transaction<'_>,
    run: i64,
    on: Date,
    till: &Till<'_>,
) -> Result<(), CancelError> {
    let row = change
        .query_one(
            "select r.id, o.id, o.account_id, o.company_id, o.bill_no from bills r join bills o on o.id = r.reverses \
             where r.run_id = $1 for update",
            &[&run],
        )
        .await?;
    let (reversal, bill, account, company): (i64, i64, i32, i32) =
        (row.get(0), row.get(1), row.get(2), row.get(3));
    ledger::lock(change, &[account]).await?;
    // The state first, and only from `issued`: whoever comes second finds nothing to cancel.
    let cancelled = change
        .execute(
            "update bills set state = 'cancelled', live = false where id = $1 and state = 'issued'",
            &[&bill],
        )
        .await?;
    if cancelled == 0 {
        return Err(CancelError::State { bill_no: row.get(4), state: "cancelled".to_owned() });
    }
    change.execute("update bill_segments set live = false where bill_id = $1", &[&bill]).await?;
    change
        .execute(
            "update bills set state = 'issued', issued_on = $2, due_on = $2 where id = $1",
            &[&reversal, &on],
        )
        .await?;
    take_back(change, (bill, account, company), on, till.who).await?;
    change
        .execute(
            "update bill_runs set state = 'issued', posting_date = $2, issued_at = now() where id = $1",
            &[&run, &on],
        )
        .await?;
    // What is prepaid now settles what else is open.
    payments::deduct(change, &[account], on, till).await?;
    Ok(())
}

/// The bill's postings are taken back; what had been paid on it is prepaid.
async fn take_back(
    change: &Transaction<'_>,
    (bill, account, company): (i64, i32, i32),
    on: Date,
    who: &Actor,
) -> Result<(), CancelError> {
    let company = CompanyId::new(company);
    let books = ledger::books(change, &[account], &[bill]).await?;
    let Some(book) = books.get(&account) else { return Ok(()) };
    let Some(of) = book.bills.iter().find(|of| of.bill.get() == bill) else { return Ok(()) };
    let posted: Vec<Posted> = of.entered.iter().map(|entered| entered.posted.clone()).collect();
    let postings =
        billing::ledger::cancel(of.bill, &posted, book.balance(company)).map_err(PayError::Ledger)?;
    let day = ledger::posting_day(change, company, on).await?;
    let mut journal = Journal::default();
    for posting in postings {
        let currency = of.currency.clone();
        journal.add(Entry { company, currency, account, day, value_date: on, payment: None, posting });
    }
    Ok(journal.write(change, who).await?)
}
