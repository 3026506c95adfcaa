//! Why ingest does not run.

use std::fmt;
use std::path::PathBuf;

use metering::refusal::{Refusal, Why};
use store::ConnectError;

/// Why ingest does not run.
#[derive(Debug)]
pub enum RunError {
    /// A setting is not right.
    Settings(String),
    /// The database cannot be used.
    Database(ConnectError),
    /// The broker's address or a certificate cannot be used.
    BrokerAddress(String),
    /// The broker does not answer, or refuses.
    Broker {
        /// Its host and port, without the password.
        target: String,
        /// In its own words, or the driver's.
        why: String,
    },
    /// The broker drops messages that it has acknowledged.
    BrokerDrops {
        /// How many it kept for a session that was away.
        kept: usize,
        /// Of how many.
        of: usize,
    },
    /// The spool's folder cannot be used.
    Spool(PathBuf, std::io::Error),
    /// A door cannot be opened.
    Door(String, std::io::Error),
}

/// For logs. What a person reads, with what helps, is said of the refusal.
impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Refusal::from(self).fmt(f)
    }
}

impl std::error::Error for RunError {}

impl From<&RunError> for Refusal {
    fn from(error: &RunError) -> Self {
        match error {
            RunError::Settings(message) => Self::detail(Why::Settings, format!("[ingest] {message}")),
            RunError::Database(source) => source.into(),
            RunError::BrokerAddress(why) => Self::new(Why::ServerAddress, "broker").with("detail", why),
            RunError::Broker { target, why } => {
                Self::new(Why::NoBroker, "broker").with("target", target).with("detail", why)
            }
            RunError::BrokerDrops { kept, of } => {
                Self::new(Why::BrokerDrops, "broker").with("kept", kept).with("of", of)
            }
            RunError::Spool(folder, source) => {
                Self::new(Why::Spool, "spool").with("folder", folder.display()).with("detail", source)
            }
            RunError::Door(door, source) => {
                Self::new(Why::Door, "door").with("door", door).with("detail", source)
            }
        }
    }
}
