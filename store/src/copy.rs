//! Rows into a table, many at a time: PostgreSQL's binary COPY, written by hand because a run writes millions.
//!
//! ```text
//! "PGCOPY\n\xff\r\n\0" | u32 flags | u32 extension length      once
//! i16 columns | for each: i32 length (-1: null) | bytes        a row
//! i16 -1                                                       at the end
//! ```

use std::pin::pin;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::SinkExt;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;

use crate::SqlError;
use crate::numeric::put_numeric;

/// Rows on their way into one table.
#[derive(Debug)]
pub(crate) struct Rows {
    buffer: BytesMut,
    columns: i16,
    count: usize,
}

impl Rows {
    /// Of a table with so many columns.
    pub(crate) fn new(columns: i16) -> Self {
        let mut buffer = BytesMut::with_capacity(64 * 1024);
        buffer.put_slice(b"PGCOPY\n\xff\r\n\0");
        buffer.put_u64(0);
        Self { buffer, columns, count: 0 }
    }

    /// Begins the next row; its columns follow in order.
    pub(crate) fn row(&mut self) -> &mut Self {
        self.buffer.put_i16(self.columns);
        self.count += 1;
        self
    }

    pub(crate) fn int8(&mut self, value: i64) -> &mut Self {
        self.buffer.put_i32(8);
        self.buffer.put_i64(value);
        self
    }

    pub(crate) fn int4(&mut self, value: i32) -> &mut Self {
        self.buffer.put_i32(4);
        self.buffer.put_i32(value);
        self
    }

    pub(crate) fn int2(&mut self, value: i16) -> &mut Self {
        self.buffer.put_i32(2);
        self.buffer.put_i16(value);
        self
    }

    pub(crate) fn maybe_int2(&mut self, value: Option<i16>) -> &mut Self {
        match value {
            Some(value) => self.int2(value),
            None => self.null(),
        }
    }

    pub(crate) fn bool(&mut self, value: bool) -> &mut Self {
        self.buffer.put_i32(1);
        self.buffer.put_u8(u8::from(value));
        self
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        // A value beyond 2 GiB is refused by the server.
        self.buffer.put_i32(i32::try_from(value.len()).unwrap_or(i32::MAX));
        self.buffer.put_slice(value);
        self
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    pub(crate) fn numeric(&mut self, value: Decimal) -> &mut Self {
        let at = self.buffer.len();
        self.buffer.put_i32(0);
        put_numeric(value, &mut self.buffer);
        let length = i32::try_from(self.buffer.len() - at - 4).unwrap_or(i32::MAX);
        self.buffer[at..at + 4].copy_from_slice(&length.to_be_bytes());
        self
    }

    pub(crate) fn timestamptz(&mut self, value: Timestamp) -> &mut Self {
        self.buffer.put_i32(8);
        self.buffer.put_i64(since_2000(value));
        self
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.buffer.put_i32(-1);
        self
    }

    /// A civil day.
    pub(crate) fn date(&mut self, value: Date) -> &mut Self {
        match value.since((jiff::Unit::Day, EPOCH)) {
            Ok(span) => self.int4(span.get_days()),
            // Within 9999 years either way it fits; another day in its place would be a guess.
            Err(_) => self.null(),
        }
    }

    pub(crate) fn maybe_date(&mut self, value: Option<Date>) -> &mut Self {
        match value {
            Some(value) => self.date(value),
            None => self.null(),
        }
    }

    pub(crate) fn maybe_int8(&mut self, value: Option<i64>) -> &mut Self {
        match value {
            Some(value) => self.int8(value),
            None => self.null(),
        }
    }

    pub(crate) fn int2s(&mut self, values: &[i16]) -> &mut Self {
        self.array(&Type::INT2, values.len(), 2);
        for value in values {
            self.int2(*value);
        }
        self
    }

    pub(crate) fn int4s(&mut self, values: &[i32]) -> &mut Self {
        self.array(&Type::INT4, values.len(), 4);
        for value in values {
            self.int4(*value);
        }
        self
    }

    pub(crate) fn int8s(&mut self, values: &[i64]) -> &mut Self {
        self.array(&Type::INT8, values.len(), 8);
        for value in values {
            self.int8(*value);
        }
        self
    }

    pub(crate) fn texts<'t>(&mut self, values: impl IntoIterator<Item = &'t str>) -> &mut Self {
        self.elements(&Type::TEXT, values, |rows, value| rows.text(value))
    }

