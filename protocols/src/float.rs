//! Binary floats of the wire, as the shortest decimal that reads back to the same bits.
#![expect(clippy::disallowed_types, reason = "the one place where a binary float becomes a decimal")]

use rust_decimal::Decimal;

/// The decimal of a single; `None` for NaN, infinities, and what 28 digits do not hold (above 7.9e28, below 1e-28).
pub(crate) fn single(bits: u32) -> Option<Decimal> {
    decimal(&f32::from_bits(bits).to_string())
}

/// The decimal of a double; `None` as for [`single`].
pub(crate) fn double(bits: u64) -> Option<Decimal> {
    decimal(&f64::from_bits(bits).to_string())
}

/// The single nearest to a decimal; `None` where that is an infinity.
pub(crate) fn single_bits(number: Decimal) -> Option<u32> {
    let nearest: f32 = number.to_string().parse().ok()?;
    nearest.is_finite().then(|| nearest.to_bits())
}

/// The double nearest to a decimal; `None` where that is an infinity.
pub(crate) fn double_bits(number: Decimal) -> Option<u64> {
    let nearest: f64 = number.to_string().parse().ok()?;
    nearest.is_finite().then(|| nearest.to_bits())
}

/// The bits of an IEEE 754 half, widened to a single without loss (CBOR, RFC 8949 appendix D).
pub(crate) fn half_to_single(half: u16) -> u32 {
    let sign = u32::from(half & 0x8000) << 16;
    let exponent = u32::from(half >> 10) & 0x1F;
    let fraction = u32::from(half & 0x03FF);
    let magnitude = match exponent {
        0 => {
            // Subnormal: fraction × 2^-24, both factors exact in a single.
            let scale = f32::from_bits(0x3380_0000);
            (f32::from(half & 0x03FF) * scale).to_bits()
        }
        31 => 0x7F80_0000 | (fraction << 13),
        _ => (exponent.wrapping_add(112) << 23) | (fraction << 13),
    };
    sign | magnitude
}

/// `f32` and `f64` print the shortest decimal that reads back, and never an exponent.
fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_decimal_that_reads_back() {
        assert_eq!(single(0x4366_3334).unwrap().to_string(), "230.20001");
        assert_eq!(single(0x3DCC_CCCD).unwrap().to_string(), "0.1");
        assert_eq!(double(0x3FB9_9999_9999_999A).unwrap().to_string(), "0.1");
        assert_eq!(single(0x8000_0000).unwrap(), Decimal::ZERO);
    }

    #[test]
    fn what_is_no_number_or_does_not_fit_is_none() {
        for bits in [0x7FC0_0000, 0x7F80_0000, 0xFF80_0000, 0x7F7F_FFFF, 0x0000_0001] {
            assert_eq!(single(bits), None, "{bits:08x}");
        }
        assert_eq!(double(1), None);
    }

    #[test]
    fn a_half_widens() {
        for (half, text) in
            [(0x3C00, "1"), (0xC000, "-2"), (0x3555, "0.33325195"), (0x7BFF, "65504"), (0, "0")]
        {
            assert_eq!(single(half_to_single(half)).unwrap().to_string(), text);
        }
        assert_eq!(half_to_single(0x7E00), 0x7FC0_0000);
        assert_eq!(single(half_to_single(0x0001)).unwrap().to_string(), "0.000000059604645");
    }
}
