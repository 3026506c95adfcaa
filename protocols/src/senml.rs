//! SenML (RFC 8428): a list of records, each with a name, a unit, a time and a value, some of them carried by base
//! fields that hold for all records after them.
//!
//! ```text
//! JSON [{"bn": "urn:dev:mac:0024befffe804ff1:", "bt": 1276020076, "bu": "m3", "n": "8-0:1.0.0", "v": 12.5}, …]
//! CBOR the same with whole numbers for the keys: bver -1, bn -2, bt -3, bu -4, bv -5, bs -6,
//!      n 0, u 1, v 2, vs 3, vb 4, s 5, t 6, ut 7, vd 8
//! ```
//! Resolution as section 4.6 has it: name = bn + n, value = bv + v, sum = bs + s, time = bt + t; a time below 2^28
//! is relative to the time of receipt. The sum `s` is the integral of the value over seconds: W gives J.
//!
//! A name's last part says what is measured where it can: an OBIS code, an LwM2M path, a name of
//! [`crate::envelope::fields`]; what stands before it is the device. Records of several devices are several frames.
//!
//! **Lacks** the forms in XML and EXI, and streams of records without an end (sections 4.8, 7, 8).

pub(crate) mod anatomy;
mod entry;
mod measures;
mod read;

use crate::document::Json;
use crate::{DecodeError, Decoded, ErrorKind, Format, Frame, Options, cbor};

pub(crate) use entry::{Content, Entry};
pub(crate) use measures::{quantity, unit};

/// Reads a pack in JSON.
pub(crate) fn decode_json(bytes: &[u8], options: &Options<'_>) -> Decoded {
    decoded(Format::SenmlJson, Json::parse(bytes).and_then(|pack| entry::of_json(&pack)), options)
}

/// Reads a pack in CBOR.
pub(crate) fn decode_cbor(bytes: &[u8], options: &Options<'_>) -> Decoded {
    decoded(Format::SenmlCbor, cbor::Cbor::parse(bytes).and_then(|pack| entry::of_cbor(&pack)), options)
}

/// Whether a document is a pack.
pub(crate) fn is_one(document: &Json<'_>) -> bool {
    let first = document.elements().first();
    first.is_some_and(|record| ["n", "bn", "v", "bt"].iter().any(|key| record.get(key).is_some()))
}

/// Whether a pack is in JSON, which begins with a bracket: that is no list in CBOR.
pub(crate) fn is_json(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'[')
}

/// The resolved entries of a pack in either form.
pub(crate) fn entries(bytes: &[u8]) -> Result<Vec<Entry>, DecodeError> {
    if is_json(bytes) {
        entry::of_json(&Json::parse(bytes)?)
    } else {
        entry::of_cbor(&cbor::Cbor::parse(bytes)?)
    }
}

fn decoded(format: Format, entries: Result<Vec<Entry>, DecodeError>, options: &Options<'_>) -> Decoded {
    let entries = match entries {
        Ok(entries) if entries.is_empty() => {
            return Decoded::One(Err(DecodeError::new(ErrorKind::Structure, 0, "a pack without records")));
        }
        Ok(entries) => entries,
        Err(error) => return Decoded::One(Err(error)),
    };
    let mut frames: Vec<Frame> = Vec::new();
    for entry in &entries {
        put(&mut frames, entry, format, options);
    }
    match (frames.len(), frames.pop()) {
        (1, Some(frame)) => Decoded::One(Ok(frame)),
        (_, last) => Decoded::Many(frames.into_iter().chain(last).map(Ok).collect()),
    }
}

/// Puts a record into the frame of its device: the last one, or a new one.
fn put(frames: &mut Vec<Frame>, entry: &Entry, format: Format, options: &Options<'_>) {
    let (device, measured) = read::split(entry);
    if frames.last().is_none_or(|frame| frame.device.address.as_deref() != device) {
        let mut frame = Frame::new(format);
        frame.device.address = device.map(Into::into);
        frames.push(frame);
    }
    if let Some(frame) = frames.last_mut() {
        read::put(frame, entry, measured, options);
    }
}

#[cfg(test)]
mod tests;
