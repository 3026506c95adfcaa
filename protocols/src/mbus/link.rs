//! The wired link: how bytes on the line become frames.
//!
//! ```text
//! EN 13757-2, 5.7 (after EN 60870-5-1, format class FT 1.2)
//!
//! acknowledgement  E5
//! short            10 C A CS 16
//! long             68 L L 68 | C A CI data | CS 16      L counts C to data; L = 3 is a control frame
//!
//! CS  sum of C to the last byte of data, modulo 256
//! C   40 SND_NKE, 53/73 SND_UD, 5A/7A REQ_UD1, 5B/7B REQ_UD2, 08/18/28/38 RSP_UD (bit 5 ACD, bit 4 DFC)
//! A   1 to 250, FB/FC reserved, FD addressed by identification, FE and FF everyone
//! ```
//!
//! Frames are found by their length, never by searching for 16. After noise only a long frame is believed: its
//! header says its length twice, while E5 and 10 occur in any data.

use crate::stream::{Fault, Framing, Front};
use crate::{DecodeError, ErrorKind};

/// A frame of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packet<'a> {
    Acknowledgement,
    Short { control: u8, address: u8 },
    Long { control: u8, address: u8, code: u8, data: &'a [u8] },
}

/// Bytes before the data of a long frame: 68 L L 68 C A CI.
pub(super) const LONG_HEADER: usize = 7;

/// Why no frame begins here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoPacket {
    /// The first byte begins no frame.
    Noise,
    /// A frame begins here and is damaged or not whole; so many bytes belong to it.
    Damaged(DecodeError, usize),
}

/// The frame at the beginning of `bytes`, which stand at `offset` of the buffer, and its length.
#[inline]
pub(super) fn packet(bytes: &[u8], offset: usize) -> Result<(Packet<'_>, usize), NoPacket> {
    match bytes {
        [0xE5, ..] => Ok((Packet::Acknowledgement, 1)),
        [0x10, rest @ ..] => short(rest, bytes.len(), offset),
        [0x68, rest @ ..] => long(rest, bytes.len(), offset),
        _ => Err(NoPacket::Noise),
    }
}

fn short(rest: &[u8], have: usize, offset: usize) -> Result<(Packet<'_>, usize), NoPacket> {
    let [control, address, sum, stop, ..] = *rest else {
        return Err(NoPacket::Damaged(DecodeError::truncated(offset, 5, have), have));
    };
    check(control.wrapping_add(address), sum, offset.saturating_add(3))?;
    end(stop, offset.saturating_add(4), 5)?;
    Ok((Packet::Short { control, address }, 5))
}

fn long(rest: &[u8], have: usize, offset: usize) -> Result<(Packet<'_>, usize), NoPacket> {
    let structure = |at: usize, message: String, length| {
        NoPacket::Damaged(DecodeError::new(ErrorKind::Structure, offset.saturating_add(at), message), length)
    };
    let [length, again, second, body @ ..] = rest else {
        return Err(NoPacket::Damaged(DecodeError::truncated(offset, 9, have), have));
    };
    if length != again {
        return Err(structure(2, format!("length {length:02x} is repeated as {again:02x}"), 1));
    }
    if *second != 0x68 {
        return Err(structure(3, format!("expected 68 behind the length, got {second:02x}"), 1));
    }
    if *length < 3 {
        return Err(structure(1, format!("length {length}: a frame has at least 3 bytes"), 4));
    }
    let counted = usize::from(*length);
    let total = counted.saturating_add(6);
    let Some((inner, [sum, stop, ..])) = body.split_at_checked(counted) else {
        return Err(NoPacket::Damaged(DecodeError::truncated(offset, total, have), have));
    };
    let (sum_at, stop_at) =
        (offset.saturating_add(total).saturating_sub(2), offset.saturating_add(total).saturating_sub(1));
    check(inner.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), *sum, sum_at)
        .and_then(|()| end(*stop, stop_at, total))
        .map_err(|error| match error {
            NoPacket::Damaged(error, _) => NoPacket::Damaged(error, total),
            NoPacket::Noise => NoPacket::Noise,
        })?;
    match inner {
        [control, address, code, data @ ..] => {
            Ok((Packet::Long { control: *control, address: *address, code: *code, data }, total))
        }
        _ => Err(structure(1, "a frame has at least 3 bytes".to_owned(), total)),
    }
}

