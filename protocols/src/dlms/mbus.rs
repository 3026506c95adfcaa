//! The M-Bus transport of DLMS (IEC 62056-7-3; CI 00 to 1F of EN 13757-7, table 2): long frames whose CI field counts
//! the parts.
//!
//! ```text
//! 68 L L 68 | C | A | CI: 10 last part, 0F its number | STSAP | DTSAP | part | CS | 16
//! ```

use crate::{DecodeError, ErrorKind};

const LAST: u8 = 0x10;

/// The APDU of the frames that make up one message, and where the last of them ends.
pub(super) fn message(bytes: &[u8], at: usize) -> Result<(Vec<u8>, usize), DecodeError> {
    let mut whole = Vec::new();
    let end = each(bytes, at, |apdu| whole.extend_from_slice(apdu))?;
    Ok((whole, at.saturating_add(end)))
}

/// Visits the parts of one message, one of each of its frames. Where the last of them ends.
pub(super) fn each<'a>(
    bytes: &'a [u8],
    at: usize,
    mut visit: impl FnMut(&'a [u8]),
) -> Result<usize, DecodeError> {
    let mut begin = 0_usize;
    for number in 0..=u8::MAX {
        let here = at.saturating_add(begin);
        let (part, length) = frame(bytes.get(begin..).unwrap_or_default(), here)?;
        let [_, _, control, _, _, apdu @ ..] = part else {
            return Err(DecodeError::new(
                ErrorKind::Structure,
                here,
                "a long frame too short for its header",
            ));
        };
        if control & 0xE0 != 0 || control & 0x0F != number & 0x0F {
            let message = format!("expected part {number} of a message, got CI {control:02x}");
            return Err(DecodeError::new(ErrorKind::Structure, here.saturating_add(6), message));
        }
        visit(apdu);
        begin = begin.saturating_add(length);
        if control & LAST != 0 {
            return Ok(begin);
        }
    }
    Err(DecodeError::new(ErrorKind::Structure, at, "a message of more than 256 parts"))
}

/// What stands between the header and the sum of a long frame, and the frame's length.
fn frame(bytes: &[u8], at: usize) -> Result<(&[u8], usize), DecodeError> {
    let [0x68, first, second, 0x68, rest @ ..] = bytes else {
        let is_cut = bytes.len() < 4;
        return Err(if is_cut {
            DecodeError::truncated(at, 4, bytes.len())
        } else {
            DecodeError::new(ErrorKind::Structure, at, "expected a long frame, 68 L L 68")
        });
    };
    if first != second {
        return Err(DecodeError::new(ErrorKind::Structure, at.saturating_add(1), "the two lengths differ"));
    }
    let length = usize::from(*first);
    let whole = length.saturating_add(6);
    let (content, tail) =
        rest.split_at_checked(length).ok_or_else(|| DecodeError::truncated(at, whole, bytes.len()))?;
    let [sum, end, ..] = tail else { return Err(DecodeError::truncated(at, whole, bytes.len())) };
    let expected = content.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    if expected != *sum {
        return Err(DecodeError::checksum(at.saturating_add(whole).saturating_sub(2), expected, *sum));
    }
    if *end != 0x16 {
        let end_at = at.saturating_add(whole).saturating_sub(1);
        return Err(DecodeError::new(ErrorKind::Structure, end_at, "a long frame ends with 16"));
    }
    Ok((content, whole))
}
