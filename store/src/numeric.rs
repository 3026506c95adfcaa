//! NUMERIC to and from [`Decimal`], exactly.
//!
//! ```text
//! i16 groups | i16 weight | u16 sign | u16 scale | groups of four decimal digits, i16 each
//! value = ± sum of group[i] x 10000^(weight - i)
//! ```

use std::error::Error;

use bytes::{BufMut, BytesMut};
use rust_decimal::Decimal;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

/// A decimal on its way to or from the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numeric(pub Decimal);

const NEGATIVE: u16 = 0x4000;
const GROUP: u128 = 10_000;

/// Writes a decimal in the binary form.
pub(crate) fn put_numeric(value: Decimal, out: &mut BytesMut) {
    let scale = value.scale();
    let pad = (4 - scale % 4) % 4;
    let mut rest = value.mantissa().unsigned_abs() * 10_u128.pow(pad);
    // 96 bits and three digits more are at most nine groups, the lowest first.
    let mut groups = [0_u16; 10];
    let mut count = 0_usize;
    while rest > 0 {
        groups[count] = u16::try_from(rest % GROUP).unwrap_or_default();
        rest /= GROUP;
        count += 1;
    }
    let low_zeros = groups[..count].iter().take_while(|group| **group == 0).count();
    let small = |n: usize| i16::try_from(n).unwrap_or_default();
    let behind = i16::try_from((scale + pad) / 4).unwrap_or_default();
    out.put_i16(small(count - low_zeros));
    out.put_i16(if count == 0 { 0 } else { small(count) - behind - 1 });
    out.put_u16(if value.is_sign_negative() && count > 0 { NEGATIVE } else { 0 });
    out.put_u16(u16::try_from(scale).unwrap_or_default());
    for group in groups[low_zeros..count].iter().rev() {
        out.put_u16(*group);
    }
}

impl ToSql for Numeric {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        put_numeric(self.0, out);
        Ok(IsNull::No)
    }

    accepts!(NUMERIC);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Numeric {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let word = |n: usize| {
            raw.get(n * 2..n * 2 + 2)
                .map(|b| i16::from_be_bytes([b[0], b[1]]))
                .ok_or("a numeric that is cut short")
        };
        let (count, weight, sign, scale) = (word(0)?, word(1)?, word(2)?, u32::from(word(3)?.unsigned_abs()));
        if sign != 0 && sign != NEGATIVE.cast_signed() {
            return Err("a numeric that is no number".into());
        }
        let overflow = "a numeric beyond 96 bits";
        let mut mantissa = 0_i128;
        for n in 0..usize::try_from(count)? {
            let group = i128::from(word(4 + n)?);
            mantissa = mantissa.checked_mul(10_000).and_then(|m| m.checked_add(group)).ok_or(overflow)?;
        }
        // Digits behind the point: four for each group beyond the weight; printed are `scale`.
        let behind = (i32::from(count) - 1 - i32::from(weight)) * 4;
        let shift = i32::try_from(scale)? - behind;
        let ten = |n: i32| 10_i128.checked_pow(n.unsigned_abs()).ok_or(overflow);
        mantissa = if shift >= 0 {
            mantissa.checked_mul(ten(shift)?).ok_or(overflow)?
        } else {
            mantissa / ten(shift)?
        };
        let signed = if sign == 0 { mantissa } else { -mantissa };
        Ok(Self(Decimal::try_from_i128_with_scale(signed, scale)?))
    }

    accepts!(NUMERIC);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn there_and_back(value: Decimal) -> Decimal {
        let mut bytes = BytesMut::new();
        Numeric(value).to_sql(&Type::NUMERIC, &mut bytes).unwrap();
        Numeric::from_sql(&Type::NUMERIC, &bytes).unwrap().0
    }

    #[test]
    fn known_bytes() {
        // 12345.678 = 1 2345 . 6780: weight 1, scale 3
        let mut bytes = BytesMut::new();
        Numeric("-12345.678".parse().unwrap()).to_sql(&Type::NUMERIC, &mut bytes).unwrap();
        let expected = [0, 3, 0, 1, 0x40, 0, 0, 3, 0, 1, 0x09, 0x29, 0x1a, 0x7c];
        assert_eq!(&bytes[..], &expected[..]);
    }

    #[test]
    fn edges_read_back_with_their_scale() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "10000",
            "100000000",
            "0.0001",
            "0.00001",
            "157.00",
            "79228162514264337593543950335",
            "-7.9228162514264337593543950335",
        ] {
            let value: Decimal = text.parse().unwrap();
            assert_eq!(there_and_back(value).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn every_decimal_reads_back(m in -(1_i128 << 95)..(1_i128 << 95), scale in 0_u32..=28) {
            let value = Decimal::from_i128_with_scale(m, scale);
            prop_assert_eq!(there_and_back(value).to_string(), value.to_string());
        }
    }
}
