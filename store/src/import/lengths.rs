//! How long the known numbers are, so that a spreadsheet's loss of leading zeros is seen.

use metering::Numbers;
use tokio_postgres::GenericClient;

use crate::SqlError;

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
        "select length({column}), count(*), count(*) filter (where {column} like '0%') from {table} \
         where {column} ~ '^[0-9]+$' group by 1"
    );
    let rows = client.query(&sql, &[]).await?;
    let whole = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(rows
        .iter()
        .map(|row| (usize::try_from(row.get::<_, i32>(0)).unwrap_or(0), whole(row.get(1)), whole(row.get(2))))
        .collect())
}
