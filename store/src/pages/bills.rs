//! Bills: a list, and one with all that it was made of.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::GenericClient;

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
    Ok(rows
        .iter()
        .map(|row| BillRow {
            bill_no: row.get(0),
            account_no: row.get(1),
            name: row.get(2),
            service_no: row.get(3),
            service: row.get(4),
            period: row.get(5),
            kind: row.get(6),
            state: row.get(7),
            total: row.get(8),
            open: row.get(9),
            due_on: row.get(10),
            id: row.get(11),
        })
        .collect())
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
    /// What is charged.
    pub lines: Vec<Line>,
    /// What was read.
    pub segments: Vec<Segment>,
    /// What the counters stood at: name, tier year, before, by.
    pub counters: Vec<(String, i16, String, String)>,
    /// What was posted.
    pub transfers: Vec<Transfer>,
}

/// A line of a bill.
#[derive(Clone, Debug)]
pub struct Line {
    /// As printed.
    pub code: String,
    /// How much.
    pub qty: String,
    /// Of what.
    pub unit: String,
    /// Money per unit.
    pub price: Option<String>,
    /// Rounded.
    pub amount: String,
    /// Whose money it is, where not the company's.
    pub payee: Option<String>,
}

/// What was read of one register of one meter.
#[derive(Clone, Debug)]
pub struct Segment {
    /// The meter.
    pub meter_id: i32,
    /// Printed on it.
    pub serial: String,
    /// The register's name.
    pub register: String,
    /// Its unit.
    pub unit: String,
    /// When the first index was read.
    pub from: Timestamp,
    /// When the last was.
    pub to: Timestamp,
    /// The first index.
    pub open: String,
    /// The last.
    pub close: String,
    /// The multiplier.
    pub multiplier: String,
    /// Whether the register ran over its end.
    pub rollover: bool,
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

/// The bill with that number.
pub async fn bill(client: &impl GenericClient, bill_no: &str) -> Result<Option<Bill>, SqlError> {
    let Some(row) = client.query_opt(include_str!("../../sql/pages/bill.sql"), &[&bill_no]).await? else {
        return Ok(None);
    };
    let id: i64 = row.get(0);
    let lines = client.query(include_str!("../../sql/pages/bill_lines.sql"), &[&id]).await?;
    let segments = client.query(include_str!("../../sql/pages/bill_segments.sql"), &[&id]).await?;
    let counters = client
        .query(
            "select counter, tier_year, trim_scale(prior)::text, trim_scale(moved)::text from bill_counters \
             where bill_id = $1 order by counter, tier_year",
            &[&id],
        )
        .await?;
    let transfers = client
        .query(
            "select posting_date, value_date, debit, credit, to_char(amount, 'FM999999999999990.0099'), bill_line \
             from transfers where bill_id = $1 order by id limit 500",
            &[&id],
        )
        .await?;
    Ok(Some(Bill {
        head: BillRow {
            id,
            bill_no: row.get(1),
            account_no: row.get(2),
            name: row.get(3),
            service_no: row.get(4),
            service: row.get(5),
            period: row.get(6),
            kind: row.get(7),
            state: row.get(8),
            total: row.get(9),
            open: row.get(10),
            due_on: row.get(11),
        },
        address: row.get(12),
        from: row.get(13),
        to: row.get(14),
        issued_on: row.get(15),
        currency: row.get(16),
        tariff: row.get(17),
        lines: lines
            .iter()
            .map(|row| Line {
                code: row.get(0),
                qty: row.get(1),
                unit: row.get(2),
                price: row.get(3),
                amount: row.get(4),
                payee: row.get(5),
            })
            .collect(),
        segments: segments
            .iter()
            .map(|row| Segment {
                meter_id: row.get(0),
                serial: row.get(1),
                register: row.get(2),
                unit: row.get(3),
                from: row.get(4),
                to: row.get(5),
                open: row.get(6),
                close: row.get(7),
                multiplier: row.get(8),
                rollover: row.get(9),
            })
            .collect(),
        counters: counters.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect(),
        transfers: transfers
            .iter()
            .map(|row| Transfer {
                posting_date: row.get(0),
                value_date: row.get(1),
                debit: row.get(2),
                credit: row.get(3),
                amount: row.get(4),
                bill_line: row.get(5),
            })
            .collect(),
    }))
}
