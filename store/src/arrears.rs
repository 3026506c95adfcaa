//! What is owed at a day, from the ledger alone.

use billing::ledger::{Amount, FeeBasis, Movement};
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use tokio_postgres::{GenericClient, Row};

use crate::pages::Slice;
use crate::{SqlError, row};

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
    /// What a late fee is counted on.
    pub fee: FeeBasis,
}

fn arrear(row: &Row) -> Result<Arrear, SqlError> {
    let due_on: Date = row.try_get("due_on")?;
    Ok(Arrear {
        account_no: row.try_get("account_no")?,
        name: row.try_get("name")?,
        area: row.try_get("area")?,
        book: row.try_get("book")?,
        use_class: row.try_get("use_class")?,
        service_no: row.try_get("service_no")?,
        bill_no: row.try_get("bill_no")?,
        due_on,
        principal: row::decimal(row, "principal")?,
        late_fee: row::decimal(row, "late_fee")?,
        payer: row.try_get("payer")?,
        reader: row.try_get("reader")?,
        bill: row.try_get("bill_id")?,
        account: row.try_get("account_id")?,
        currency: row.try_get("currency")?,
        fee: FeeBasis {
            due_on,
            policy: row.try_get::<_, &str>("fee_policy")?.into(),
            moves: movements(row)?,
            posted: row::decimal(row, "fee_posted")?,
        },
    })
}

/// How the bill's principal moved: four columns, a place in each for a movement. A line without a code is refused.
fn movements(row: &Row) -> Result<Vec<Movement>, SqlError> {
    let days: Vec<Date> = row.try_get("days")?;
    let amounts: Vec<i64> = row.try_get("amounts")?;
    let billed: Vec<bool> = row.try_get("billed")?;
    let components: Vec<&str> = row.try_get("components")?;
    let places = days.into_iter().zip(amounts).zip(billed).zip(components);
    Ok(places
        .map(|(((on, amount), billed), component)| Movement {
            on,
            amount: Amount::from_raw(amount).decimal(),
            billed,
            component: component.into(),
        })
        .collect())
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
    let text = concat!(include_str!("../sql/arrears.sql"), include_str!("../sql/arrears_of.sql"));
    let rows = client.query_raw(text, params).await?;
    Ok(rows.map(|row| arrear(&row?)))
}

/// How many bills are open at the end of the day, and how much, by due date. With the late fees that are posted, without
/// those that still accrue.
pub async fn by_due_date(
    client: &impl GenericClient,
    as_of: Date,
) -> Result<Vec<(Date, i64, Decimal)>, SqlError> {
    let rows = client.query(include_str!("../sql/pages/arrears_days.sql"), &[&as_of]).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("due_on")?, row.try_get("bills")?, row::decimal(row, "open")?)))
        .collect()
}

/// A part of what is owed at the end of the day, of bills that are due from one day to another, both included: by due
/// date, the oldest first, and bill, which are the key.
pub async fn page(
    client: &impl GenericClient,
    as_of: Date,
    due: (Date, Date),
    slice: &Slice<(Date, i64)>,
) -> Result<Vec<Arrear>, SqlError> {
    let (day, bill) = slice.after.unwrap_or((FIRST, 0));
    let bills = client
        .query(
            include_str!("../sql/pages/arrears_bills.sql"),
            &[&as_of, &due.0, &due.1, &day, &bill, &slice.most],
        )
        .await?;
    let bills: Vec<i64> = bills.iter().map(|row| row.try_get("bill_id")).collect::<Result<_, _>>()?;
    let text = concat!(include_str!("../sql/pages/arrears.sql"), include_str!("../sql/arrears_of.sql"));
    let rows = client.query(text, &[&as_of, &always(), &bills]).await?;
    let mut found: Vec<Arrear> = rows.iter().map(arrear).collect::<Result<_, _>>()?;
    found.sort_by_key(|arrear| (arrear.due_on, arrear.bill));
    Ok(found)
}

/// Before anything that a utility billed, and within PostgreSQL's calendar.
pub const FIRST: Date = Date::constant(1900, 1, 1);

/// After anything that can be due.
pub const LAST: Date = Date::constant(9999, 1, 1);

/// What is open at the day by item: the component's code, the number of bills, the sum.
pub async fn by_item(
    client: &impl GenericClient,
    as_of: Date,
    known_at: Timestamp,
) -> Result<Vec<(String, i64, Decimal)>, SqlError> {
    let rows = client.query(include_str!("../sql/arrears_by_item.sql"), &[&as_of, &known_at]).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("item")?, row.try_get("bills")?, row::decimal(row, "open")?)))
        .collect()
}

/// An instant after everything that is recorded: "with all that is known".
pub fn always() -> Timestamp {
    // The year 9999: within both PostgreSQL's and our own calendar.
    Timestamp::from_second(253_370_764_800).unwrap_or(Timestamp::MAX)
}
