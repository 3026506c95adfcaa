//! Cancelling an issued bill (冲红): a reversal document, proposed by one person and approved by another.
//!
//! The bill itself never changes, but that it no longer stands. Its postings are taken back one by one; what had been paid
//! on it becomes prepaid money of the account; its register time and its counters' movements are free again.

use std::fmt;

use billing::content::{BilledLine, Content, RegisterTime};
use billing::ledger::Posted;
use jiff::civil::Date;
use metering::CompanyId;
use metering::refusal::{Refusal, Why};
use rust_decimal::Decimal;
use tokio_postgres::{GenericClient, Transaction};

use super::{BillKind, BillState, Packer, bill_no};
use crate::ledger::{Entry, Journal};
use crate::payments::{self, PayError, Till};
use crate::runs::RunError;
use crate::users::Actor;
use crate::{Change, Numeric, RowError, SqlError, ledger};

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
            Self::Sql(source) => fmt::Display::fmt(source, f),
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
    let unknown = || CancelError::Unknown(no.to_owned());
    let bill = super::find(change.transaction(), no).await?.ok_or_else(unknown)?;
    ledger::lock(change, &[bill.account]).await?;
    let bill = super::find(change.transaction(), no).await?.ok_or_else(unknown)?;
    if bill.state != BillState::Issued || bill.kind == BillKind::Reversal {
        return Err(CancelError::State {
            bill_no: bill.bill_no,
            state: format!("{} and {}", bill.kind, bill.state),
        });
    }
    if waits(change.transaction(), bill.id).await?.is_some() {
        return Err(CancelError::Waits(bill.bill_no));
    }
    let text = "select run_id from bill_drafts \
                where agreement_id = (select agreement_id from bill_documents where id = $1) limit 1";
    if let Some(row) = change.query_opt(text, &[&bill.id]).await? {
        return Err(CancelError::Trial { run: row.try_get("run_id")? });
    }
    let run: i64 = change
        .query_one(
            "insert into bill_runs (service, period, kind, state, as_of, started_by, reason, due, cancels) \
             values ($1, $2, 'correction', 'review', now(), $3, $4, 1, $5) returning id",
            &[&bill.service.name(), &bill.period, &who.name(), &reason, &bill.id],
        )
        .await?
        .try_get("id")?;
    Ok(Proposed { run, bill_no: bill.bill_no, total: bill.total })
}

/// The run in which a cancellation of a bill waits for approval.
async fn waits(client: &impl GenericClient, bill: i64) -> Result<Option<i64>, SqlError> {
    let text = "select id from bill_runs where cancels = $1 and state <> 'aborted'";
    Ok(client.query_opt(text, &[&bill]).await?.map(|row| row.try_get("id")).transpose()?)
}

/// Carries out an approved correction: the reversal is issued, the bill's postings are taken back, the time of its registers
/// and its counters' movements are free again.
pub async fn carry_out(change: &Change<'_>, run: i64, on: Date, till: &Till<'_>) -> Result<(), CancelError> {
    let row = change
        .query_one(
            "select b.id, b.account_id, b.company_id from bill_runs r join bill_documents b on b.id = r.cancels where r.id = $1",
            &[&run],
        )
        .await?;
    let (bill, account, company): (i64, i32, i32) =
        (row.try_get("id")?, row.try_get("account_id")?, row.try_get("company_id")?);
    ledger::lock(change, &[account]).await?;
    let content = content_of(change.transaction(), bill).await?;
    if !reversal(change, (bill, run), on, &content).await? {
        let state = BillState::Cancelled.name().to_owned();
        return Err(CancelError::State { bill_no: bill_no(bill), state });
    }
    for time in &content.registers {
        free(change, bill, time).await?;
    }
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

/// What a bill holds; it is needed whole.
async fn content_of(client: &impl GenericClient, bill: i64) -> Result<Content, CancelError> {
    let found = super::contents(client, &[bill]).await?.pop();
    let wrong = |why: String| {
        let row = RowError { table: "bill_documents", column: "content", value: bill_no(bill), why };
        CancelError::Sql(row.into())
    };
    let found = found.ok_or_else(|| wrong("there is no such bill".to_owned()))?;
    found.content.map_err(|why| wrong(why.to_string()))
}

/// Writes the reversal, and gives back what the bill moved its counters by; whether the bill stood.
async fn reversal(
    change: &Change<'_>,
    (bill, run): (i64, i64),
    on: Date,
    content: &Content,
) -> Result<bool, CancelError> {
    let ids = super::draft::numbers(change, 1).await?;
    let Some(id) = ids.first() else { return Ok(false) };
    let lines = content.lines.iter().map(BilledLine::negated).collect();
    let taken_back = Content { lines, ..Content::default() };
    let bytes = taken_back.into_bytes().map_err(|why| RowError {
        table: "bill_documents",
        column: "content",
        value: bill_no(*id),
        why: why.to_string(),
    });
    let packed = Packer::open(change.transaction()).await?.pack(bytes.map_err(SqlError::from)?)?;
    let counters: Vec<&str> = content.counters.iter().map(|moved| moved.counter.as_str()).collect();
    let years: Vec<i16> = content.counters.iter().map(|moved| moved.tier_year).collect();
    let moves: Vec<Numeric> = content.counters.iter().map(|moved| Numeric(moved.by)).collect();
    let text = "select cancel_document($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as stood";
    let row = change
        .query_one(
            text,
            &[
                &bill,
                &run,
                id,
                &on,
                &packed.bytes,
                &packed.dictionary,
                &packed.sha256,
                &counters,
                &years,
                &moves,
            ],
        )
        .await?;
    Ok(row.try_get("stood")?)
}

/// Sets the time of a register free. Where the bill was its last, the register is billed to where the last bill before it
/// that stands has billed it.
async fn free(change: &Change<'_>, bill: i64, time: &RegisterTime) -> Result<(), CancelError> {
    let mut back = time.before;
    while let Some(before) = back {
        let text = "select live from bill_documents where id = $1";
        let live =
            change.query_opt(text, &[&before.bill]).await?.map(|row| row.try_get("live")).transpose()?;
        if live == Some(true) {
            break;
        }
        let earlier = content_of(change.transaction(), before.bill).await?.registers;
        let key = (time.installation, time.register);
        back = earlier.into_iter().find(|t| (t.installation, t.register) == key).and_then(|time| time.before);
    }
    let end = back.map(|before| before.end);
    change
        .execute(
            "select free_register_time($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &[
                &bill,
                &time.installation.get(),
                &time.register.get(),
                &time.end.from,
                &time.end.to,
                &back.map(|before| before.bill),
                &end.map(|end| end.from),
                &end.map(|end| end.to),
                &end.map(|end| end.open),
                &end.map(|end| end.close),
                &end.map(|end| end.quality.code()),
                &end.map(|end| end.rolled),
            ],
        )
        .await?;
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
