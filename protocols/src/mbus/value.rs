//! A record's data: data types A to D and H, variable length, and the values that are none.
//!
//! ```text
//! EN 13757-3, 6.3, annexes A (data types) and B (digits that are none). Coding of the DIF, all low byte first:
//!
//! 0 none | 1..4, 6, 7 integer of 1, 2, 3, 4, 6, 8 bytes | 5 float | 8 selection for readout
//! 9..C, E BCD of 2, 4, 6, 8, 12 digits | D variable: LVAR, then
//!     00..BF text, last character first, ISO 8859-1 | C0..C9 BCD | D0..D9 negative BCD
//!     E0..EF integer of 0 to 15 bytes | F0..F4 integer of 16 to 32 bytes | F5, F6 of 48, 64 bytes
//! ```
//!
//! No value: the most negative integer (type B), all bits set (type C, BCD). In error: a BCD digit above 9.

use metering::Quantity;
use rust_decimal::Decimal;
use smol_str::{SmolStr, SmolStrBuilder};

use super::cursor::Cursor;
use super::header;
use super::hex;
use super::time;
use super::vib::Vib;
use super::vif::ValueKind;
use crate::{DecodeError, DeviceTime, ErrorKind, Precision, State, Value, float};

/// What a record's data say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(super) value: Value,
    pub(super) state: State,
    pub(super) time: Option<DeviceTime>,
    pub(super) precision: Option<Precision>,
}

impl Reading {
    /// The meter says "no value".
    pub(super) const ABSENT: Self = Self::new(Value::None, State::Absent);
    /// The meter shows an error instead of a value.
    pub(super) const ERROR: Self = Self::new(Value::None, State::Error);
    /// It cannot be told.
    pub(super) const UNKNOWN: Self = Self::new(Value::None, State::Unknown);

    pub(super) const fn new(value: Value, state: State) -> Self {
        Self { value, state, time: None, precision: None }
    }

    fn number(number: Decimal) -> Self {
        Self::new(Value::Number(number), State::Valid)
    }

    fn text(text: SmolStr) -> Self {
        Self::new(Value::Text(text), State::Valid)
    }
}

/// The bytes of a record's data.
#[derive(Clone, Copy, Debug)]
pub(super) enum Data<'a> {
    /// As many as the coding says.
    Fixed(&'a [u8]),
    /// As many as their LVAR says.
    Variable(u8, &'a [u8]),
}

/// Takes the data that `coding` announces.
#[inline]
pub(super) fn take<'a>(coding: u8, cursor: &mut Cursor<'a>) -> Result<Data<'a>, DecodeError> {
    match element(coding) {
        Some(length) => bytes(cursor, length).map(Data::Fixed),
        None => variable_data(cursor),
    }
}

fn variable_data<'a>(cursor: &mut Cursor<'a>) -> Result<Data<'a>, DecodeError> {
    let at = cursor.offset();
    let lvar = bytes(cursor, 1)?.first().copied().unwrap_or(0);
    let Some(length) = variable_length(lvar) else {
        return Err(DecodeError::new(ErrorKind::Structure, at, format!("length {lvar:02x} is reserved")));
    };
    bytes(cursor, length).map(|data| Data::Variable(lvar, data))
}

/// What the data say.
pub(super) fn read(data: &Data<'_>, coding: u8, vib: &Vib) -> Reading {
    match *data {
        Data::Fixed([]) => Reading::ABSENT,
        Data::Fixed(bytes) => fixed(coding, vib, bytes),
        Data::Variable(lvar, bytes) => variable(lvar, vib, bytes),
    }
}

/// The number of data that are an integer or BCD digits and nothing else: nearly all records have one. `None`: ask
/// [`read`] what they are.
#[inline]
pub(super) fn plain_number(coding: u8, vib: &Vib, data: Data<'_>) -> Option<Decimal> {
    let Data::Fixed(bytes) = data else { return None };
    let mantissa = match (vib.kind, coding) {
        (ValueKind::Signed | ValueKind::Unsigned | ValueKind::Unknown, 0x9..=0xC | 0xE) => digits(bytes)?,
        (ValueKind::Signed | ValueKind::Unknown, 0x1..=0x4 | 0x6 | 0x7) if !is_minimum(bytes) => {
            little_endian(bytes)?.1
        }
        (ValueKind::Unsigned, 0x1..=0x4 | 0x6) if bytes.iter().any(|byte| *byte != 0xFF) => {
            i64::try_from(little_endian(bytes)?.0).ok()?
        }
        _ => return None,
    };
    short(mantissa, vib.exponent)
}

