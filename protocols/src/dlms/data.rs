//! A-XDR data (IEC 62056-6-2 clause 4.1.5, IEC 61334-6): a tag and a value.
//!
//! ```text
//! 00 null  01 array  02 structure  03 boolean  04 bit string  05 int32  06 uint32  09 octets  0A text  0C UTF-8
//! 0D BCD  0F int8  10 int16  11 uint8  12 uint16  14 int64  15 uint64  16 enum  17 float32  18 float64
//! 19 date-time (12)  1A date (5)  1B time (4)
//! ```
//! Lengths are one byte, or 81, 82, 83 or 84 and that many bytes. **Lacks** compact arrays (13).

use rust_decimal::Decimal;

use crate::{DecodeError, ErrorKind, Precision, float};

const MAX_DEPTH: usize = 12;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data<'a> {
    Null,
    /// Array or structure.
    List(Vec<Data<'a>>),
    Bool(bool),
    /// Any whole number, and whether its type is an 8-bit signed one, as a scaler's is.
    Integer(i128, Width),
    Enum(u8),
    Octets(&'a [u8]),
    Text(&'a str),
    Float(Option<Decimal>, Precision),
    /// Bit strings, dates and times without the other.
    Other,
}

/// The type of a whole number, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Signed8,
    Unsigned16,
    Any,
}

/// A place in a buffer.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning of `bytes`, which stand at `at` in the whole buffer.
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let split = self.bytes.split_at_checked(count);
        let (taken, rest) = split.ok_or_else(|| DecodeError::truncated(self.at, count, self.bytes.len()))?;
        self.bytes = rest;
        self.at = self.at.saturating_add(count);
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let array = self.bytes.first_chunk::<N>().copied();
        let array = array.ok_or_else(|| DecodeError::truncated(self.at, N, self.bytes.len()))?;
        self.take(N)?;
        Ok(array)
    }

    /// A length: up to 7F in one byte, else 80 plus the count of bytes that hold it.
    pub(super) fn length(&mut self) -> Result<usize, DecodeError> {
        let at = self.at;
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(usize::from(first));
        }
        let count = usize::from(first & 0x7F);
        if count == 0 || count > 4 {
            return Err(DecodeError::new(ErrorKind::Structure, at, format!("length byte {first:02x}")));
        }
        Ok(self.take(count)?.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)))
    }

    /// A value with its tag.
    pub(super) fn data(&mut self) -> Result<Data<'a>, DecodeError> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<Data<'a>, DecodeError> {
        let at = self.at;
        let wrong = |message: String| DecodeError::new(ErrorKind::Structure, at, message);
        let any = |number: i128| Ok(Data::Integer(number, Width::Any));
        match self.byte()? {
            0x00 => Ok(Data::Null),
            0x01 | 0x02 if depth < MAX_DEPTH => {
                let count = self.length()?;
                let mut items = Vec::new();
                for _ in 0..count {
                    items.push(self.nested(depth.saturating_add(1))?);
                }
                Ok(Data::List(items))
            }
            0x01 | 0x02 => Err(wrong("data nested too deeply".to_owned())),
            0x03 => Ok(Data::Bool(self.byte()? != 0)),
            0x04 => {
                let bits = self.length()?;
                self.take(bits.div_ceil(8))?;
                Ok(Data::Other)
            }
            0x05 => any(i32::from_be_bytes(self.array()?).into()),
            0x06 => any(u32::from_be_bytes(self.array()?).into()),
            0x09 => self.octets().map(Data::Octets),
            0x0A | 0x0C => {
                let octets = self.octets()?;
                Ok(std::str::from_utf8(octets).map_or(Data::Octets(octets), Data::Text))
            }
            0x0D => {
                self.byte()?;
                Ok(Data::Other)
            }
            0x0F => Ok(Data::Integer(i8::from_be_bytes(self.array()?).into(), Width::Signed8)),
            0x10 => any(i16::from_be_bytes(self.array()?).into()),
            0x11 => any(self.byte()?.into()),
            0x12 => Ok(Data::Integer(u16::from_be_bytes(self.array()?).into(), Width::Unsigned16)),
            0x14 => any(i64::from_be_bytes(self.array()?).into()),
            0x15 => any(u64::from_be_bytes(self.array()?).into()),
            0x16 => self.byte().map(Data::Enum),
            0x17 => Ok(Data::Float(float::single(u32::from_be_bytes(self.array()?)), Precision::Float32)),
            0x18 => Ok(Data::Float(float::double(u64::from_be_bytes(self.array()?)), Precision::Float64)),
            0x19 => self.take(12).map(Data::Octets),
            0x1A => self.take(5).map(|_| Data::Other),
            0x1B => self.take(4).map(|_| Data::Other),
            0x13 => Err(DecodeError::new(ErrorKind::Unsupported, at, "compact arrays are not read")),
            tag => Err(wrong(format!("data type {tag:02x}"))),
        }
    }

    fn octets(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.length()?;
        self.take(length)
    }
}
