//! HDLC frames (ISO/IEC 13239 as IEC 62056-46 profiles it), put together.
//!
//! ```text
//! 7E | A, S 1 bit, length 11 bits | destination 1 to 4 | source 1 to 4 | control | HCS 2 | information | FCS 2 | 7E
//! ```
//! The length counts all between the flags. S: the information goes on in the next frame. An address ends with the byte
//! whose lowest bit is set. **Lacks** sequence numbers: a listener can ask for nothing again.

use crate::{DecodeError, ErrorKind, crc};

/// The LLC header of an answer, and of a command.
const LLC: [&[u8]; 2] = [&[0xE6, 0xE7, 0x00], &[0xE6, 0xE6, 0x00]];

/// The information of the frames that make up one message, and where the last of them ends.
pub(super) fn message(bytes: &[u8], at: usize) -> Result<(Vec<u8>, usize), DecodeError> {
    let mut whole = Vec::new();
    let end = each(bytes, at, |_, frame| whole.extend_from_slice(frame.information))?;
    let apdu = LLC
        .iter()
        .find_map(|llc| whole.strip_prefix(*llc))
        .ok_or_else(|| DecodeError::new(ErrorKind::Structure, at, "no LLC header before the APDU"))?;
    Ok((apdu.to_vec(), at.saturating_add(end)))
}

/// Visits the frames that make up one message, each with the place of its first flag, which may be the last one of the
/// frame before. Where the last of them ends.
pub(super) fn each<'a>(
    bytes: &'a [u8],
    at: usize,
    mut visit: impl FnMut(usize, &HdlcFrame<'a>),
) -> Result<usize, DecodeError> {
    let mut begin = 0_usize;
    loop {
        let frame = HdlcFrame::read(bytes.get(begin..).unwrap_or_default(), at.saturating_add(begin))?;
        visit(begin, &frame);
        begin = begin.saturating_add(frame.length);
        if !frame.is_segmented {
            return Ok(begin);
        }
        // Between two frames there may be one flag or two.
        if let Some([0x7E, 0x7E]) = bytes.get(begin.saturating_sub(1)..begin.saturating_add(1)) {
            continue;
        }
        begin = begin.saturating_sub(1);
    }
}

pub(super) struct HdlcFrame<'a> {
    /// Bytes of format, addresses and control.
    pub(super) header: usize,
    pub(super) information: &'a [u8],
    is_segmented: bool,
    /// From flag to flag, both counted.
    pub(super) length: usize,
}

impl<'a> HdlcFrame<'a> {
    fn read(bytes: &'a [u8], at: usize) -> Result<Self, DecodeError> {
        let [0x7E, high, low, ..] = bytes else {
            return Err(match bytes.first() {
                None | Some(0x7E) => DecodeError::truncated(at, 3, bytes.len()),
                _ => DecodeError::new(ErrorKind::Structure, at, "a frame begins with 7e"),
            });
        };
        if high & 0xF0 != 0xA0 {
            return Err(DecodeError::new(
                ErrorKind::Structure,
                at.saturating_add(1),
                "frame type is not 3 (a…)",
            ));
        }
        let length = usize::from(u16::from_be_bytes([high & 0x07, *low]));
        let content = bytes.get(1..length.saturating_add(1));
        let content =
            content.ok_or_else(|| DecodeError::truncated(at, length.saturating_add(2), bytes.len()))?;
        let (checked, fcs) = content.split_last_chunk::<2>().ok_or_else(|| too_short(at))?;
        compare(crc::x25(checked), *fcs, at.saturating_add(length).saturating_sub(1))?;
        let end = length.saturating_add(1);
        match bytes.get(end) {
            Some(0x7E) => {}
            Some(_) => {
                return Err(DecodeError::new(
                    ErrorKind::Structure,
                    at.saturating_add(end),
                    "no 7e at the end",
                ));
            }
            None => return Err(DecodeError::truncated(at, length.saturating_add(2), bytes.len())),
        }
        let header = header_bytes(checked).ok_or_else(|| too_short(at))?;
        let information = match checked.get(header..) {
            None | Some([]) => &[],
            Some(rest) => {
                let (hcs, information) = rest.split_first_chunk::<2>().ok_or_else(|| too_short(at))?;
                let hcs_at = at.saturating_add(header).saturating_add(1);
                compare(crc::x25(checked.get(..header).unwrap_or_default()), *hcs, hcs_at)?;
                information
            }
        };
        let is_segmented = high & 0x08 != 0;
        Ok(Self { header, information, is_segmented, length: length.saturating_add(2) })
    }
}

/// Format, two addresses whose last byte has its lowest bit set, control.
fn header_bytes(frame: &[u8]) -> Option<usize> {
    let mut at = 2_usize;
    for _ in 0..2 {
        let address = frame.get(at..)?.iter().take(4).position(|byte| byte & 1 == 1)?;
        at = at.checked_add(address)?.checked_add(1)?;
    }
    at.checked_add(1)
}

fn compare(expected: u16, got: [u8; 2], at: usize) -> Result<(), DecodeError> {
    let got = u16::from_le_bytes(got);
    if expected == got {
        return Ok(());
    }
    let message = format!("checksum: expected {expected:04x}, got {got:04x}");
    Err(DecodeError::new(ErrorKind::Checksum, at, message))
}

fn too_short(at: usize) -> DecodeError {
    DecodeError::new(ErrorKind::Structure, at, "a frame too short for its header")
}
