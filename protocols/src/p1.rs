//! P1, the customer port of Dutch, Belgian, Luxembourg, Swedish, Hungarian and related meters (DSMR 2.2 to 5,
//! IEC 62056-21 mode D).
//!
//! ```text
//! /XXX5identification CR LF CR LF        XXX: the maker
//! A-B:C.D.E(value)(value*unit) CR LF     objects; in v3 a value may stand on the line below its object
//! !HHHH CR LF                            CRC-16 from / to ! in hex, from version 4 on
//! ```
//! (DSMR 5.0.2: the telegram 6.2, its objects 6.12.) The CRC is CRC-16/ARC; some Swedish meters send X-25, some print it without leading
//! zeros. A telegram that says its version is 4 or later has one, or it is cut off; an older one has none.
//!
//! Times end in S (summer) or W (winter). Every country of this port keeps Central European Time, so S is +02:00
//! and W +01:00, which is what tells the two hours apart when the clock is put back. v3 has no letter: civil time.
//! `632525252525W` is no time.
//!
//! Meters behind the meter (`0-n:`) keep their own time and are subunit n. Luxembourg's encrypted telegrams are
//! opened in [`sealed`].
//!
//! **Lacks** the other modes of IEC 62056-21 (a reader's request, its password), and any guess at a code that is in no
//! table: such an object is handed on as `unknown`, with its text.

pub(crate) mod anatomy;
mod object;
mod objects;
mod sealed;
mod telegram;

use std::borrow::Cow;

use crate::{DecodeError, Decoded, ErrorKind, Format, Frame, Options};

use telegram::Telegram;

/// Reads all telegrams of a buffer.
pub(crate) fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    let opened = match bytes.first() {
        Some(0xDB) => match sealed::open(bytes, options.key) {
            Ok(plain) => Cow::Owned(plain),
            Err(error) => return Decoded::One(Err(error)),
        },
        _ => Cow::Borrowed(bytes),
    };
    let mut results = Vec::new();
    let mut at = 0_usize;
    while let Some(start) = next_start(&opened, at) {
        let telegram = Telegram::cut(&opened, start);
        at = telegram.as_ref().map_or_else(|(_, end)| *end, |telegram| telegram.end);
        results.push(telegram.map_err(|(error, _)| error).and_then(|telegram| frame(&telegram)));
    }
    match (results.len(), results.pop()) {
        (0, _) | (_, None) if bytes.is_empty() => Decoded::One(Err(DecodeError::truncated(0, 1, 0))),
        (_, None) => {
            Decoded::One(Err(DecodeError::new(ErrorKind::Structure, 0, "no telegram begins with /")))
        }
        (1, Some(result)) => Decoded::One(result),
        (_, last) => Decoded::Many(results.into_iter().chain(last).collect()),
    }
}

/// A slash at the beginning of a line: identifications hold slashes, too.
fn next_start(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let mut fresh = true;
    for (n, byte) in rest.iter().enumerate() {
        if *byte == b'/' && fresh {
            return from.checked_add(n);
        }
        // Noise before the first telegram need not end with a line.
        fresh = matches!(byte, b'\n' | b'\r' | b' ') || from == 0 && !byte.is_ascii_graphic();
    }
    None
}

fn frame(telegram: &Telegram<'_>) -> Result<Frame, DecodeError> {
    telegram.check()?;
    let mut frame = Frame::new(Format::P1);
    frame.device.medium = Some(metering::Medium::Electricity);
    frame.device.manufacturer = telegram.identification.get(..3).map(Into::into);
    let mut reader = objects::Reader::new(&mut frame);
    for (offset, line) in telegram.lines() {
        reader.line(offset, &line);
    }
    reader.finish();
    Ok(frame)
}

#[cfg(test)]
mod tests;
