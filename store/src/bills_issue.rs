//! Issuing: trial bills become documents and enter the ledger, in one transaction a chunk.

use billing::ledger::{BillLine, LedgerError, bill as ledger_bill, credit_note};
use jiff::civil::Date;
use metering::{BillId, CompanyId};
use rust_decimal::Decimal;
use tokio_postgres::{Row, Transaction};

use crate::errors::RowError;
use crate::ledger::{Entry, Journal, PostingDays};
use crate::numeric::Numeric;
use crate::users::Actor;
use crate::{SqlError, row};

/// What a trial bill believed of a tier counter when it was rated.
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

/// What the trial bills of these agreements believed of their counters.
pub async fn believed(
    change: &Transaction<'_>,
    run: i64,
    agreements: &[i32],
) -> Result<Vec<Believed>, SqlError> {
    let rows = change
        .query(
            "select c.agreement_id, c.counter, c.tier_year, c.prior, b.tariff_id from bills b \
             join bill_counters c on c.bill_id = b.id \
             where b.run_id = $1 and b.agreement_id = any($2) and b.state = 'trial'",
            &[&run, &agreements],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| Believed {
            agreement: row.get(0),
            counter: row.get(1),
            tier_year: row.get(2),
            prior: row.get::<_, Numeric>(3).0,
            tariff: row.get(4),
        })
        .collect())
}

/// The accounts of the trial bills of these agreements.
pub async fn accounts(change: &Transaction<'_>, run: i64, agreements: &[i32]) -> Result<Vec<i32>, SqlError> {
    let text = "select distinct account_id from bills where run_id = $1 and agreement_id = any($2) and state = 'trial'";
    let rows = change.query(text, &[&run, &agreements]).await?;
    rows.iter().map(|row| Ok(row.try_get("account_id")?)).collect()
}

/// What was issued of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Issued {
    /// The bills.
    pub bills: Vec<i64>,
    /// Their accounts, ascending.
    pub accounts: Vec<i32>,
    /// The sum.
    pub total: Decimal,
}

/// Issues the trial bills of these agreements on a day: they get their date, and their lines enter the ledger.
/// Nothing is left to do of a bill that is issued already.
pub async fn issue(
    change: &Transaction<'_>,
    run: i64,
    agreements: &[i32],
    on: Date,
    who: &Actor,
) -> Result<Issued, SqlError> {
    let rows = change
        .query(
            "update bills set state = 'issued', issued_on = $3, due_on = $3::date + due_days::integer \
             where run_id = $1 and agreement_id = any($2) and state = 'trial' returning id, account_id, total",
            &[&run, &agreements, &on],
        )
        .await?;
    let mut issued = Issued::default();
    for row in &rows {
        issued.bills.push(row.get(0));
        issued.accounts.push(row.get(1));
        issued.total += row.get::<_, Numeric>(2).0;
    }
    issued.accounts.sort_unstable();
    issued.accounts.dedup();
    post(change, &issued.bills, on, who).await?;
    Ok(issued)
}

/// The lines of these bills into the ledger. A bill that gives back more than it takes is prepaid money at once.
async fn post(change: &Transaction<'_>, bills: &[i64], on: Date, who: &Actor) -> Result<(), SqlError> {
    let rows = change
        .query(
            "select b.id, b.company_id, b.account_id, b.currency::text as currency, b.due_on, l.n, l.amount, l.payee, l.payer \
             from bills b join bill_lines l on l.bill_id = b.id where b.id = any($1) order by b.id, l.n",
            &[&bills],
        )
        .await?;
    let mut days = PostingDays::default();
    let mut journal = Journal::default();
    for rows in rows.chunk_by(|a, b| a.get::<_, i64>("id") == b.get::<_, i64>("id")) {
        let Some(head) = rows.first() else { continue };
        let bill = BillId::new(head.try_get("id")?);
        let lines = rows.iter().map(line).collect::<Result<Vec<_>, SqlError>>()?;
        let beyond = |why: LedgerError| RowError {
            table: "bill_lines",
            column: "amount",
            value: bill.to_string(),
            why: why.to_string(),
        };
        let billed = ledger_bill(bill, head.try_get("due_on")?, &lines).map_err(beyond)?;
        let credited = credit_note(bill, &lines).map_err(beyond)?;
        let company = CompanyId::new(head.try_get("company_id")?);
        let day = days.of(change, company, on).await?;
        for posting in billed.into_iter().chain(credited) {
            journal.add(Entry {
                company,
                currency: head.try_get::<_, &str>("currency")?.into(),
                account: head.try_get("account_id")?,
                day,
                value_date: on,
                payment: None,
                posting,
            });
        }
    }
    journal.write(change, who).await
}

fn line(row: &Row) -> Result<BillLine<'_>, SqlError> {
    Ok(BillLine {
        n: row.try_get("n")?,
        amount: row::decimal(row, "amount")?,
        payee: row.try_get("payee")?,
        third_party: row.try_get("payer")?,
    })
}