/// The data of one element: of a record, or of a compact profile.
#[inline]
pub(super) fn fixed(coding: u8, vib: &Vib, bytes: &[u8]) -> Reading {
    match coding {
        0x5 => real(vib, bytes),
        0x9..=0xE => bcd(vib, bytes),
        _ => integer(vib, bytes),
    }
}

/// How many bytes the data of that coding take at the front of `bytes`, the length byte included.
pub(super) fn length(coding: u8, bytes: &[u8]) -> Option<usize> {
    match element(coding) {
        Some(length) => Some(length),
        None => variable_length(*bytes.first()?)?.checked_add(1),
    }
}

/// How many bytes an element of fixed length has; `None` for coding D and the special ones.
pub(super) const fn element(coding: u8) -> Option<usize> {
    Some(match coding {
        0x0 | 0x8 => 0,
        0x1 | 0x9 => 1,
        0x2 | 0xA => 2,
        0x3 | 0xB => 3,
        0x4 | 0x5 | 0xC => 4,
        0x6 | 0xE => 6,
        0x7 => 8,
        _ => return None,
    })
}

/// How many bytes follow an LVAR; `None` for the reserved ones.
fn variable_length(lvar: u8) -> Option<usize> {
    Some(usize::from(match lvar {
        0x00..=0xBF => lvar,
        0xC0..=0xC9 => lvar.wrapping_sub(0xC0),
        0xD0..=0xD9 => lvar.wrapping_sub(0xD0),
        0xE0..=0xEF => lvar.wrapping_sub(0xE0),
        0xF0..=0xF4 => lvar.wrapping_sub(0xEC).wrapping_mul(4),
        0xF5 => 48,
        0xF6 => 64,
        _ => return None,
    }))
}

fn bytes<'a>(cursor: &mut Cursor<'a>, length: usize) -> Result<&'a [u8], DecodeError> {
    let at = cursor.offset();
    cursor
        .take(length)
        .ok_or_else(|| DecodeError::new(ErrorKind::Structure, at, "the frame ends within a record's data"))
}

#[inline]
fn integer(vib: &Vib, bytes: &[u8]) -> Reading {
    let Some((raw, signed)) = little_endian(bytes) else {
        return Reading::text(hex::reversed(bytes));
    };
    match vib.kind {
        ValueKind::Time => time::read(bytes).unwrap_or(Reading::UNKNOWN),
        ValueKind::Unsigned | ValueKind::Identity if bytes.iter().all(|b| *b == 0xFF) => Reading::ABSENT,
        ValueKind::Unsigned => match i64::try_from(raw) {
            Ok(raw) => scaled(raw, vib.exponent),
            Err(_) => wide(i128::from(raw), vib.exponent),
        },
        ValueKind::Flags | ValueKind::Identity => Reading::number(Decimal::from(raw)),
        ValueKind::Maker => {
            u16::try_from(raw).map_or(Reading::UNKNOWN, |code| Reading::text(header::maker(code)))
        }
        ValueKind::Signed | ValueKind::Unknown if is_minimum(bytes) => Reading::ABSENT,
        ValueKind::Signed | ValueKind::Unknown => scaled(signed, vib.exponent),
    }
}

/// Up to eight bytes, unsigned and in two's complement.
#[inline]
fn little_endian(bytes: &[u8]) -> Option<(u64, i64)> {
    // The common lengths without a loop.
    Some(match *bytes {
        [a] => (u64::from(a), i64::from(a.cast_signed())),
        [a, b] => {
            let raw = u16::from_le_bytes([a, b]);
            (u64::from(raw), i64::from(raw.cast_signed()))
        }
        [a, b, c, d] => {
            let raw = u32::from_le_bytes([a, b, c, d]);
            (u64::from(raw), i64::from(raw.cast_signed()))
        }
        _ => {
            let unused = 64_u32.checked_sub(u32::try_from(bytes.len()).ok()?.checked_mul(8)?)?;
            let raw = bytes.iter().rev().fold(0_u64, |raw, byte| raw << 8 | u64::from(*byte));
            let top = raw.checked_shl(unused).unwrap_or(0).cast_signed();
            (raw, top.checked_shr(unused).unwrap_or(0))
        }
    })
}

/// 80, 8000, 800000 …: the value that two's complement has no positive for means "none".
fn is_minimum(bytes: &[u8]) -> bool {
    bytes.split_last().is_some_and(|(top, rest)| *top == 0x80 && rest.iter().all(|b| *b == 0))
}

/// The number `mantissa × 10^exponent`, exactly or not at all.
fn scaled(mantissa: i64, exponent: i16) -> Reading {
    short(mantissa, exponent).map_or_else(|| wide(i128::from(mantissa), exponent), Reading::number)
}

