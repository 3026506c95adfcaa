//! Bills: a list, and one with all that it was made of.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{GenericClient, Row};

use super::Slice;
use crate::SqlError;

/// Which bills a list shows. Empty texts ask for nothing.
#[derive(Clone, Debug, Default)]
pub struct BillFilter {
    /// The period's label.
    pub period: String,
    /// A bill's, account's or agreement's number, or the beginning of a name.
    pub query: String,
    /// Only bills with something open.
    pub open: bool,
}

/// A row of the list.
#[derive(Clone, Debug)]
pub struct BillRow {
    /// Ours.
    pub id: i64,
    /// The number.
    pub bill_no: String,
    /// Who pays.
    pub account_no: String,
    /// Its name.
    pub name: String,
    /// The agreement.
    pub service_no: String,
    /// water, heat, electricity.
    pub service: String,
    /// The label.
    pub period: String,
    /// regular, reversal, …
    pub kind: String,
    /// trial, issued, cancelled.
    pub state: String,
    /// The total.
    pub total: String,
    /// What is open of it.
    pub open: String,
    /// When it is due.
    pub due_on: Option<Date>,
}

/// A part of the bills, newest first, by our number of them.
pub async fn list(
    client: &impl GenericClient,
    filter: &BillFilter,
    slice: &Slice<i64>,
) -> Result<Vec<BillRow>, SqlError> {
    let rows = client
        .query(
            include_str!("../../sql/pages/bills.sql"),
            &[&filter.period, &filter.query, &filter.open, &slice.most, &slice.after],
        )
        .await?;
    rows.iter().map(head).collect()
}

/// One bill.
#[derive(Clone, Debug)]
pub struct Bill {
    /// Its row in the list.
    pub head: BillRow,
    /// Where the service is.
    pub address: String,
    /// The first instant of the service.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// When it was issued.
    pub issued_on: Option<Date>,
    /// The currency.
    pub currency: String,
    /// The tariff's code.
    pub tariff: String,
    /// What was posted.
    pub transfers: Vec<Transfer>,
}

/// A posting.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// When it counts in the books.
    pub posting_date: Date,
    /// The day of the fact.
    pub value_date: Date,
    /// Debited.
    pub debit: String,
    /// Credited.
    pub credit: String,
    /// How much.
    pub amount: String,
    /// The line it is for.
    pub bill_line: Option<i16>,
}

/// The bill, document or draft, with that number here.
pub async fn bill(client: &impl GenericClient, id: i64) -> Result<Option<Bill>, SqlError> {
    let Some(row) = client.query_opt(include_str!("../../sql/pages/bill.sql"), &[&id]).await? else {
        return Ok(None);
    };
    let transfers = client
        .query(
            "select posting_date, value_date, debit, credit, to_char(amount, 'FM999999999999990.0099') as amount, bill_line \
             from transfers where bill_id = $1 order by id limit 500",
            &[&id],
        )
        .await?;
    let transfer = |row: &Row| {
        Ok(Transfer {
            posting_date: row.try_get("posting_date")?,
            value_date: row.try_get("value_date")?,
            debit: row.try_get("debit")?,
            credit: row.try_get("credit")?,
            amount: row.try_get("amount")?,
            bill_line: row.try_get("bill_line")?,
        })
    };
    Ok(Some(Bill {
        head: head(&row)?,
        address: row.try_get("address")?,
        from: row.try_get("service_from")?,
        to: row.try_get("service_to")?,
        issued_on: row.try_get("issued_on")?,
        currency: row.try_get("currency")?,
        tariff: row.try_get("tariff")?,
        transfers: transfers.iter().map(transfer).collect::<Result<_, SqlError>>()?,
    }))
}

fn head(of: &Row) -> Result<BillRow, SqlError> {
    Ok(BillRow {
        id: of.try_get("id")?,
        bill_no: of.try_get("bill_no")?,
        account_no: of.try_get("account_no")?,
        name: of.try_get("name")?,
        service_no: of.try_get("service_no")?,
        service: of.try_get("service")?,
        period: of.try_get("period")?,
        kind: of.try_get("kind")?,
        state: of.try_get("state")?,
        total: of.try_get("total")?,
        open: of.try_get("open")?,
        due_on: of.try_get("due_on")?,
    })
}
