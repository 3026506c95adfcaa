//! RTU frames, Modbus over Serial Line 1.02 clause 2.5.1 and Application Protocol 1.1b3 clause 6.
//!
//! ```text
//!  request    │ unit │ 03 or 04 │ start 2 │ count 2 │ CRC 2, low byte first │
//!  answer     │ unit │ function │ bytes 1 │ registers, high byte first … │ CRC 2 │
//!  exception  │ unit │ function + 80H │ code 1 │ CRC 2 │
//! ```
//! CRC-16, polynomial A001 (reflected), beginning at FFFF, over everything before it.
//!
//! On the line frames are told apart by silence (t3.5); in a buffer, by length and CRC. No byte marks a beginning.

use crate::crc;
use crate::stream::{Fault, Framing, Front};

use super::Request;
use super::body::Body;

/// Bytes before the registers of an answer.
pub(crate) const ANSWER_HEAD: usize = 3;
/// The shortest frame: an exception.
pub(crate) const SHORTEST: usize = 5;
/// Bytes of the check.
pub(crate) const CHECK: usize = 2;

/// Unit and content of a whole frame.
pub(crate) fn parse(frame: &[u8]) -> Option<(u8, Body)> {
    let (&[unit, function], rest) = frame.split_first_chunk::<2>()?;
    let (rest, _crc) = rest.split_last_chunk::<CHECK>()?;
    Some((unit, Body::of(function, rest)))
}

/// The framing of Modbus RTU.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rtu;

impl Framing for Rtu {
    fn front(&self, bytes: &[u8]) -> Front {
        let Some(&[unit, function]) = bytes.first_chunk::<2>() else {
            return if bytes.is_empty() { Front::Nothing } else { Front::Partial(SHORTEST) };
        };
        if unit > 247 {
            return Front::Nothing;
        }
        let mut verdict = Front::Nothing;
        for len in lengths(function, bytes.get(2).copied(), bytes.get(6).copied()).into_iter().flatten() {
            let front = checked(bytes, len);
            match front {
                // The longer comes last: the check of an answer whose check ends in zero holds for its first
                // eight bytes too, that of a request doesn't hold for more than the request.
                Front::Frame(_) => verdict = front,
                Front::Partial(_) if !matches!(verdict, Front::Frame(_)) => verdict = front,
                // Of two lengths whose checks fail, the longer one that is there.
                Front::Damaged(..) if !matches!(verdict, Front::Partial(_) | Front::Frame(_)) => {
                    verdict = front;
                }
                Front::Damaged(..) | Front::Partial(_) | Front::Nothing => {}
            }
        }
        verdict
    }

    /// A frame begins with any byte: what a buffer ends with is noise unless it is nearly a frame.
    fn shortest(&self) -> usize {
        SHORTEST
    }
}

/// How long a frame of that function can be: as a request, and as an answer.
fn lengths(function: u8, third: Option<u8>, seventh: Option<u8>) -> [Option<usize>; 2] {
    let counted = |byte: Option<u8>, around: usize| byte.map_or(around, |n| around.saturating_add(n.into()));
    match function {
        0x01 | 0x02 => [Some(8), Some(counted(third, 5))],
        // Registers come in pairs of bytes.
        0x03 | 0x04 => {
            let answer = third.is_none_or(|bytes| bytes > 0 && bytes % 2 == 0);
            [Some(8), answer.then(|| counted(third, 5))]
        }
        0x05 | 0x06 => [Some(8), None],
        0x0F | 0x10 => [Some(8), Some(counted(seventh, 9))],
        0x81..=0x90 => [Some(5), None],
        _ => [None, None],
    }
}

fn checked(bytes: &[u8], len: usize) -> Front {
    let Some((body, crc)) = bytes.get(..len).and_then(|frame| frame.split_last_chunk::<2>()) else {
        return Front::Partial(len);
    };
    let (expected, got) = (check(body), u16::from_le_bytes(*crc));
    if expected == got {
        Front::Frame(len)
    } else {
        Front::Damaged(len, Fault::Crc { at: body.len(), expected, got })
    }
}

fn check(bytes: &[u8]) -> u16 {
    crc::modbus(bytes)
}

/// A master's request to read registers.
///
/// ```
/// use protocols::modbus::{Request, encode_request};
/// let request = Request { function: 4, start: 0, count: 2 };
/// assert_eq!(hex::encode(encode_request(1, request)), "01040000000271cb");
/// ```
pub fn encode_request(unit: u8, request: Request) -> Vec<u8> {
    let mut frame = vec![unit, request.function];
    frame.extend(request.start.to_be_bytes());
    frame.extend(request.count.to_be_bytes());
    sealed(frame)
}

/// The answer with those registers (at most 127; what is more is cut).
pub fn encode_answer(unit: u8, function: u8, registers: &[u16]) -> Vec<u8> {
    let registers = registers.get(..registers.len().min(127)).unwrap_or_default();
    let len = u8::try_from(registers.len().saturating_mul(2)).unwrap_or(u8::MAX);
    let mut frame = vec![unit, function, len];
    frame.extend(registers.iter().flat_map(|register| register.to_be_bytes()));
    sealed(frame)
}

/// The answer that refuses: 01 illegal function, 02 illegal address, 03 illegal value, 04 device failure, 06 busy.
pub fn encode_exception(unit: u8, function: u8, code: u8) -> Vec<u8> {
    sealed(vec![unit, function | 0x80, code])
}

fn sealed(mut frame: Vec<u8>) -> Vec<u8> {
    let crc = check(&frame);
    frame.extend(crc.to_le_bytes());
    frame
}
