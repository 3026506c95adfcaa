//! The 16-bit CRCs that are computed least significant bit first.

/// What a byte does to the CRC, for a polynomial in reflected notation. A table, because a splitter of hostile
/// streams tries a CRC at every byte.
#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "built by the compiler, which checks"
)]
const fn table(polynomial: u16) -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u16;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ polynomial } else { crc >> 1 };
            bit = u32::wrapping_add(bit, 1);
        }
        table[byte] = crc;
        byte = usize::wrapping_add(byte, 1);
    }
    table
}

/// Of ARC and Modbus.
static IBM: [u16; 256] = table(0xA001);
/// Of X.25.
static CCITT: [u16; 256] = table(0x8408);

fn reflected(table: &[u16; 256], init: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(init, |crc, byte| {
        let [low, _] = crc.to_le_bytes();
        (crc >> 8) ^ table.get(usize::from(low ^ byte)).copied().unwrap_or_default()
    })
}

/// CRC-16/MODBUS.
pub(crate) fn modbus(bytes: &[u8]) -> u16 {
    reflected(&IBM, 0xFFFF, bytes)
}

/// CRC-16/ARC.
pub(crate) fn arc(bytes: &[u8]) -> u16 {
    reflected(&IBM, 0, bytes)
}

/// CRC-16/X-25, the frame check sequence of HDLC (ISO/IEC 13239).
pub(crate) fn x25(bytes: &[u8]) -> u16 {
    !reflected(&CCITT, 0xFFFF, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_values_of_the_catalogue() {
        assert_eq!(arc(b"123456789"), 0xBB3D);
        assert_eq!(x25(b"123456789"), 0x906E);
        assert_eq!(modbus(b"123456789"), 0x4B37);
    }
}
