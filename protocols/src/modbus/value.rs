//! Numbers in registers: sizes, kinds and the four orders.
//!
//! ```text
//!  the number 0A0B0C0DH in two registers
//!  ABCD  0A0B 0C0D    high word first, the standard's order
//!  CDAB  0C0D 0A0B    low word first
//!  BADC  0B0A 0D0C    bytes swapped
//!  DCBA  0D0C 0B0A    both
//! ```

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

use crate::bcd::{self, Bcd};
use crate::{Precision, float};

/// The order of words and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Order {
    /// High word first, high byte first.
    #[default]
    Abcd,
    /// Low word first, high byte first.
    Cdab,
    /// High word first, low byte first.
    Badc,
    /// Low word first, low byte first.
    Dcba,
}

impl Order {
    const fn swaps_words(self) -> bool {
        matches!(self, Self::Cdab | Self::Dcba)
    }

    const fn swaps_bytes(self) -> bool {
        matches!(self, Self::Badc | Self::Dcba)
    }

    /// The bits that up to four registers hold.
    pub(crate) fn bits(self, registers: &[u16]) -> u64 {
        let join = |bits: u64, register: &u16| {
            let word = if self.swaps_bytes() { register.swap_bytes() } else { *register };
            (bits << 16) | u64::from(word)
        };
        if self.swaps_words() { registers.iter().rev().fold(0, join) } else { registers.iter().fold(0, join) }
    }

    /// The registers of a number: the other way of [`Order::bits`].
    pub(crate) fn registers(self, bits: u64, count: u16) -> Vec<u16> {
        let word = |at: u16| {
            let word = u16::try_from((bits >> at.saturating_mul(16)) & 0xFFFF).unwrap_or(0);
            if self.swaps_bytes() { word.swap_bytes() } else { word }
        };
        if self.swaps_words() { (0..count).map(word).collect() } else { (0..count).rev().map(word).collect() }
    }
}

/// What the bits of a value are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Coding {
    Uint16,
    Uint32,
    Uint48,
    Uint64,
    Int16,
    Int32,
    Int48,
    Int64,
    Float32,
    Float64,
    Bcd16,
    Bcd32,
    Bcd48,
    Bcd64,
}

/// What a value's bits say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// A number.
    Is(Decimal),
    /// "No value": a float's NaN.
    Absent,
    /// No number: a letter among the digits, an infinity, what 28 digits do not hold.
    Invalid,
}

impl Coding {
    /// How many registers it takes.
    pub(crate) const fn registers(self) -> u16 {
        match self {
            Self::Uint16 | Self::Int16 | Self::Bcd16 => 1,
            Self::Uint32 | Self::Int32 | Self::Bcd32 | Self::Float32 => 2,
            Self::Uint48 | Self::Int48 | Self::Bcd48 => 3,
            Self::Uint64 | Self::Int64 | Self::Bcd64 | Self::Float64 => 4,
        }
    }

    const fn unused_bits(self) -> u32 {
        64_u32.saturating_sub(16_u32.saturating_mul(self.registers() as u32))
    }

    /// Set where it is a binary float.
    pub(crate) const fn precision(self) -> Option<Precision> {
        match self {
            Self::Float32 => Some(Precision::Float32),
            Self::Float64 => Some(Precision::Float64),
            _ => None,
        }
    }

    /// The number that those bits are.
    pub(crate) fn read(self, bits: u64) -> Number {
        match self {
            Self::Uint16 | Self::Uint32 | Self::Uint48 | Self::Uint64 => Number::Is(Decimal::from(bits)),
            Self::Int16 | Self::Int32 | Self::Int48 | Self::Int64 => {
                let shift = self.unused_bits();
                Number::Is(Decimal::from((bits << shift).cast_signed() >> shift))
            }
            Self::Float32 => {
                let single = u32::try_from(bits & 0xFFFF_FFFF).unwrap_or(0);
                let nan = single & 0x7FFF_FFFF > 0x7F80_0000;
                number(nan, float::single(single))
            }
            Self::Float64 => number(bits & (u64::MAX >> 1) > 0x7FF0_0000_0000_0000, float::double(bits)),
            Self::Bcd16 | Self::Bcd32 | Self::Bcd48 | Self::Bcd64 => {
                let bytes = bits.to_le_bytes();
                let digits = bytes.get(..usize::from(self.registers()).saturating_mul(2)).unwrap_or_default();
                match bcd::read(digits) {
                    Bcd::Number(number) => Number::Is(Decimal::from(number)),
                    Bcd::Absent => Number::Absent,
                    Bcd::Invalid => Number::Invalid,
                }
            }
        }
    }