    pub(crate) fn numerics(&mut self, values: impl IntoIterator<Item = Decimal>) -> &mut Self {
        self.elements(&Type::NUMERIC, values, Self::numeric)
    }

    pub(crate) fn bools(&mut self, values: impl IntoIterator<Item = bool>) -> &mut Self {
        self.elements(&Type::BOOL, values, Self::bool)
    }

    /// Instants; `None` is before all of them, `-infinity`.
    pub(crate) fn timestamptzs(&mut self, values: impl IntoIterator<Item = Option<Timestamp>>) -> &mut Self {
        self.elements(&Type::TIMESTAMPTZ, values, |rows, value| rows.int8(value.map_or(i64::MIN, since_2000)))
    }

    /// An array of one dimension without nulls, of values of any width.
    fn elements<T>(
        &mut self,
        of: &Type,
        values: impl IntoIterator<Item = T>,
        mut put: impl FnMut(&mut Self, T) -> &mut Self,
    ) -> &mut Self {
        let at = self.buffer.len();
        self.array(of, 0, 0);
        let mut count = 0_i32;
        for value in values {
            put(self, value);
            count = count.saturating_add(1);
        }
        let length = i32::try_from(self.buffer.len() - at - 4).unwrap_or(i32::MAX);
        self.buffer[at..at + 4].copy_from_slice(&length.to_be_bytes());
        self.buffer[at + 16..at + 20].copy_from_slice(&count.to_be_bytes());
        self
    }

    /// The head of an array of one dimension without nulls, whose values follow.
    fn array(&mut self, of: &Type, count: usize, width: usize) {
        const HEAD: usize = 20;
        let size = HEAD.saturating_add(count.saturating_mul(width.saturating_add(4)));
        self.buffer.put_i32(i32::try_from(size).unwrap_or(i32::MAX));
        self.buffer.put_i32(1); // dimensions
        self.buffer.put_i32(0); // no nulls
        self.buffer.put_u32(of.oid());
        self.buffer.put_i32(i32::try_from(count).unwrap_or(i32::MAX));
        self.buffer.put_i32(1); // the first index
    }

    /// Writes the rows: one round trip, whatever their number. `table` is ours and names its columns, such as
    /// `bills (id, bill_no)`.
    pub(crate) async fn copy(mut self, change: &Transaction<'_>, table: &str) -> Result<(), SqlError> {
        if self.count == 0 {
            return Ok(());
        }
        self.buffer.put_i16(-1);
        let sink = change.copy_in::<_, Bytes>(&format!("copy {table} from stdin (format binary)")).await?;
        let mut sink = pin!(sink);
        sink.send(self.buffer.freeze()).await?;
        sink.finish().await?;
        Ok(())
    }
}

/// PostgreSQL's first day.
const EPOCH: Date = jiff::civil::date(2000, 1, 1);

/// Microseconds since the year 2000, PostgreSQL's epoch.
fn since_2000(instant: Timestamp) -> i64 {
    const START: i64 = 946_684_800_000_000;
    instant.as_microsecond() - START
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a field.
    fn field(put: impl FnOnce(&mut Rows)) -> Vec<u8> {
        let mut rows = Rows::new(1);
        rows.row();
        let before = rows.buffer.len();
        put(&mut rows);
        rows.buffer[before..].to_vec()
    }

    #[test]
    fn an_array_of_texts_tells_its_length_and_its_count() {
        let bytes = field(|rows| {
            rows.texts(["a", "bcd"]);
        });
        let text = Type::TEXT.oid().to_be_bytes();
        let head = [&[0, 0, 0, 32, 0, 0, 0, 1, 0, 0, 0, 0], &text[..], &[0, 0, 0, 2, 0, 0, 0, 1]].concat();
        assert_eq!(bytes, [&head[..], &[0, 0, 0, 1, b'a', 0, 0, 0, 3, b'b', b'c', b'd']].concat());
    }

    #[test]
    fn arrays_of_a_width_are_the_same_either_way() {
        let by_width = field(|rows| {
            rows.int8s(&[i64::MIN, since_2000(Timestamp::UNIX_EPOCH)]);
        });
        let one_by_one = field(|rows| {
            rows.timestamptzs([None, Some(Timestamp::UNIX_EPOCH)]);
        });
        let of = |bytes: &[u8]| [&bytes[..12], &bytes[16..]].concat();
        assert_eq!(of(&by_width), of(&one_by_one));
    }
}
