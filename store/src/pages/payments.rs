//! Payments of a time, newest first.

use jiff::Timestamp;
use tokio_postgres::{GenericClient, Row};

use super::Slice;
use crate::SqlError;

/// A row of the list.
#[derive(Clone, Debug)]
pub struct PaymentRow {
    /// Ours.
    pub id: i64,
    /// When it was paid.
    pub paid_at: Timestamp,
    /// Through whom.
    pub channel: String,
    /// The channel's own number of it.
    pub channel_ref: String,
    /// Who paid.
    pub account_no: String,
    /// Its name.
    pub name: String,
    /// pay, deposit, refund, reversal.
    pub kind: String,
    /// Above zero.
    pub amount: String,
    /// The bill that it named.
    pub bill_no: Option<String>,
    /// Who entered it.
    pub recorded_by: String,
}

/// A part of the payments from `from` to `to`, by instant and number.
pub async fn list(
    client: &impl GenericClient,
    from: Timestamp,
    to: Timestamp,
    slice: &Slice<(Timestamp, i64)>,
) -> Result<Vec<PaymentRow>, SqlError> {
    let (at, id) = slice.after.unzip();
    let rows = client
        .query(include_str!("../../sql/pages/payments.sql"), &[&from, &to, &slice.most, &at, &id])
        .await?;
    rows.iter().map(payment).collect()
}

fn payment(row: &Row) -> Result<PaymentRow, SqlError> {
    Ok(PaymentRow {
        paid_at: row.try_get("paid_at")?,
        channel: row.try_get("channel")?,
        channel_ref: row.try_get("channel_ref")?,
        account_no: row.try_get("account_no")?,
        name: row.try_get("name")?,
        kind: row.try_get("kind")?,
        amount: row.try_get("amount")?,
        bill_no: row.try_get("bill_no")?,
        recorded_by: row.try_get("recorded_by")?,
        id: row.try_get("id")?,
    })
}