    /// The bits of a number; `None` where it does not fit exactly (a float takes the nearest).
    pub(crate) fn write(self, number: Decimal) -> Option<u64> {
        let mask = u64::MAX >> self.unused_bits();
        match self {
            Self::Float32 => float::single_bits(number).map(u64::from),
            Self::Float64 => float::double_bits(number),
            _ if !number.is_integer() => None,
            Self::Uint16 | Self::Uint32 | Self::Uint48 | Self::Uint64 => {
                number.to_u64().filter(|bits| *bits <= mask)
            }
            Self::Int16 | Self::Int32 | Self::Int48 | Self::Int64 => {
                let bits = number.to_i64()?.cast_unsigned() & mask;
                (self.read(bits) == Number::Is(number)).then_some(bits)
            }
            Self::Bcd16 | Self::Bcd32 | Self::Bcd48 | Self::Bcd64 => {
                let bits = u64::from_le_bytes(bcd::write(number.to_u64()?));
                (bits <= mask && self.read(bits) == Number::Is(number)).then_some(bits)
            }
        }
    }
}

fn number(nan: bool, number: Option<Decimal>) -> Number {
    match number {
        Some(number) => Number::Is(number),
        None if nan => Number::Absent,
        None => Number::Invalid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ORDERS: [Order; 4] = [Order::Abcd, Order::Cdab, Order::Badc, Order::Dcba];

    #[test]
    fn four_orders_of_one_number() {
        for (order, registers) in [
            (Order::Abcd, [0x0A0B, 0x0C0D]),
            (Order::Cdab, [0x0C0D, 0x0A0B]),
            (Order::Badc, [0x0B0A, 0x0D0C]),
            (Order::Dcba, [0x0D0C, 0x0B0A]),
        ] {
            assert_eq!(order.bits(&registers), 0x0A0B_0C0D, "{order:?}");
            assert_eq!(order.registers(0x0A0B_0C0D, 2), registers, "{order:?}");
        }
    }

    #[test]
    fn numbers_are_exact_or_none() {
        for (kind, bits, text) in [
            (Coding::Uint16, 0xFFFF, "65535"),
            (Coding::Int16, 0xFFFF, "-1"),
            (Coding::Int48, 0xFFFF_FFFF_FFFE, "-2"),
            (Coding::Uint64, u64::MAX, "18446744073709551615"),
            (Coding::Int64, 1 << 63, "-9223372036854775808"),
            (Coding::Bcd32, 0x1234_5678, "12345678"),
            (Coding::Float32, 0xC3BC_CDC2, "-377.60748"),
            (Coding::Float64, 0x3FB9_9999_9999_999A, "0.1"),
        ] {
            assert_eq!(kind.read(bits), Number::Is(text.parse().unwrap()), "{kind:?}");
        }
        assert_eq!(Coding::Float32.read(0x7FC0_0000), Number::Absent);
        assert_eq!(Coding::Float32.read(0xFFFF_FFFF), Number::Absent);
        assert_eq!(Coding::Float32.read(0x7F80_0000), Number::Invalid);
        assert_eq!(Coding::Float64.read(u64::MAX), Number::Absent);
        assert_eq!(Coding::Bcd32.read(0xFFFF_FFFF), Number::Absent);
        assert_eq!(Coding::Bcd16.read(0x12A4), Number::Invalid);
        assert_eq!(Coding::Int16.write(Decimal::from(40_000)), None);
        assert_eq!(Coding::Uint16.write(Decimal::from(-1)), None);
        assert_eq!(Coding::Bcd16.write(Decimal::from(10_000)), None);
    }

    proptest! {
        /// Law: what is written reads back, in each kind and order.
        #[test]
        fn what_is_written_reads_back(number in 0_i64..10_000, order in prop::sample::select(ORDERS.to_vec())) {
            for kind in [
                Coding::Uint16, Coding::Uint32, Coding::Uint48, Coding::Uint64, Coding::Int16, Coding::Int32, Coding::Int48,
                Coding::Int64, Coding::Float32, Coding::Float64, Coding::Bcd16, Coding::Bcd32, Coding::Bcd48, Coding::Bcd64,
            ] {
                let number = Decimal::from(number);
                let registers = order.registers(kind.write(number).unwrap(), kind.registers());
                prop_assert_eq!(registers.len(), usize::from(kind.registers()));
                prop_assert_eq!(kind.read(order.bits(&registers)), Number::Is(number));
            }
        }

        /// Law: every single reads back to the same bits, or has no decimal.
        #[test]
        fn a_single_keeps_its_bits(bits in any::<u32>()) {
            if let Number::Is(number) = Coding::Float32.read(bits.into()) && !number.is_zero() {
                prop_assert_eq!(Coding::Float32.write(number), Some(bits.into()));
            }
        }
    }
}
