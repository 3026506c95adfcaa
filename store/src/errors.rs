//! What a database's answer means for the one who asked.

use std::error::Error;
use std::fmt;

use metering::refusal::{Refusal, Why};
use tokio_postgres::error::{DbError, SqlState};

/// Why the database gave no answer, or none that this program understands.
#[derive(Debug)]
pub enum SqlError {
    /// The server's or the connection's own error.
    Driver(tokio_postgres::Error),
    /// A row holds what this program does not know: written by a newer one, or broken.
    Row(RowError),
}

/// A column whose value this program does not understand. It is never taken for another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// What stands there.
    pub value: String,
    /// Why that is not understood.
    pub why: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, column, value, why } = self;
        write!(f, "{table}.{column} holds {value:?}, which this version does not understand: {why}")
    }
}

impl SqlError {
    /// The server's code, where the server answered.
    pub fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Driver(source) => source.code(),
            Self::Row(_) => None,
        }
    }

    /// Whether it is the connection that failed, and not what was asked on it.
    pub fn is_of_connection(&self) -> bool {
        let Self::Driver(source) = self else { return false };
        let cause = source.source().and_then(|cause| cause.downcast_ref::<std::io::Error>());
        source.is_closed() || cause.is_some()
    }

    /// The server's own report.
    pub fn as_db_error(&self) -> Option<&DbError> {
        match self {
            Self::Driver(source) => source.as_db_error(),
            Self::Row(_) => None,
        }
    }
}

/// The server's own words, with its hint: the driver's say only "db error".
impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.as_db_error()) {
            (Self::Row(row), _) => row.fmt(f),
            (Self::Driver(source), None) => {
                source.fmt(f)?;
                let mut cause = source.source();
                while let Some(inner) = cause {
                    write!(f, ": {inner}")?;
                    cause = inner.source();
                }
                Ok(())
            }
            (Self::Driver(_), Some(db)) => match db.hint() {
                Some(hint) => write!(f, "{} ({hint})", db.message()),
                None => f.write_str(db.message()),
            },
        }
    }
}

/// Its text holds its causes.
impl Error for SqlError {}

impl From<tokio_postgres::Error> for SqlError {
    fn from(source: tokio_postgres::Error) -> Self {
        Self::Driver(source)
    }
}

impl From<RowError> for SqlError {
    fn from(source: RowError) -> Self {
        Self::Row(source)
    }
}

/// The error of an operation takes the database's errors in its variant `Sql`.
#[macro_export]
macro_rules! takes_sql_errors {
    ($($error:ty),*) => {
        $(
            impl From<$crate::SqlError> for $error {
                fn from(source: $crate::SqlError) -> Self {
                    Self::Sql(source)
                }
            }

            impl From<$crate::DriverError> for $error {
                fn from(source: $crate::DriverError) -> Self {
                    Self::Sql(source.into())
                }
            }
        )*
    };
}

/// What a database's answer means for whoever wanted something. The one place where it becomes a refusal.
impl From<SqlError> for Refusal {
    fn from(error: SqlError) -> Self {
        Self::from(&error)
    }
}

impl From<&SqlError> for Refusal {
    fn from(error: &SqlError) -> Self {
        let Some(code) = error.code() else {
            let lost = matches!(error, SqlError::Driver(source) if source.is_closed());
            return Self::detail(if lost { Why::Busy } else { Why::Stored }, error);
        };
        let passing = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
        ];
        let absent = [SqlState::UNDEFINED_TABLE, SqlState::UNDEFINED_COLUMN, SqlState::UNDEFINED_FUNCTION];
        let refused = error.as_db_error();
        if passing.contains(code) {
            Self::detail(Why::Busy, error)
        } else if *code == SqlState::NUMERIC_VALUE_OUT_OF_RANGE {
            Self::new(Why::Overflow, "")
        } else if refused.and_then(DbError::constraint) == Some(OPEN_MONTH) {
            let month = refused.and_then(DbError::detail).unwrap_or_default();
            Self::new(Why::ClosedMonth, "month").with("month", month)
        } else if absent.contains(code) {
            Self::detail(Why::Schema, error)
        } else {
            Self::detail(Why::Database, error)
        }
    }
}

/// What refuses a posting into a closed month (migrations/V6); its detail is the month.
const OPEN_MONTH: &str = "journal_open_month";

/// Whether a unique key is taken.
pub fn is_unique_violation(error: &SqlError) -> bool {
    error.code() == Some(&SqlState::UNIQUE_VIOLATION)
}

/// Whether another transaction got in between: the same again may succeed.
pub fn is_clash(error: &SqlError) -> bool {
    let again = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::EXCLUSION_VIOLATION,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    error.code().is_some_and(|code| again.contains(code))
}
