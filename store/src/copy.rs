//! Rows into a table, many at a time.

use std::pin::pin;

use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{GenericClient, Transaction};

use crate::SqlError;

/// COPYs rows in the binary form: one round trip, whatever their number. `table` is ours and names its columns,
/// such as `bills (id, bill_no)`.
pub(crate) async fn copy<'r, I, const N: usize>(
    change: &Transaction<'_>,
    table: &str,
    types: [Type; N],
    rows: I,
) -> Result<(), SqlError>
where
    I: IntoIterator<Item = [&'r (dyn ToSql + Sync); N]>,
{
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let sink = change.client().copy_in(&format!("copy {table} from stdin (format binary)")).await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    for row in rows {
        writer.as_mut().write(&row).await?;
    }
    writer.finish().await?;
    Ok(())
}
