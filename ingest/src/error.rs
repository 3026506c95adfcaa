//! Why ingest does not run.

use std::fmt;
use std::path::PathBuf;

/// Why ingest does not run. Each says what is missing and what mends it.
#[derive(Debug)]
pub enum RunError {
    /// A setting is not right.
    Settings(String),
    /// The database cannot be used.
    Database(String),
    /// The broker cannot be used, or loses messages.
    Broker(String),
    /// The spool's folder cannot be used.
    Spool(PathBuf, std::io::Error),
    /// A door cannot be opened.
    Door(String, std::io::Error),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(message) => write!(f, "[ingest] {message}"),
            Self::Database(message) | Self::Broker(message) => f.write_str(message),
            Self::Spool(path, source) => {
                write!(
                    f,
                    "the spool {} cannot be used: {source}; name another in [ingest] spool",
                    path.display()
                )
            }
            Self::Door(door, source) => {
                write!(
                    f,
                    "the {door} door cannot be opened: {source}; choose another address in [ingest], or \"\" for none"
                )
            }
        }
    }
}

impl std::error::Error for RunError {}
