//! What the frames of CJ/T 188, DL/T 645 and the CAT-1 modules have in common.
//!
//! ```text
//!  68 │ rest of the head, with the length L of the data │ data L │ CS │ 16
//!  └──────── CS = sum of these bytes, modulo 256 ────────────────┘
//! ```

use crate::stream::{Fault, Front};

/// The start mark.
pub(crate) const START: u8 = 0x68;
/// The end mark.
pub(crate) const END: u8 = 0x16;
/// Bytes behind the data.
pub(crate) const TAIL: usize = 2;
/// The most data that a length of one byte counts.
const DATA_MAX: usize = 255;

/// What stands at the front of bytes that begin with a head of so many bytes, whose data are so long.
pub(crate) fn front(bytes: &[u8], head: usize, data: u8) -> Front {
    let len = head.saturating_add(data.into()).saturating_add(TAIL);
    let Some(&[ref summed @ .., got, end]) = bytes.get(..len) else { return Front::Partial(len) };
    if end != END {
        return Front::Damaged(len, Fault::End { at: len.saturating_sub(1), got: end });
    }
    let expected = sum(summed);
    if expected == got {
        Front::Frame(len)
    } else {
        Front::Damaged(len, Fault::Sum { at: summed.len(), expected, got })
    }
}

/// The check byte of those bytes.
pub(crate) fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// A frame: so many bytes that wake the line, the head without its length, the length, the data, the check byte, the end
/// mark. What is longer than 255 bytes of data is cut, so that the length byte stays true.
pub(crate) fn build(preamble: usize, head: &[u8], data: &[u8]) -> Vec<u8> {
    let data = data.get(..data.len().min(DATA_MAX)).unwrap_or_default();
    let mut frame = vec![0xFE; preamble];
    frame.extend(head);
    frame.push(u8::try_from(data.len()).unwrap_or(u8::MAX));
    frame.extend(data);
    let check = sum(frame.get(preamble..).unwrap_or_default());
    frame.extend([check, END]);
    frame
}
