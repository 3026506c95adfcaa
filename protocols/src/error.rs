//! Why a buffer, or a frame in it, could not be read.

use std::borrow::Cow;
use std::fmt;

/// The closed list of reasons; the same words are metric labels, database values and rows of `docs/protocols.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// The buffer ends before the frame does.
    Truncated,
    /// A sum or CRC over the frame does not come out.
    Checksum,
    /// The bytes do not have the form of this format.
    Structure,
    /// Well-formed, and of a kind that this product does not read.
    Unsupported,
    /// Encrypted, and no key was given.
    KeyMissing,
    /// Encrypted, and the key given does not open it.
    KeyWrong,
    /// A message authentication code or an inner check does not come out although the key opens it.
    Integrity,
    /// A compact frame whose full frame was not seen before.
    StateMissing,
    /// A value that cannot be one (a digit above 9 where the whole frame hangs on it, an overflow).
    Value,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Truncated,
        Self::Checksum,
        Self::Structure,
        Self::Unsupported,
        Self::KeyMissing,
        Self::KeyWrong,
        Self::Integrity,
        Self::StateMissing,
        Self::Value,
    ];

    /// The name in JSON, metrics and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Checksum => "checksum",
            Self::Structure => "structure",
            Self::Unsupported => "unsupported",
            Self::KeyMissing => "key_missing",
            Self::KeyWrong => "key_wrong",
            Self::Integrity => "integrity",
            Self::StateMissing => "state_missing",
            Self::Value => "value",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a frame could not be read: what, where, and a sentence with the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What.
    pub kind: ErrorKind,
    /// The byte of the buffer at which it was seen.
    pub offset: usize,
    /// Lower case, no full stop, with the values: `checksum: expected 4e, got 4f`.
    pub message: Cow<'static, str>,
}

impl DecodeError {
    /// An error of that kind at that byte.
    pub fn new(kind: ErrorKind, offset: usize, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, offset, message: message.into() }
    }

    /// The frame goes on past the end of the buffer: `need` bytes, `have` are there.
    pub fn truncated(offset: usize, need: usize, have: usize) -> Self {
        Self::new(ErrorKind::Truncated, offset, format!("truncated: need {need} bytes, have {have}"))
    }

    /// A check byte that does not come out.
    pub fn checksum(offset: usize, expected: u8, got: u8) -> Self {
        Self::new(ErrorKind::Checksum, offset, format!("checksum: expected {expected:02x}, got {got:02x}"))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.message, self.offset)
    }
}

impl std::error::Error for DecodeError {}
