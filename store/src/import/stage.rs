//! The rows of a file on their way into the temporary table `incoming`.

use std::marker::PhantomData;
use std::pin::Pin;

use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use crate::{Change, SqlError};

/// A kind of row that can be staged: its columns, and a value for each.
pub trait Staged {
    /// Names and types, without the row's number.
    const COLUMNS: &'static [(&'static str, Type)];

    /// One for each column, of its type.
    fn values(&self) -> Vec<&(dyn ToSql + Sync)>;
}

/// An open stage. Rows are sent as they come; nothing but the driver's buffer is held here.
pub struct Stage<R> {
    writer: Pin<Box<BinaryCopyInWriter>>,
    row: PhantomData<R>,
}

impl<R: Staged> Stage<R> {
    /// Creates `incoming`, which ends with the transaction.
    pub async fn open(change: &Change<'_>) -> Result<Self, SqlError> {
        let columns: Vec<String> =
            R::COLUMNS.iter().map(|(name, kind)| format!("{name} {}", kind.name())).collect();
        let create =
            format!("create temp table incoming (row_no int4, {}) on commit drop", columns.join(", "));
        change.batch_execute(&create).await?;
        let sink = change.copy_in("copy incoming from stdin (format binary)").await?;
        let mut types = vec![Type::INT4];
        types.extend(R::COLUMNS.iter().map(|(_, kind)| kind.clone()));
        Ok(Self { writer: Box::pin(BinaryCopyInWriter::new(sink, &types)), row: PhantomData })
    }

    /// Stages one row under its number in the file.
    pub async fn push(&mut self, number: i32, row: &R) -> Result<(), SqlError> {
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&number];
        values.extend(row.values());
        Ok(self.writer.as_mut().write(&values).await?)
    }

    /// Ends the copy; the table can be asked now. Returns how many rows it holds.
    pub async fn close(mut self, change: &Change<'_>) -> Result<u64, SqlError> {
        let rows = self.writer.as_mut().finish().await?;
        change.batch_execute("analyze incoming").await?;
        Ok(rows)
    }
}
