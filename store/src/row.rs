//! Strict reads: a row is understood, or it is an error that names table, column and value. A default in its place would be
//! a guess about money.

use std::fmt;
use std::str::FromStr;

use metering::{Quality, Source};
use tokio_postgres::Row;

use crate::errors::RowError;
use crate::{Numeric, SqlError};

/// A name of a closed list.
///
/// # Errors
/// [`SqlError::Row`] where the name is on no place of the list.
pub fn known<T>(row: &Row, table: &'static str, column: &'static str) -> Result<T, SqlError>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    let text: &str = row.try_get(column)?;
    parse(text, table, column)
}

/// A name of a closed list, or none.
pub fn maybe_known<T>(row: &Row, table: &'static str, column: &'static str) -> Result<Option<T>, SqlError>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    let text: Option<&str> = row.try_get(column)?;
    text.map(|text| parse(text, table, column)).transpose()
}

fn parse<T>(text: &str, table: &'static str, column: &'static str) -> Result<T, SqlError>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    let fault = |why: T::Err| RowError { table, column, value: text.to_owned(), why: why.to_string() };
    text.parse().map_err(|why| fault(why).into())
}

/// A value that this program gives another form: `None` is an error.
pub fn fits<T, V: fmt::Display>(
    value: V,
    table: &'static str,
    column: &'static str,
    fit: impl FnOnce(&V) -> Option<T>,
) -> Result<T, SqlError> {
    fit(&value).ok_or_else(|| {
        let why = "it is not on the list or out of range".to_owned();
        RowError { table, column, value: value.to_string(), why }.into()
    })
}

/// How good a reading is, by its code.
pub fn quality(row: &Row, table: &'static str, column: &'static str) -> Result<Quality, SqlError> {
    fits(row.try_get::<_, i16>(column)?, table, column, |code| Quality::from_code(*code))
}

/// The door through which a reading came, by its code.
pub fn source(row: &Row, table: &'static str, column: &'static str) -> Result<Source, SqlError> {
    fits(row.try_get::<_, i16>(column)?, table, column, |code| Source::from_code(*code))
}

/// An exact number; one beyond 28 digits is an error, not a crash.
pub fn decimal(row: &Row, column: &str) -> Result<rust_decimal::Decimal, SqlError> {
    Ok(row.try_get::<_, Numeric>(column)?.0)
}

/// What `count(*)` counted.
pub(crate) fn count(row: &Row, column: &'static str) -> Result<u64, SqlError> {
    fits(row.try_get::<_, i64>(column)?, "count", column, |n| u64::try_from(*n).ok())
}
