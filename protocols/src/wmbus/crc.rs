//! The check of radio blocks, extended link layer payloads and compact frames: CRC-16 of EN 13757.
//!
//! Polynomial 3D65, begun with 0, inverted at the end, most significant bit first.

const TABLE: [u16; 256] = {
    #[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "the compiler runs it")]
    const fn table() -> [u16; 256] {
        let mut table = [0; 256];
        let mut index = 0;
        while index < 256 {
            let mut crc = (index as u16) << 8;
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x3D65 };
                bit += 1;
            }
            table[index] = crc;
            index += 1;
        }
        table
    }
    table()
};

/// The CRC over `parts`, one after another.
pub(super) fn over(parts: &[&[u8]]) -> u16 {
    let crc = parts.iter().copied().flatten().fold(0_u16, |crc, byte| {
        let [high, low] = crc.to_be_bytes();
        u16::from_be_bytes([low, 0]) ^ TABLE.get(usize::from(high ^ byte)).copied().unwrap_or(0)
    });
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_catalogue() {
        assert_eq!(over(&[b"123456789"]), 0xC2B7);
        assert_eq!(over(&[b"1234", b"", b"56789"]), 0xC2B7);
    }
}
