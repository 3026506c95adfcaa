//! The frame around the data: CJ/T 188-2018, clause 6 (data-link layer), and the same in the edition of 2004.
//!
//! ```text
//!  FE …  68 │ T │ A0 A1 A2 A3 A4 A5 A6 │ C │ L │ DI DI SER data … │ CS │ 16
//!        0    1   2                      9   10  11                 11+L 12+L
//!        └──────────────── CS = sum of these, modulo 256 ─────────┘
//! ```

use crate::line_frame::{self, START, TAIL};
use crate::stream::{Framing, Front};

use super::Address;

/// Bytes before the data field.
pub(crate) const HEAD: usize = 11;

/// A whole frame's fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    /// T.
    pub(crate) meter_type: u8,
    /// A0 to A6.
    pub(crate) address: Address,
    /// C.
    pub(crate) control: u8,
    /// The data field, L bytes.
    pub(crate) data: &'a [u8],
}

/// The fields of a whole frame, as [`Cjt188::front`] has found it.
pub(crate) fn head(frame: &[u8]) -> Option<Head<'_>> {
    let (&[_, meter_type, a0, a1, a2, a3, a4, a5, a6, control, len], rest) =
        frame.split_first_chunk::<HEAD>()?;
    let data = rest.get(..usize::from(len))?;
    let address = Address::from_wire([a0, a1, a2, a3, a4, a5, a6]);
    Some(Head { meter_type, address, control, data })
}

/// The framing of CJ/T 188.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cjt188;

impl Framing for Cjt188 {
    fn front(&self, bytes: &[u8]) -> Front {
        let Some(&[START, meter_type, .., length]) = bytes.first_chunk::<HEAD>() else {
            return beginning(bytes);
        };
        if !is_meter_type(meter_type) {
            return Front::Nothing;
        }
        line_frame::front(bytes, HEAD, length)
    }

    fn start(&self) -> Option<u8> {
        Some(START)
    }

    fn filler(&self) -> Option<u8> {
        Some(0xFE)
    }

    /// Radio modules append one or two bytes of signal strength, which may be 68.
    fn shortest(&self) -> usize {
        HEAD
    }
}

fn beginning(bytes: &[u8]) -> Front {
    match bytes {
        [START, meter_type, ..] if bytes.len() < HEAD && is_meter_type(*meter_type) => {
            Front::Partial(HEAD + TAIL)
        }
        [START] => Front::Partial(HEAD + TAIL),
        _ => Front::Nothing,
    }
}

/// T: 10-19 water, 20-29 heat and cooling, 30-39 gas, 40-49 others, AA any (requests).
const fn is_meter_type(code: u8) -> bool {
    matches!(code, 0x10..=0x49 | 0xAA)
}

/// A frame: start, head, data, check byte, end.
///
/// `data` is at most 255 bytes; what is longer is cut, so that the length byte stays true.
pub(crate) fn build(preamble: usize, meter_type: u8, address: Address, control: u8, data: &[u8]) -> Vec<u8> {
    let mut head = vec![START, meter_type];
    head.extend(address.wire());
    head.push(control);
    line_frame::build(preamble, &head, data)
}
