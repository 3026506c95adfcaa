//! Bytes as small hex digits.

use smol_str::{SmolStr, SmolStrBuilder};

/// Digits and hex letters, the last byte first: an identification as it is printed on the meter.
pub(crate) fn reversed(little_endian: &[u8]) -> SmolStr {
    // An identification has four bytes: eight characters without a builder.
    if let [a, b, c, d] = *little_endian {
        let mut text = [0; 8];
        for (pair, byte) in text.chunks_exact_mut(2).zip([d, c, b, a]) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0x0F)]);
        }
        return SmolStr::new(std::str::from_utf8(&text).unwrap_or_default());
    }
    digits_of(little_endian.iter().rev())
}

/// One hex digit of a value below 16.
const fn digit(nibble: u8) -> u8 {
    if nibble < 10 { nibble.wrapping_add(b'0') } else { nibble.wrapping_add(b'a' - 10) }
}

/// Bytes as hex, in the order of the wire.
pub(crate) fn in_order(bytes: &[u8]) -> SmolStr {
    digits_of(bytes.iter())
}

fn digits_of<'a>(bytes: impl Iterator<Item = &'a u8>) -> SmolStr {
    let mut text = SmolStrBuilder::new();
    for byte in bytes {
        for nibble in [byte >> 4, byte & 0x0F] {
            text.push(char::from(digit(nibble)));
        }
    }
    text.finish()
}
