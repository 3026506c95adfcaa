//! Modbus TCP frames, Messaging on TCP/IP Implementation Guide 1.0b clause 3.1.3.
//!
//! ```text
//!  │ transaction 2 │ protocol 2, always 0 │ length 2 │ unit │ function │ content … │
//! ```
//! The length counts from the unit. There is no check: the connection has its own.

use crate::stream::{Framing, Front};

use super::Request;
use super::body::Body;

/// Bytes before the unit.
pub(crate) const HEADER: usize = 6;
/// Bytes before the registers of an answer.
pub(crate) const ANSWER_HEAD: usize = 9;
/// The shortest frame: an exception.
pub(crate) const SHORTEST: usize = 9;
/// The longest: a unit and a content of 253 bytes (Application Protocol 1.1b3, clause 4.1).
const LENGTH_MAX: usize = 254;

/// Unit and content of a whole frame.
pub(crate) fn parse(frame: &[u8]) -> Option<(u8, Body)> {
    let (&[unit, function], rest) = frame.get(HEADER..)?.split_first_chunk::<2>()?;
    Some((unit, Body::of(function, rest)))
}

/// The framing of Modbus TCP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tcp;

impl Framing for Tcp {
    fn front(&self, bytes: &[u8]) -> Front {
        let Some(&[_, _, p1, p0, l1, l0]) = bytes.first_chunk::<HEADER>() else {
            return if bytes.is_empty() { Front::Nothing } else { Front::Partial(SHORTEST) };
        };
        let length = usize::from(u16::from_be_bytes([l1, l0]));
        if [p1, p0] != [0, 0] || !(3..=LENGTH_MAX).contains(&length) {
            return Front::Nothing;
        }
        let whole = HEADER.saturating_add(length);
        if bytes.len() < whole { Front::Partial(whole) } else { Front::Frame(whole) }
    }

    fn shortest(&self) -> usize {
        SHORTEST
    }
}

/// A client's request to read registers.
///
/// ```
/// use protocols::modbus::{Request, encode_tcp_request};
/// let request = Request { function: 4, start: 0, count: 2 };
/// assert_eq!(hex::encode(encode_tcp_request(7, 1, request)), "000700000006010400000002");
/// ```
pub fn encode_tcp_request(transaction: u16, unit: u8, request: Request) -> Vec<u8> {
    let mut content = vec![unit, request.function];
    content.extend(request.start.to_be_bytes());
    content.extend(request.count.to_be_bytes());
    headed(transaction, &content)
}

/// The answer with those registers (at most 125; what is more is cut).
pub fn encode_tcp_answer(transaction: u16, unit: u8, function: u8, registers: &[u16]) -> Vec<u8> {
    let most = registers.len().min(super::MAX_REGISTERS.into());
    let registers = registers.get(..most).unwrap_or_default();
    let count = u8::try_from(registers.len().saturating_mul(2)).unwrap_or(u8::MAX);
    let mut content = vec![unit, function, count];
    content.extend(registers.iter().flat_map(|register| register.to_be_bytes()));
    headed(transaction, &content)
}

/// The answer that refuses: see [`super::encode_exception`].
pub fn encode_tcp_exception(transaction: u16, unit: u8, function: u8, code: u8) -> Vec<u8> {
    headed(transaction, &[unit, function | 0x80, code])
}

fn headed(transaction: u16, content: &[u8]) -> Vec<u8> {
    let mut frame = transaction.to_be_bytes().to_vec();
    frame.extend([0, 0]);
    frame.extend(u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes());
    frame.extend(content);
    frame
}
