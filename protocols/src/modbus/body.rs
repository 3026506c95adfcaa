//! What follows the unit in a frame, whatever stands around it. Application Protocol 1.1b3, clause 6.
//!
//! ```text
//!  request    │ 03 or 04 │ start 2 │ count 2 │
//!  answer     │ function │ bytes 1 │ registers, high byte first … │
//!  exception  │ function + 80H │ code 1 │
//! ```

use super::Request;

/// A frame's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// Read registers.
    Request(Request),
    /// Any other request, or the confirmation of one: coils and writes.
    Command,
    /// Registers.
    Registers {
        /// 3 or 4.
        function: u8,
        /// In wire order.
        registers: Vec<u16>,
    },
    /// An exception, with its code.
    Exception(u8),
}

impl Body {
    /// Of a function and what follows it. Five bytes may be a request for registers or an answer with one and a half of
    /// them, which no answer has: it is a request.
    pub(crate) fn of(function: u8, rest: &[u8]) -> Self {
        match (function, rest) {
            (0x80.., [code]) => Self::Exception(*code),
            (0x03 | 0x04, &[s1, s0, c1, c0]) => {
                let (start, count) = (u16::from_be_bytes([s1, s0]), u16::from_be_bytes([c1, c0]));
                Self::Request(Request { function, start, count })
            }
            (0x03 | 0x04, [len, bytes @ ..]) if usize::from(*len) == bytes.len() => {
                let registers =
                    bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
                Self::Registers { function, registers }
            }
            _ => Self::Command,
        }
    }
}