/// The same, where 64 bits hold it.
#[inline]
fn short(mantissa: i64, exponent: i16) -> Option<Decimal> {
    match u32::try_from(exponent) {
        Ok(up) => 10_i64.checked_pow(up).and_then(|factor| mantissa.checked_mul(factor)).map(Decimal::from),
        Err(_) => Decimal::try_new(mantissa, u32::from(exponent.unsigned_abs())).ok(),
    }
}

/// The same for what 64 bits do not hold.
#[cold]
fn wide(mantissa: i128, exponent: i16) -> Reading {
    let number = match u32::try_from(exponent) {
        Ok(up) => 10_i128
            .checked_pow(up)
            .and_then(|factor| mantissa.checked_mul(factor))
            .and_then(|product| Decimal::try_from_i128_with_scale(product, 0).ok()),
        Err(_) => Decimal::try_from_i128_with_scale(mantissa, u32::from(exponent.unsigned_abs())).ok(),
    };
    number.map_or(Reading::UNKNOWN, Reading::number)
}

fn real(vib: &Vib, bytes: &[u8]) -> Reading {
    let Ok(bits) = <[u8; 4]>::try_from(bytes).map(u32::from_le_bytes) else {
        return Reading::UNKNOWN;
    };
    // NaN is how a float says that there is no value.
    if bits & 0x7F80_0000 == 0x7F80_0000 && bits & 0x007F_FFFF != 0 {
        return Reading { precision: Some(Precision::Float32), ..Reading::ABSENT };
    }
    let reading = float::single(bits).map_or(Reading::UNKNOWN, |number| {
        let exponent = i16::try_from(number.scale()).unwrap_or(0).wrapping_neg();
        wide(number.mantissa(), exponent.saturating_add(vib.exponent))
    });
    Reading { precision: Some(Precision::Float32), ..reading }
}

fn bcd(vib: &Vib, bytes: &[u8]) -> Reading {
    if bytes.iter().all(|b| *b == 0xFF) {
        return Reading::ABSENT;
    }
    match vib.kind {
        ValueKind::Identity => Reading::text(hex::reversed(bytes)),
        // A date in BCD is not in the standard: the number is handed on.
        _ => digits(bytes).map_or(Reading::ERROR, |number| scaled(number, vib.exponent)),
    }
}

/// The number of up to 18 BCD digits; a leading F is a minus sign. `None` when another digit is above 9.
#[inline]
fn digits(bytes: &[u8]) -> Option<i64> {
    let (top, rest) = bytes.split_last()?;
    let negative = *top >> 4 == 0xF;
    let first = if negative { *top & 0x0F } else { *top };
    let mut number = two_digits(first)?;
    for byte in rest.iter().rev() {
        number = number.checked_mul(100)?.wrapping_add(two_digits(*byte)?);
    }
    Some(if negative { number.wrapping_neg() } else { number })
}

#[inline]
fn two_digits(byte: u8) -> Option<i64> {
    let (high, low) = (byte >> 4, byte & 0x0F);
    (high <= 9 && low <= 9).then(|| i64::from(high).wrapping_mul(10).wrapping_add(i64::from(low)))
}

fn variable(lvar: u8, vib: &Vib, bytes: &[u8]) -> Reading {
    match lvar {
        _ if bytes.is_empty() => Reading::ABSENT,
        // What only the maker understands need not be text.
        0x00..=0xBF if vib.quantity == Quantity::ManufacturerSpecific && !bytes.is_ascii() => {
            Reading::text(hex::in_order(bytes))
        }
        0x00..=0xBF => Reading::text(latin1(bytes.iter().rev())),
        0xC0..=0xC9 => bcd(vib, bytes),
        0xD0..=0xD9 => match bcd(vib, bytes) {
            Reading { value: Value::Number(number), state, .. } => {
                Reading::new(Value::Number(negated(number)), state)
            }
            other => other,
        },
        // A time of variable length is of type M, which is none of those that the fixed lengths have.
        _ if vib.kind == ValueKind::Time => Reading::UNKNOWN,
        _ => integer(vib, bytes),
    }
}

fn negated(mut number: Decimal) -> Decimal {
    number.set_sign_negative(number.is_sign_positive());
    number
}

/// Characters of ISO 8859-1. Control characters are left out: makers pad with them.
pub(crate) fn latin1<'a>(characters: impl Iterator<Item = &'a u8>) -> SmolStr {
    let mut text = SmolStrBuilder::new();
    for character in characters.filter(|c| matches!(c, 0x20..=0x7E | 0xA0..=0xFF)) {
        text.push(char::from(*character));
    }
    text.finish()
}
