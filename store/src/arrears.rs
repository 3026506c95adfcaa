//! What is owed at a day, from the ledger alone.

use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use tokio_postgres::{GenericClient, Row};

use crate::SqlError;
use crate::numeric::Numeric;

/// A bill that is not settled at the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrear {
    /// Who pays.
    pub account_no: String,
    /// Their name.
    pub name: String,
    /// The area's code.
    pub area: String,
    /// The book's code.
    pub book: String,
    /// The use class.
    pub use_class: String,
    /// The agreement's number.
    pub service_no: String,
    /// The bill's number.
    pub bill_no: String,
    /// When it is due.
    pub due_on: Date,
    /// What is open of its lines.
    pub principal: Decimal,
    /// What is open of late fees that are posted.
    pub late_fee: Decimal,
    /// The payer group.
    pub payer: String,
    /// Who reads the book.
    pub reader: String,
    /// The bill, by number here.
    pub bill: i64,
    /// The account, by number here.
    pub account: i32,
    /// In which currency.
    pub currency: String,
    /// How its principal moved.
    pub moves: Vec<Movement>,
    /// Late fees posted on it so far, paid or not.
    pub fee_posted: Decimal,
    /// The late-fee policy that the agreement names.
    pub fee_policy: String,
}

/// A movement of a bill's principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Its value date.
    pub on: Date,
    /// What it added.
    pub amount: Decimal,
    /// Whether the bill itself made it; else a payment, or what takes something back.
    pub billed: bool,
    /// The component.
    pub component: String,
}

fn arrear(row: &Row) -> Arrear {
    let moves: Option<Vec<String>> = row.get(15);
    Arrear {
        account_no: row.get(0),
        name: row.get(1),
        area: row.get(2),
        book: row.get(3),
        use_class: row.get(4),
        service_no: row.get(5),
        bill_no: row.get(6),
        due_on: row.get::<_, Option<Date>>(7).unwrap_or(Date::MIN),
        principal: row.get::<_, Numeric>(8).0,
        late_fee: row.get::<_, Numeric>(9).0,
        payer: row.get(10),
        reader: row.get(11),
        bill: row.get(12),
        account: row.get(13),
        currency: row.get(14),
        moves: moves.unwrap_or_default().iter().filter_map(|text| movement(text)).collect(),
        fee_posted: row.get::<_, Numeric>(16).0,
        fee_policy: row.get(17),
    }
}

/// `2026-10-20 12.50 billed water`
fn movement(text: &str) -> Option<Movement> {
    let mut words = text.splitn(4, ' ');
    Some(Movement {
        on: words.next()?.parse().ok()?,
        amount: words.next()?.parse().ok()?,
        billed: words.next()? == "billed",
        component: words.next()?.to_owned(),
    })
}

/// What is owed at the end of `as_of`, as known at `known_at`, by one account or by all: a stream, by account, due
/// date and bill.
pub async fn at<C: GenericClient>(
    client: &C,
    as_of: Date,
    known_at: Timestamp,
    account: Option<i32>,
) -> Result<impl Stream<Item = Result<Arrear, SqlError>> + use<C>, SqlError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&as_of, &known_at, &account];
    let rows = client.query_raw(include_str!("../sql/arrears.sql"), params).await?;
    Ok(rows.map(|row| Ok(arrear(&row?))))
}

/// What is open at the day by item: the component's code, the number of bills, the sum.
pub async fn by_item(
    client: &impl GenericClient,
    as_of: Date,
    known_at: Timestamp,
) -> Result<Vec<(String, i64, Decimal)>, SqlError> {
    let rows = client
        .query(
            "select coalesce(split_part(l.code, '#', 1), 'late_fee'), count(distinct o.bill_id), sum(o.open) \
             from (select bill_id, bill_line, sum(case when debit = 'receivable' then amount else -amount end) as open \
                   from transfers where (debit = 'receivable' or credit = 'receivable') and bill_id is not null \
                     and value_date <= $1 and recorded_at <= $2 group by 1, 2) o \
             left join bill_lines l on l.bill_id = o.bill_id and l.n = o.bill_line \
             where o.open <> 0 group by 1 order by 1",
            &[&as_of, &known_at],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get::<_, Numeric>(2).0)).collect())
}

/// An instant after everything that is recorded: "with all that is known".
pub fn always() -> Timestamp {
    // The year 9999: within both PostgreSQL's and our own calendar.
    Timestamp::from_second(253_370_764_800).unwrap_or(Timestamp::MAX)
}
