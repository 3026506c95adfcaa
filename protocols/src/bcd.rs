//! Packed decimal digits, least significant byte first: how the Chinese meter standards write every number.

/// What a field of packed digits holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bcd {
    /// A number.
    Number(u64),
    /// All bits set: the meter has no such value.
    Absent,
    /// A digit above 9.
    Invalid,
}

/// Reads up to nine bytes, least significant first.
///
/// ```text
/// 56 34 12 00  ->  00123456
/// ```
#[inline]
pub(crate) fn read(bytes: &[u8]) -> Bcd {
    let mut number = 0_u64;
    let mut invalid = false;
    for &byte in bytes.iter().rev() {
        let (high, low) = (byte >> 4, byte & 0x0F);
        invalid |= high > 9 || low > 9;
        let pair = u64::from(high).wrapping_mul(10).wrapping_add(u64::from(low));
        number = number.wrapping_mul(100).wrapping_add(pair);
    }
    match invalid {
        false => Bcd::Number(number),
        true if bytes.iter().all(|&byte| byte == 0xFF) => Bcd::Absent,
        true => Bcd::Invalid,
    }
}

/// Two digits, 0 to 99, or nothing.
#[inline]
pub(crate) fn digits(byte: u8) -> Option<i8> {
    let (high, low) = (byte >> 4, byte & 0x0F);
    if high > 9 || low > 9 {
        return None;
    }
    i8::try_from(high.wrapping_mul(10).wrapping_add(low)).ok()
}

/// Writes the last `2 * N` digits of a number, least significant byte first: what a register does when it rolls
/// over.
pub(crate) fn write<const N: usize>(mut number: u64) -> [u8; N] {
    let mut bytes = [0; N];
    for byte in &mut bytes {
        *byte = packed(u8::try_from(number % 100).unwrap_or(0));
        number /= 100;
    }
    bytes
}

/// Two digits of a number below 100 in one byte.
pub(crate) const fn packed(number: u8) -> u8 {
    ((number / 10 % 10) << 4) | (number % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_from_the_low_byte() {
        assert_eq!(read(&[0x56, 0x34, 0x12, 0x00]), Bcd::Number(123_456));
        assert_eq!(read(&[0; 4]), Bcd::Number(0));
        assert_eq!(read(&[0x99; 9]), Bcd::Number(999_999_999_999_999_999));
    }

    #[test]
    fn all_bits_set_is_absence_and_any_other_letter_is_no_number() {
        assert_eq!(read(&[0xFF; 4]), Bcd::Absent);
        assert_eq!(read(&[0xFF, 0xFF, 0x0F]), Bcd::Invalid);
        assert_eq!(read(&[0x00, 0x0A]), Bcd::Invalid);
        assert_eq!(digits(0x59), Some(59));
        assert_eq!(digits(0x6A), None);
    }

    #[test]
    fn a_written_number_reads_back_and_rolls_over() {
        assert_eq!(write::<4>(12_345_678), [0x78, 0x56, 0x34, 0x12]);
        assert_eq!(read(&write::<7>(20_261_031_235_959)), Bcd::Number(20_261_031_235_959));
        assert_eq!(write::<2>(10_001), [0x01, 0x00]);
    }
}
