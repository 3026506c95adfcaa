//! Instants in bulk. The driver's own conversion of a `jiff::Timestamp` goes through a span; on the ingest path
//! that is a tenth of the time, so a column of instants is a column of microseconds here.

use bytes::{BufMut, BytesMut};
use jiff::Timestamp;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL begins to count.
const EPOCH: i64 = 946_684_800_000_000;

/// An instant as `timestamptz` holds it: whole microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl From<Timestamp> for Instant {
    fn from(instant: Timestamp) -> Self {
        Self(instant.as_microsecond())
    }
}

impl Instant {
    /// Microseconds since 1970, for comparing.
    pub const fn microsecond(self) -> i64 {
        self.0
    }
}

impl ToSql for Instant {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.put_i64(self.0 - EPOCH);
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Instant {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let since_2000 = i64::from_be_bytes(raw.try_into()?);
        // The greatest and the least are PostgreSQL's `infinity` and `-infinity`.
        let instant = since_2000.checked_add(EPOCH).filter(|_| since_2000 != i64::MIN);
        Ok(Self(instant.ok_or("an infinite timestamp")?))
    }

    accepts!(TIMESTAMPTZ);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_infinite_instant_is_no_instant() {
        let read = |raw: i64| {
            Instant::from_sql(&Type::TIMESTAMPTZ, &raw.to_be_bytes()).map_err(|error| error.to_string())
        };
        assert_eq!(read(0), Ok(Instant(EPOCH)));
        for infinite in [i64::MIN, i64::MAX] {
            assert_eq!(read(infinite), Err("an infinite timestamp".to_owned()));
        }
    }
}
