//! The sender's ledger: one JSON line for each frame sent, with its acknowledgement.

use std::fmt;
use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};

/// What a frame must become, if it was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// New readings.
    Stored,
    /// Readings that are there already.
    Duplicate,
    /// A key that is there already, with another value.
    Conflict,
    /// Nothing of it can be used.
    Rejected,
}

/// One line: a frame that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the plan.
    pub n: u64,
    /// mqtt, push or udp.
    pub door: String,
    /// Topic, path or peer.
    pub channel: String,
    /// The bytes, in hex.
    pub hex: String,
    /// What it must become.
    pub expected: Expected,
    /// The readings in it: serial, register, RFC 3339 time in UTC, value.
    pub readings: Vec<(String, String, String, String)>,
    /// Whether the other side has taken responsibility. A datagram is never acknowledged.
    pub acked: bool,
}

/// A ledger that cannot be read or written.
#[derive(Debug)]
pub enum LedgerError {
    /// The file.
    Io(std::io::Error),
    /// A line that is no entry.
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(source) => write!(f, "ledger: {source}"),
            Self::Line { line, source } => write!(f, "ledger line {line}: {source}"),
        }
    }
}

impl std::error::Error for LedgerError {}

impl From<std::io::Error> for LedgerError {
    fn from(source: std::io::Error) -> Self {
        Self::Io(source)
    }
}

/// The file, written as acknowledgements come in.
pub struct Ledger {
    out: Box<dyn Write + std::marker::Send>,
}

impl Ledger {
    /// Writes to `out`.
    pub fn new(out: Box<dyn Write + std::marker::Send>) -> Self {
        Self { out }
    }

    /// One line.
    pub fn write(&mut self, entry: &Entry) -> Result<(), LedgerError> {
        let mut line = serde_json::to_vec(entry).map_err(std::io::Error::from)?;
        line.push(b'\n');
        self.out.write_all(&line)?;
        Ok(())
    }

    /// To the file system.
    pub fn flush(&mut self) -> Result<(), LedgerError> {
        Ok(self.out.flush()?)
    }

    /// Reads a ledger back, line by line.
    pub fn read(input: impl BufRead) -> impl Iterator<Item = Result<Entry, LedgerError>> {
        input.lines().enumerate().map(|(n, line)| {
            serde_json::from_str(&line?).map_err(|source| LedgerError::Line { line: n + 1, source })
        })
    }
}
