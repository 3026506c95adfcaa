//! The ledger: transfers, open items, balances. Append only; the schema refuses the rest.

use std::collections::HashMap;

use billing::allocation::{Class, OpenItem};
use jiff::civil::Date;
use metering::BillId;
use rust_decimal::Decimal;
use tokio_postgres::{GenericClient, Row, Transaction};

use crate::SqlError;
use crate::numeric::Numeric;
use crate::users::Actor;

/// A row to be posted.
#[derive(Clone, Debug)]
pub struct Transfer<'a> {
    /// Whose books.
    pub company: i32,
    /// In which currency.
    pub currency: &'a str,
    /// The account that receives.
    pub debit: &'a str,
    /// The account that gives.
    pub credit: &'a str,
    /// Above zero.
    pub amount: Decimal,
    /// Whose receivable or prepaid money.
    pub account: i32,
    /// What it is owed for.
    pub bill: Option<i64>,
    /// Its line; 0 is the late fee.
    pub line: Option<i16>,
    /// The payment that moves it.
    pub payment: Option<i64>,
    /// The transfer that it takes back.
    pub reverses: Option<i64>,
}

/// Dates and person of what is posted together.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// In an open month.
    pub posting_date: Date,
    /// Of the fact.
    pub value_date: Date,
    /// Who.
    pub who: &'a Actor,
}

/// Posts transfers.
pub async fn post(
    change: &Transaction<'_>,
    entry: Entry<'_>,
    transfers: &[Transfer<'_>],
) -> Result<(), SqlError> {
    const TEXT: &str = "insert into transfers (company_id, currency, posting_date, value_date, debit, credit, amount, \
                        account_id, bill_id, bill_line, payment_id, reverses, recorded_by) \
                        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let statement = change.prepare(TEXT).await?;
    for t in transfers {
        change
            .execute(
                &statement,
                &[
                    &t.company,
                    &t.currency,
                    &entry.posting_date,
                    &entry.value_date,
                    &t.debit,
                    &t.credit,
                    &Numeric(t.amount),
                    &t.account,
                    &t.bill,
                    &t.line,
                    &t.payment,
                    &t.reverses,
                    &entry.who.name(),
                ],
            )
            .await?;
    }
    Ok(())
}

/// The day to post on: the day of the fact where its month is open, else today.
pub async fn posting_date(
    client: &impl GenericClient,
    company: i32,
    value_date: Date,
    today: Date,
) -> Result<Date, SqlError> {
    let text =
        "select 1 from closed_months where company_id = $1 and month = date_trunc('month', $2::date)::date";
    let closed = client.query_opt(text, &[&company, &value_date]).await?.is_some();
    Ok(if closed { today } else { value_date })
}

/// Something that an account has not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Whose.
    pub account: i32,
    /// To whom.
    pub company: i32,
    /// In which currency.
    pub currency: String,
    /// The bill's number.
    pub bill_no: String,
    /// The item, as allocation sees it.
    pub item: OpenItem,
}

fn open(row: &Row) -> Open {
    let line: i16 = row.get::<_, Option<i16>>(5).unwrap_or(0);
    let class = match (line, row.get::<_, bool>(7)) {
        (0, _) => Class::LateFee,
        (_, true) => Class::Agency,
        (_, false) => Class::Rest,
    };
    Open {
        account: row.get(0),
        company: row.get(1),
        currency: row.get(2),
        bill_no: row.get(4),
        item: OpenItem {
            bill: BillId::new(row.get(3)),
            line,
            class,
            due_on: row.get::<_, Option<Date>>(6).unwrap_or(Date::MIN),
            open: row.get::<_, Numeric>(8).0,
        },
    }
}

/// What these accounts have not settled, by account, due date, bill and line.
pub async fn open_items(client: &impl GenericClient, accounts: &[i32]) -> Result<Vec<Open>, SqlError> {
    Ok(client.query(include_str!("../sql/open_items.sql"), &[&accounts]).await?.iter().map(open).collect())
}

/// What these accounts have paid ahead, by account and company. By transfers_prepaid.
pub async fn prepaid(
    client: &impl GenericClient,
    accounts: &[i32],
) -> Result<HashMap<(i32, i32), Decimal>, SqlError> {
    let rows = client
        .query(
            "select account_id, company_id, sum(case when credit = 'prepaid' then amount else -amount end) \
             from transfers where account_id = any($1) and (debit = 'prepaid' or credit = 'prepaid') \
             group by 1, 2",
            &[&accounts],
        )
        .await?;
    Ok(rows.iter().map(|row| ((row.get(0), row.get(1)), row.get::<_, Numeric>(2).0)).collect())
}

/// Nobody else moves these accounts' money until the transaction ends. In ascending order, so that two never wait
/// for each other.
pub async fn lock(change: &Transaction<'_>, accounts: &[i32]) -> Result<(), SqlError> {
    let text = "select 1 from accounts where id = any($1) order by id for update";
    change.query(text, &[&accounts]).await?;
    Ok(())
}
