//! DLMS/COSEM push: the data notifications that electricity meters send unasked (IEC 62056-5-3, -46, -47, 61334-6).
//!
//! ```text
//! transport   HDLC      7E | A, S, length (11 bits) | destination | source | control | HCS | LLC E6 E7 00 | APDU | FCS | 7E
//!             wrapper   00 01 | source (2) | destination (2) | length (2) | APDU
//!             M-Bus     68 L L 68 | C A CI | STSAP DTSAP | part of an APDU | CS 16       (IEC 62056-7-3, CI 00-1F)
//!             none      APDU
//! ciphered    DB | 08 | system title (8) | length | SC | frame counter (4) | ciphertext | tag (12)
//! APDU        0F | invoke id (4) | 00 or 0C and a date-time (12) | data
//! ```
//! HDLC frames with the S bit, M-Bus telegrams and general-block-transfer blocks are put together. The data is a
//! list in which each value stands beside its OBIS code, with or without scaler and unit ([`list`]), or a list whose
//! positions are documented for a model ([`models`]).
//!
//! A key of 16 bytes is the encryption key; of 32 bytes, encryption key and authentication key: without the latter a
//! tag cannot be checked, and the frame carries the warning `unauthenticated`.
//!
//! **Lacks** associations, requests and any answer: this is what a listener at the customer port sees. Blocks and
//! segments are joined as they come, whatever their numbers.

pub(crate) mod anatomy;
mod data;
mod hdlc;
mod list;
mod mbus;
mod models;
mod records;
pub(crate) mod security;

use std::borrow::Cow;

use crate::{DecodeError, Decoded, ErrorKind, Frame, Options, Warning, WarningKind};

use data::Cursor;
use security::{Keys, Sealed};

/// Reads all notifications of a buffer.
pub(crate) fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    let mut results = Vec::new();
    let mut at = 0_usize;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        match message(rest, at) {
            Ok((apdu, end)) => {
                results.push(notification(&apdu, at, options));
                at = end.max(at.saturating_add(1));
            }
            Err(error) => {
                // Behind a damaged frame the next one cannot be told from its contents.
                results.push(Err(error));
                break;
            }
        }
    }
    match (results.len(), results.pop()) {
        (_, None) => Decoded::One(Err(DecodeError::truncated(0, 1, 0))),
        (1, Some(result)) => Decoded::One(result),
        (_, last) => Decoded::Many(results.into_iter().chain(last).collect()),
    }
}

/// The APDU of the message that begins the buffer, and where in the whole buffer the message ends.
fn message(bytes: &[u8], at: usize) -> Result<(Cow<'_, [u8]>, usize), DecodeError> {
    match bytes {
        [0x7E, ..] => hdlc::message(bytes, at).map(|(apdu, end)| (Cow::Owned(apdu), end)),
        [0x68, ..] => mbus::message(bytes, at).map(|(apdu, end)| (Cow::Owned(apdu), end)),
        [0x00, 0x01, _, _, _, _, high, low, rest @ ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let start = at.saturating_add(8);
            let apdu = rest.get(..length).ok_or_else(|| DecodeError::truncated(start, length, rest.len()))?;
            Ok((Cow::Borrowed(apdu), start.saturating_add(length)))
        }
        [0x00, 0x01, ..] | [0x00] => Err(DecodeError::truncated(at, 8, bytes.len())),
        _ => Ok((Cow::Borrowed(bytes), at.saturating_add(bytes.len()))),
    }
}

fn notification(apdu: &[u8], at: usize, options: &Options<'_>) -> Result<Frame, DecodeError> {
    let joined = joined_blocks(apdu, at)?;
    let apdu: &[u8] = joined.as_deref().unwrap_or(apdu);
    match apdu.first() {
        Some(0xDB | 0xDC) => {
            let (sealed, rest) = Sealed::read(apdu, at)?;
            if !rest.is_empty() {
                return Err(DecodeError::new(ErrorKind::Structure, at, "bytes behind the ciphered APDU"));
            }
            let keys =
                if sealed.is_encrypted() { Keys::new(options.key)? } else { Keys::optional(options.key)? };
            let (plain, authenticated) = sealed.open(&keys, is_notification)?;
            let mut frame = in_clear(&plain, at).map_err(|error| match error.kind {
                // Without a tag to check, an APDU that is none shows that the key is not the meter's.
                ErrorKind::Unsupported if !authenticated => {
                    DecodeError::new(ErrorKind::KeyWrong, at, "the key opens no data notification")
                }
                _ => error,
            })?;
            if !authenticated && sealed.has_tag() {
                frame.warnings.push(Warning {
                    kind: WarningKind::Unauthenticated,
                    offset: at,
                    bytes: Vec::new(),
                });
            }
            records::name_by_title(&mut frame, *sealed.title);
            frame.device.access = Some(sealed.counter);
            Ok(frame)
        }
        _ => in_clear(apdu, at),
    }
}

fn is_notification(plain: &[u8]) -> bool {
    matches!(plain, [0x0F, _, _, _, _, 0x00 | 0x09 | 0x0C, ..])
}

/// `0F`, the invoke id, a date-time, the data.
fn in_clear(apdu: &[u8], at: usize) -> Result<Frame, DecodeError> {
    let mut cursor = Cursor::new(apdu, at);
    match cursor.byte()? {
        0x0F => {}
        tag => {
            let message = format!("APDU {tag:02x} is no data notification");
            return Err(DecodeError::new(ErrorKind::Unsupported, at, message));
        }
    }
    cursor.take(4)?;
    let sent = match cursor.byte()? {
        0 => None,
        // Some Kaifa meters write the date-time as typed data.
        0x09 => {
            let length = cursor.byte()?;
            Some(cursor.take(usize::from(length))?)
        }
        length => Some(cursor.take(usize::from(length))?),
    };
    let data = cursor.data()?;
    if !cursor.is_at_end() {
        return Err(DecodeError::new(ErrorKind::Structure, cursor.at(), "bytes behind the data"));
    }
    Ok(records::frame(&data, sent))
}

/// The parts of an APDU in blocks, put together. `None` where it is no block.
fn joined_blocks(apdu: &[u8], at: usize) -> Result<Option<Vec<u8>>, DecodeError> {
    if apdu.first() != Some(&0xE0) {
        return Ok(None);
    }
    let mut whole = Vec::new();
    each_block(apdu, at, |_, part| whole.extend_from_slice(part))?;
    Ok(Some(whole))
}

/// General block transfer: `E0 | control (80: last) | number (2) | acknowledged (2) | length | part`, as often as
/// there are blocks. Visits the parts, each with the length of what stands before it.
fn each_block<'a>(
    apdu: &'a [u8],
    at: usize,
    mut visit: impl FnMut(usize, &'a [u8]),
) -> Result<(), DecodeError> {
    let mut cursor = Cursor::new(apdu, at);
    loop {
        let begin = cursor.at();
        if cursor.byte()? != 0xE0 {
            return Err(DecodeError::new(ErrorKind::Structure, cursor.at(), "expected a block"));
        }
        let control = cursor.byte()?;
        cursor.take(4)?;
        let length = cursor.length()?;
        visit(cursor.at().saturating_sub(begin), cursor.take(length)?);
        if control & 0x80 != 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
