//! What a database's answer means for the one who asked.

use tokio_postgres::error::SqlState;

use crate::SqlError;

/// The server's own words, with its hint: the driver's `Display` says only "db error".
pub fn sql_text(error: &SqlError) -> String {
    match error.as_db_error() {
        None => error.to_string(),
        Some(db) => match db.hint() {
            Some(hint) => format!("{} ({hint})", db.message()),
            None => db.message().to_owned(),
        },
    }
}

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
