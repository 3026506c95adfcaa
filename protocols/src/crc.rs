//! The 16-bit CRCs that are computed least significant bit first.

/// CRC-16 of `bytes`, reflected, beginning at `init`, without a final inversion.
///
/// `polynomial` is in reflected notation: `0xA001` for ARC (P1, `init` 0) and Modbus (`init` FFFF), `0x8408` for
/// X.25 (HDLC; `init` FFFF and the result inverted).
pub(crate) fn reflected(polynomial: u16, init: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(init, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { polynomial } else { 0 })
    })
}

/// CRC-16/ARC.
pub(crate) fn arc(bytes: &[u8]) -> u16 {
    reflected(0xA001, 0, bytes)
}

/// CRC-16/X-25, the frame check sequence of HDLC (ISO/IEC 13239).
pub(crate) fn x25(bytes: &[u8]) -> u16 {
    !reflected(0x8408, 0xFFFF, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_values_of_the_catalogue() {
        assert_eq!(arc(b"123456789"), 0xBB3D);
        assert_eq!(x25(b"123456789"), 0x906E);
        assert_eq!(reflected(0xA001, 0xFFFF, b"123456789"), 0x4B37);
    }
}
