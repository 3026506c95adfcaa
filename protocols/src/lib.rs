//! Bytes to readings and back: one file or folder per protocol, meter models as data in `profiles/`.
//!
//! **Owns** the formats of the wire. [`decode`] takes a buffer and a [`Format`] and answers with the canonical
//! record of what the buffer holds, in the wire's own units.
//!
//! **Promises** that no bytes whatsoever panic it, allocate beyond a small multiple of the input's length, or
//! take more than linear time; that a value is exact, absent, in error or unknown, and never invented; that what
//! it does not understand it hands on with its bytes.
//!
//! **Lacks** any conversion of units (`metering` does that on the way into storage), any clock, any I/O, any
//! state but what the caller passes in ([`Options::prior`]).
#![warn(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

mod error;
mod float;
mod format;
mod json;
pub mod mbus;
mod record;

pub use error::{DecodeError, ErrorKind};
pub use format::{Format, Options};
pub use record::{
    Answer, Decoded, Device, DeviceTime, Event, Frame, Precision, Record, State, Value, Warning, WarningKind,
};

pub use smol_str::SmolStr;

/// Reads one buffer in one format.
///
/// A buffer that holds several frames (echoes, concatenated reads) gives [`Decoded::Many`], in wire order; one
/// that holds nothing but noise gives the error of the noise.
pub fn decode(format: Format, bytes: &[u8], options: &Options<'_>) -> Decoded {
    if format == Format::Mbus {
        return mbus::decode(bytes, options);
    }
    Decoded::One(Err(DecodeError::new(
        ErrorKind::Unsupported,
        0,
        format!("no decoder for {format} ({} bytes)", bytes.len()),
    )))
}
