//! A span of instants on its way into a `tstzrange` column.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use jiff::Timestamp;
use tokio_postgres::types::{IsNull, ToSql, Type, accepts, to_sql_checked};

/// `[from, to)`. Columns of this type are read with `lower()` and `upper()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instants {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
}

/// The lower bound is included, the upper one is not.
const HALF_OPEN: u8 = 0x02;

impl ToSql for Instants {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_u8(HALF_OPEN);
        for instant in [self.from, self.to] {
            out.put_i32(8);
            instant.to_sql(&Type::TIMESTAMPTZ, out)?;
        }
        Ok(IsNull::No)
    }

    accepts!(TSTZ_RANGE);
    to_sql_checked!();
}
