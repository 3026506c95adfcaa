//! Issuing: trial bills become documents and enter the ledger, in one transaction a chunk.

use jiff::civil::Date;
use rust_decimal::Decimal;
use tokio_postgres::Transaction;

use crate::SqlError;
use crate::numeric::Numeric;
use crate::users::Actor;

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
    change.execute(include_str!("../sql/issue_postings.sql"), &[&issued.bills, &on, &who.name()]).await?;
    credit(change, &issued.bills, on, who).await?;
    Ok(issued)
}

/// A bill that gives back more than it takes is the account's prepaid money at once: each of its lines is settled
/// from there.
async fn credit(change: &Transaction<'_>, bills: &[i64], on: Date, who: &Actor) -> Result<(), SqlError> {
    change
        .execute(
            "insert into transfers (company_id, currency, posting_date, value_date, debit, credit, amount, \
                                    account_id, bill_id, bill_line, recorded_by) \
             select b.company_id, b.currency, $2, $2, \
                    case when l.amount < 0 then 'receivable' else 'prepaid' end, \
                    case when l.amount < 0 then 'prepaid' else 'receivable' end, \
                    abs(l.amount), b.account_id, b.id, l.n, $3 \
             from bills b join bill_lines l on l.bill_id = b.id \
             where b.id = any($1) and b.total < 0 and l.amount <> 0",
            &[&bills, &on, &who.name()],
        )
        .await?;
    Ok(())
}
