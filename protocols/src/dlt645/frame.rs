//! The frame around the data, DL/T 645-2007 clause 5.2 and DL/T 645-1997 clause 4.2.
//!
//! ```text
//!  FE FE FE FE  68 │ A0 A1 A2 A3 A4 A5 │ 68 │ C │ L │ data, each byte + 33H │ CS │ 16
//!               0    1                   7    8   9   10                      10+L 11+L
//!               └───── CS = sum of these bytes as sent, modulo 256 ─────────┘
//!
//!  C   bit 7     0 master, 1 meter
//!      bit 6     1 the meter refuses
//!      bit 5     1 more follows
//!      bit 4..0  function
//! ```
//! An address or a data byte may be 68 or 16: the second 68 stands exactly seven bytes behind the first, and L
//! tells where the frame ends.

use crate::stream::{Fault, Framing, Front};

use super::Address;

const START: u8 = 0x68;
const END: u8 = 0x16;
/// Bytes before the data.
pub(crate) const HEAD: usize = 10;
/// What is added to each data byte on the line.
const SHIFT: u8 = 0x33;

/// A whole frame's fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    /// A0 to A5.
    pub(crate) address: Address,
    /// C.
    pub(crate) control: u8,
    /// The data as sent, L bytes.
    pub(crate) shifted: &'a [u8],
}

/// The fields of a whole frame, as the framing has found it.
pub(crate) fn head(frame: &[u8]) -> Option<Head<'_>> {
    let (&[_, a0, a1, a2, a3, a4, a5, _, control, len], rest) = frame.split_first_chunk::<HEAD>()?;
    let shifted = rest.get(..usize::from(len))?;
    Some(Head { address: Address::from_wire([a0, a1, a2, a3, a4, a5]), control, shifted })
}

/// Data with the 33H taken off, without allocating.
pub(crate) struct Data {
    bytes: [u8; 255],
    len: usize,
}

impl Data {
    pub(crate) fn of(shifted: &[u8]) -> Self {
        let mut bytes = [0; 255];
        for (byte, shifted) in bytes.iter_mut().zip(shifted) {
            *byte = shifted.wrapping_sub(SHIFT);
        }
        Self { bytes, len: shifted.len().min(255) }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The framing of both editions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dlt645;

impl Framing for Dlt645 {
    fn front(&self, bytes: &[u8]) -> Front {
        let Some((&[START, _, _, _, _, _, _, START, _, l], rest)) = bytes.split_first_chunk::<HEAD>() else {
            return beginning(bytes);
        };
        let data = usize::from(l);
        let len = data.saturating_add(HEAD + 2);
        let Some((data, &[got, end, ..])) =
            rest.split_at_checked(data).and_then(|(data, tail)| Some((data, tail.first_chunk::<2>()?)))
        else {
            return Front::Partial(len);
        };
        if end != END {
            return Front::Damaged(len, Fault::End { at: len.saturating_sub(1), got: end });
        }
        let head = bytes.get(..HEAD).unwrap_or_default();
        let expected = sum(head).wrapping_add(sum(data));
        if expected != got {
            return Front::Damaged(len, Fault::Sum { at: len.saturating_sub(2), expected, got });
        }
        Front::Frame(len)
    }

    fn start(&self) -> Option<u8> {
        Some(START)
    }

    fn filler(&self) -> Option<u8> {
        Some(0xFE)
    }

    fn shortest(&self) -> usize {
        HEAD
    }
}

fn beginning(bytes: &[u8]) -> Front {
    let second = bytes.get(7);
    let fits =
        bytes.len() < HEAD && bytes.first() == Some(&START) && second.is_none_or(|byte| *byte == START);
    if fits { Front::Partial(HEAD + 2) } else { Front::Nothing }
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// A frame: start, head, data + 33H, check byte, end. `data` is at most 255 bytes; what is longer is cut, so that
/// the length byte stays true.
pub(crate) fn build(preamble: usize, address: Address, control: u8, data: &[u8]) -> Vec<u8> {
    let data = data.get(..data.len().min(255)).unwrap_or_default();
    let mut frame = vec![0xFE; preamble];
    frame.push(START);
    frame.extend(address.wire());
    frame.extend([START, control, u8::try_from(data.len()).unwrap_or(u8::MAX)]);
    frame.extend(data.iter().map(|byte| byte.wrapping_add(SHIFT)));
    let check = sum(frame.get(preamble..).unwrap_or_default());
    frame.extend([check, END]);
    frame
}
