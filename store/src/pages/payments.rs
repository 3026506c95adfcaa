//! Payments of a time, newest first.

use jiff::Timestamp;
use tokio_postgres::GenericClient;

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
    Ok(rows
        .iter()
        .map(|row| PaymentRow {
            paid_at: row.get(0),
            channel: row.get(1),
            channel_ref: row.get(2),
            account_no: row.get(3),
            name: row.get(4),
            kind: row.get(5),
            amount: row.get(6),
            bill_no: row.get(7),
            recorded_by: row.get(8),
            id: row.get(9),
        })
        .collect())
}
