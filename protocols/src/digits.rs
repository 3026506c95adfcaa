//! Bytes as digits.

use smol_str::SmolStr;

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// Hex digits of up to eleven bytes, in their order. No allocation: that is what [`SmolStr`] keeps in place.
#[inline]
pub(crate) fn forward(bytes: &[u8]) -> SmolStr {
    spell(bytes.iter())
}

/// Hex digits of up to eleven bytes, the last byte first: an address as it is printed on the meter.
#[inline]
pub(crate) fn reversed(bytes: &[u8]) -> SmolStr {
    spell(bytes.iter().rev())
}

#[inline]
fn spell<'a>(bytes: impl Iterator<Item = &'a u8>) -> SmolStr {
    let mut text = [0_u8; 22];
    let mut len = 0_usize;
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        if let [high, low] = pair {
            *high = digit(byte >> 4);
            *low = digit(byte & 0x0F);
            len = len.saturating_add(2);
        }
    }
    let digits = text.get(..len).and_then(|digits| std::str::from_utf8(digits).ok());
    SmolStr::new_inline(digits.unwrap_or_default())
}

fn digit(nibble: u8) -> u8 {
    DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_spelt_in_either_order() {
        assert_eq!(forward(&[0x01, 0xA9]), "01A9");
        assert_eq!(reversed(&[0x01, 0xA9, 0xFF]), "FFA901");
        assert_eq!(forward(&[]), "");
    }
}
