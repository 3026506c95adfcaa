//! How long the known numbers are, so that a spreadsheet's loss of leading zeros is seen.

use metering::Numbers;
use tokio_postgres::{GenericClient, Row};

use crate::{SqlError, row};

/// `(length, how many, how many of them begin with 0)` of the known numbers that are digits only.
pub async fn lengths(
    client: &impl GenericClient,
    numbers: Numbers,
) -> Result<Vec<(usize, u64, u64)>, SqlError> {
    let (table, column) = match numbers {
        Numbers::Account => ("accounts", "account_no"),
        Numbers::Service => ("agreements", "service_no"),
        Numbers::Serial => ("meters", "serial"),
    };
    let sql = format!(
        "select length({column}) as length, count(*) as numbers, count(*) filter (where {column} like '0%') as led from {table} \
         where {column} ~ '^[0-9]+$' group by 1"
    );
    let rows = client.query(&sql, &[]).await?;
    let read = |row: &Row| {
        let length =
            row::fits(row.try_get::<_, i32>("length")?, table, column, |n| usize::try_from(*n).ok())?;
        Ok((length, row::count(row, "numbers")?, row::count(row, "led")?))
    };
    rows.iter().map(read).collect()
}
