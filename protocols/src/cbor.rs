//! CBOR (RFC 8949), as much of it as SenML needs: integers, texts, bytes, lists, maps, floats, decimal fractions.
//!
//! ```text
//! initial byte = major type (3 bits), argument (5 bits: 0-23 itself, 24/25/26/27 in 1/2/4/8 bytes, 31 open end)
//! ```
//! Nothing is allocated by a declared length; a list grows as its elements are read. **Lacks** bignums and tags
//! other than 4 (decimal fraction): their content is read, the tag is not interpreted.

use std::ops::Range;

use rust_decimal::Decimal;

use crate::{DecodeError, ErrorKind, Precision, float};

const MAX_DEPTH: usize = 8;

/// A data item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cbor<'a> {
    Integer(i128),
    Bytes(&'a [u8]),
    Text(&'a str),
    List(Vec<Cbor<'a>>),
    Map(Vec<(Cbor<'a>, Cbor<'a>)>),
    /// A float as a decimal; `None` where it is not finite or does not fit.
    Float(Option<Decimal>, Precision),
    /// A decimal fraction; `None` where it does not fit.
    Fraction(Option<Decimal>),
    Bool(bool),
    /// null, undefined and other simple values.
    Simple,
}

impl<'a> Cbor<'a> {
    /// Reads one item that fills the buffer.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader { bytes, at: 0 };
        let item = reader.item(0)?;
        if reader.at < bytes.len() { Err(reader.wrong("bytes after the item")) } else { Ok(item) }
    }
}

/// Where the elements of the list that fills the buffer stand in it.
pub(crate) fn elements(bytes: &[u8]) -> Result<Vec<Range<usize>>, DecodeError> {
    let mut reader = Reader { bytes, at: 0 };
    let initial = reader.byte()?;
    let count = reader.argument(initial & 0x1F)?;
    let mut places = Vec::new();
    while !reader.ends(count, places.len()) {
        let start = reader.at;
        reader.item(1)?;
        places.push(start..reader.at);
    }
    Ok(places)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

const OPEN_END: u64 = u64::MAX;

impl<'a> Reader<'a> {
    fn item(&mut self, depth: usize) -> Result<Cbor<'a>, DecodeError> {
        if depth > MAX_DEPTH {
            return Err(self.wrong("items nested too deeply"));
        }
        let deeper = depth.saturating_add(1);
        let initial = self.byte()?;
        let (major, short) = (initial >> 5, initial & 0x1F);
        if major == 7 {
            return self.simple(short);
        }
        let argument = self.argument(short)?;
        if argument == OPEN_END && !matches!(major, 4 | 5) {
            return Err(self.wrong("open-ended item that is neither list nor map"));
        }
        match major {
            0 => Ok(Cbor::Integer(i128::from(argument))),
            1 => Ok(Cbor::Integer((!i128::from(argument)).min(-1))),
            2 => self.take(argument).map(Cbor::Bytes),
            3 => {
                let bytes = self.take(argument)?;
                std::str::from_utf8(bytes).map(Cbor::Text).map_err(|_| self.wrong("text is not UTF-8"))
            }
            4 => {
                let mut items = Vec::new();
                while !self.ends(argument, items.len()) {
                    items.push(self.item(deeper)?);
                }
                Ok(Cbor::List(items))
            }
            5 => {
                let mut items = Vec::new();
                while !self.ends(argument, items.len()) {
                    let key = self.item(deeper)?;
                    items.push((key, self.item(deeper)?));
                }
                Ok(Cbor::Map(items))
            }
            _ => {
                let content = self.item(deeper)?;
                Ok(if argument == 4 { fraction(&content) } else { content })
            }
        }
    }

    fn simple(&mut self, short: u8) -> Result<Cbor<'a>, DecodeError> {
        Ok(match short {
            20 => Cbor::Bool(false),
            21 => Cbor::Bool(true),
            25 => {
                let half = u16::from_be_bytes(self.array()?);
                Cbor::Float(float::single(float::half_to_single(half)), Precision::Float32)
            }
            26 => Cbor::Float(float::single(u32::from_be_bytes(self.array()?)), Precision::Float32),
            27 => Cbor::Float(float::double(u64::from_be_bytes(self.array()?)), Precision::Float64),
            24 => {
                self.byte()?;
                Cbor::Simple
            }
            0..=23 => Cbor::Simple,
            _ => return Err(self.wrong("reserved simple value")),
        })
    }

    fn argument(&mut self, short: u8) -> Result<u64, DecodeError> {
        Ok(match short {
            0..=23 => u64::from(short),
            24 => u64::from(self.byte()?),
            25 => u64::from(u16::from_be_bytes(self.array()?)),
            26 => u64::from(u32::from_be_bytes(self.array()?)),
            27 => u64::from_be_bytes(self.array()?).min(OPEN_END.saturating_sub(1)),
            31 => OPEN_END,
            _ => return Err(self.wrong("reserved length")),
        })
    }

    /// Whether a list or map ends here; takes the break of an open one.
    fn ends(&mut self, count: u64, have: usize) -> bool {
        if count != OPEN_END {
            return u64::try_from(have).is_ok_and(|have| have >= count);
        }
        let stop = self.bytes.get(self.at) == Some(&0xFF);
        if stop {
            self.at = self.at.saturating_add(1);
        }
        stop
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let array = *rest.first_chunk::<N>().ok_or_else(|| DecodeError::truncated(self.at, N, rest.len()))?;
        self.at = self.at.saturating_add(N);
        Ok(array)
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], DecodeError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let taken = rest.get(..count).ok_or_else(|| DecodeError::truncated(self.at, count, rest.len()))?;
        self.at = self.at.saturating_add(count);
        Ok(taken)
    }

    fn wrong(&self, what: &'static str) -> DecodeError {
        DecodeError::new(ErrorKind::Structure, self.at, what)
    }
}