fn check(expected: u8, got: u8, at: usize) -> Result<(), NoPacket> {
    if expected == got { Ok(()) } else { Err(NoPacket::Damaged(DecodeError::checksum(at, expected, got), 5)) }
}

fn end(stop: u8, at: usize, length: usize) -> Result<(), NoPacket> {
    if stop == 0x16 {
        return Ok(());
    }
    let message = format!("expected 16 at the end, got {stop:02x}");
    Err(NoPacket::Damaged(DecodeError::new(ErrorKind::Structure, at, message), length))
}

/// Long and short frames in a stream. E5 is none here: one byte within a frame that is still coming in may be
/// E5 too, so who waits for an acknowledgement looks at the first byte himself.
pub(crate) struct Wired;

impl Framing for Wired {
    fn front(&self, bytes: &[u8]) -> Front {
        match packet(bytes, 0) {
            Ok((Packet::Acknowledgement, _)) | Err(NoPacket::Noise) => Front::Nothing,
            Ok((_, length)) => Front::Frame(length),
            Err(NoPacket::Damaged(error, length)) => match (error.kind, bytes) {
                (ErrorKind::Truncated, [0x68, l, ..]) => Front::Partial(usize::from(*l).saturating_add(6)),
                (ErrorKind::Truncated, _) => Front::Partial(5),
                (ErrorKind::Checksum, _) => damaged(bytes, length),
                _ => Front::Nothing,
            },
        }
    }

    /// Five bytes from 10 to 16 occur in the data of a long frame.
    fn inside(&self, bytes: &[u8]) -> Front {
        if bytes.first() == Some(&0x68) { self.front(bytes) } else { Front::Nothing }
    }
}

fn damaged(bytes: &[u8], length: usize) -> Front {
    let at = length.saturating_sub(2);
    let summed = if length == 5 { bytes.get(1..at) } else { bytes.get(4..at) };
    let expected = summed.unwrap_or_default().iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    Front::Damaged(length, Fault::Sum { at, expected, got: bytes.get(at).copied().unwrap_or(0) })
}

/// A short frame.
pub(super) fn write_short(control: u8, address: u8) -> [u8; 5] {
    [0x10, control, address, control.wrapping_add(address), 0x16]
}

/// A long frame (with empty `data` a control frame); `None` when the data are longer than a frame holds.
pub(super) fn write_long(control: u8, address: u8, code: u8, data: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(data.len().checked_add(3)?).ok()?;
    let mut frame = Vec::with_capacity(data.len().saturating_add(9));
    frame.extend_from_slice(&[0x68, length, length, 0x68, control, address, code]);
    frame.extend_from_slice(data);
    let sum =
        data.iter().fold(control.wrapping_add(address).wrapping_add(code), |sum, b| sum.wrapping_add(*b));
    frame.extend_from_slice(&[sum, 0x16]);
    Some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let bytes = write_short(0x5B, 0xFD);
        assert_eq!(packet(&bytes, 0), Ok((Packet::Short { control: 0x5B, address: 0xFD }, 5)));
        let bytes = write_long(0x53, 1, 0x50, &[]).unwrap();
        assert_eq!(bytes, [0x68, 3, 3, 0x68, 0x53, 1, 0x50, 0xA4, 0x16]);
        assert_eq!(
            packet(&bytes, 0),
            Ok((Packet::Long { control: 0x53, address: 1, code: 0x50, data: &[] }, 9))
        );
        assert_eq!(write_long(0x08, 1, 0x72, &[0; 253]), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let good = write_long(0x08, 1, 0x72, &[1, 2, 3]).unwrap();
        for (at, kind) in [
            (1, ErrorKind::Structure),
            (3, ErrorKind::Structure),
            (5, ErrorKind::Checksum),
            (10, ErrorKind::Checksum),
            (11, ErrorKind::Structure),
        ] {
            let mut bytes = good.clone();
            bytes[at] ^= 0x40;
            match packet(&bytes, 0) {
                Err(NoPacket::Damaged(error, _)) => assert_eq!(error.kind, kind, "byte {at}"),
                other => panic!("byte {at}: {other:?}"),
            }
        }
        for length in 1..good.len() {
            let Err(NoPacket::Damaged(error, _)) = packet(&good[..length], 0) else { panic!("{length}") };
            assert_eq!(error.kind, ErrorKind::Truncated, "{length}");
        }
    }
}
