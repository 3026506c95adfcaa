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

use crate::line_frame::{self, START, TAIL};
use crate::stream::{Framing, Front};

use super::Address;

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
        let Some(&[START, _, _, _, _, _, _, START, _, length]) = bytes.first_chunk::<HEAD>() else {
            return beginning(bytes);
        };
        line_frame::front(bytes, HEAD, length)
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
    if fits { Front::Partial(HEAD + TAIL) } else { Front::Nothing }
}

/// A frame: start, head, data + 33H, check byte, end. `data` is at most 255 bytes; what is longer is cut, so that
/// the length byte stays true.
pub(crate) fn build(preamble: usize, address: Address, control: u8, data: &[u8]) -> Vec<u8> {
    let mut head = vec![START];
    head.extend(address.wire());
    head.extend([START, control]);
    let shifted: Vec<u8> = data.iter().map(|byte| byte.wrapping_add(SHIFT)).collect();
    line_frame::build(preamble, &head, &shifted)
}