/// RFC 8949 section 3.4.4: `[exponent, mantissa]`, mantissa × 10^exponent.
fn fraction<'a>(content: &Cbor<'a>) -> Cbor<'a> {
    let value = match content {
        Cbor::List(parts) => match parts.as_slice() {
            [Cbor::Integer(exponent), Cbor::Integer(mantissa)] => scaled(*mantissa, *exponent),
            _ => None,
        },
        _ => None,
    };
    Cbor::Fraction(value)
}

/// `mantissa` × 10^`exponent`, exactly; `None` where 28 digits do not hold it.
pub(crate) fn scaled(mantissa: i128, exponent: i128) -> Option<Decimal> {
    match u32::try_from(exponent) {
        Ok(up) => {
            let value = mantissa.checked_mul(10_i128.checked_pow(up)?)?;
            Decimal::try_from_i128_with_scale(value, 0).ok()
        }
        Err(_) => {
            let down = u32::try_from(exponent.checked_neg()?).ok()?;
            Decimal::try_from_i128_with_scale(mantissa, down).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_appendix_a() {
        let decimal = |text: &str| Some(text.parse::<Decimal>().unwrap());
        for (hex, item) in [
            ("1864", Cbor::Integer(100)),
            ("3903e7", Cbor::Integer(-1000)),
            ("f93e00", Cbor::Float(decimal("1.5"), Precision::Float32)),
            ("fb3ff199999999999a", Cbor::Float(decimal("1.1"), Precision::Float64)),
            ("f97c00", Cbor::Float(None, Precision::Float32)),
            ("c48221196ab3", Cbor::Fraction(decimal("273.15"))),
            ("f5", Cbor::Bool(true)),
            ("f6", Cbor::Simple),
            ("9f01ff", Cbor::List(vec![Cbor::Integer(1)])),
            ("a16161f4", Cbor::Map(vec![(Cbor::Text("a"), Cbor::Bool(false))])),
        ] {
            assert_eq!(Cbor::parse(&hex::decode(hex).unwrap()).unwrap(), item, "{hex}");
        }
    }

    #[test]
    fn a_declared_length_is_not_believed() {
        for hex in
            ["9bffffffffffffffff", "5bffffffffffffffff", "bb0000ffffffffffff00", "9f", "5f", "1c", "ff"]
        {
            assert!(Cbor::parse(&hex::decode(hex).unwrap()).is_err(), "{hex}");
        }
        assert!(Cbor::parse(&[0x81; 1000]).is_err());
    }
}
