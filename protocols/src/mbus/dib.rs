//! The data information block: how a record's value is coded, and which register it belongs to.
//!
//! ```text
//! EN 13757-3, 6.3: DIF [DIFE 0..10]
//!
//! DIF   7 extension | 6 storage, bit 0 | 5-4 function | 3-0 coding
//! DIFE  7 extension | 6 subunit        | 5-4 tariff   | 3-0 storage
//!
//! The k-th DIFE (from 0) holds bit k of the subunit, bits 2k and 2k+1 of the tariff, bits 4k+1 to 4k+4 of the
//! storage number.
//! ```

use metering::Function;

use super::cursor::Cursor;
use crate::{DecodeError, ErrorKind};

/// The standard ends a block after ten extensions.
pub(super) const EXTENSIONS_MAX: u32 = 10;

/// How the value is coded, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dib {
    /// Bits 3 to 0 of the DIF.
    pub(super) coding: u8,
    pub(super) function: Function,
    pub(super) storage: u64,
    pub(super) tariff: u32,
    pub(super) subunit: u16,
}

impl Dib {
    /// Reads the extensions after the DIF `first`.
    #[inline]
    pub(super) fn read(first: u8, cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut dib = Self {
            coding: first & 0x0F,
            function: function(first),
            storage: u64::from(first >> 6 & 1),
            tariff: 0,
            subunit: 0,
        };
        if first & 0x80 != 0 {
            dib.extend(cursor)?;
        }
        Ok(dib)
    }

    fn extend(&mut self, cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
        for k in 0..EXTENSIONS_MAX {
            let at = cursor.offset();
            let Some(dife) = cursor.byte() else {
                return Err(DecodeError::new(
                    ErrorKind::Structure,
                    at,
                    "the frame ends within a data information block",
                ));
            };
            self.storage |= u64::from(dife & 0x0F) << k.wrapping_mul(4).wrapping_add(1);
            self.tariff |= u32::from(dife >> 4 & 0x03) << k.wrapping_mul(2);
            self.subunit |= u16::from(dife >> 6 & 1) << k;
            if dife & 0x80 == 0 {
                return Ok(());
            }
        }
        Err(DecodeError::new(ErrorKind::Structure, cursor.offset(), "more than ten DIFE"))
    }

    /// Appends the block; a number that ten extensions do not hold is `None`.
    pub(super) fn write(self, out: &mut Vec<u8>) -> Option<()> {
        if self.storage >> 41 != 0 || self.tariff >> 20 != 0 || self.subunit >> 10 != 0 {
            return None;
        }
        let function = match self.function {
            Function::Instantaneous => 0x00,
            Function::Maximum => 0x10,
            Function::Minimum => 0x20,
            Function::Error => 0x30,
        };
        let (mut storage, mut tariff, mut subunit) = (self.storage >> 1, self.tariff, self.subunit);
        let mut byte = self.coding & 0x0F | function | u8::try_from(self.storage & 1).ok()? << 6;
        while storage != 0 || tariff != 0 || subunit != 0 {
            out.push(byte | 0x80);
            byte = u8::try_from(storage & 0x0F).ok()?
                | u8::try_from(tariff & 0x03).ok()? << 4
                | u8::try_from(subunit & 1).ok()? << 6;
            storage >>= 4;
            tariff >>= 2;
            subunit >>= 1;
        }
        out.push(byte);
        Some(())
    }
}

const fn function(dif: u8) -> Function {
    match dif >> 4 & 0x03 {
        0 => Function::Instantaneous,
        1 => Function::Maximum,
        2 => Function::Minimum,
        _ => Function::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Dib {
        let mut cursor = Cursor::new(&bytes[1..], 1);
        Dib::read(bytes[0], &mut cursor).unwrap()
    }

    #[test]
    fn extensions_add_up() {
        let dib = read(&[0xC4, 0x93, 0x51]);
        assert_eq!(
            (dib.coding, dib.storage, dib.tariff, dib.subunit),
            (4, 1 + (3 << 1) + (1 << 5), 1 + (1 << 2), 2)
        );
        assert_eq!(read(&[0x34]).function, Function::Error);
    }

    #[test]
    fn an_eleventh_extension_is_refused() {
        let mut cursor = Cursor::new(&[0x80; 11], 1);
        assert_eq!(Dib::read(0x84, &mut cursor).unwrap_err().kind, ErrorKind::Structure);
    }

    #[test]
    fn what_is_written_reads_back() {
        for (storage, tariff, subunit) in
            [(0, 0, 0), (1, 0, 0), (2, 3, 1), ((1 << 41) - 1, (1 << 20) - 1, (1 << 10) - 1)]
        {
            let dib = Dib { coding: 4, function: Function::Minimum, storage, tariff, subunit };
            let mut bytes = Vec::new();
            dib.write(&mut bytes).unwrap();
            assert_eq!(read(&bytes), dib);
        }
        let too_far = Dib { coding: 4, function: Function::Minimum, storage: 1 << 41, tariff: 0, subunit: 0 };
        assert_eq!(too_far.write(&mut Vec::new()), None);
    }
}
