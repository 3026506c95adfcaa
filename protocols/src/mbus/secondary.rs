//! Addressing a wired meter by its identification instead of a bus address.
//!
//! ```text
//! EN 13757-7, 8.4: SND_UD to FD, CI 52 (56: high byte first), answered with E5 by whom it fits
//!
//! identification 4 BCD, digit F = any | maker 2, FFFF = any | version, FF = any | medium, FF = any
//! [0C 78 fabrication number 4 BCD, digit F = any]
//! ```
//!
//! Several E5 at once are an E5; what tells one meter from several is whether its answer to REQ_UD2 comes whole. Where
//! it doesn't, [`Selection::narrower`] parts the selection in ten.
//!
//! Deliberately absent: a search by makers, versions or media, and for identifications with hex digits. Of two meters
//! with one identification, one that has no fabrication number to select by stays hidden.

use smol_str::SmolStr;

use super::cursor::Cursor;
use super::header::Identity;
use super::hex;

/// The address of a network-layer selection.
pub const SELECTED: u8 = 0xFD;

/// Which meters are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The pattern: nibble F of the identification, FFFF and FF elsewhere mean "any".
    pub pattern: Identity,
    /// A pattern for the fabrication number, where identifications collide.
    pub fabrication: Option<[u8; 4]>,
}

impl Selection {
    /// Every meter.
    pub const ANY: Self = Self {
        pattern: Identity { id: [0xFF; 4], manufacturer: 0xFFFF, version: 0xFF, medium: 0xFF },
        fabrication: None,
    };

    /// The one meter.
    pub const fn of(identity: Identity) -> Self {
        Self { pattern: identity, fabrication: None }
    }

    /// Reads the data of CI 52 and 56; `None` for any other, and for data of another length.
    pub(super) fn read(code: u8, data: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(data, 0);
        let mut pattern = Identity::read(&mut cursor).ok()?;
        match code {
            0x52 => {}
            0x56 => {
                pattern.id.reverse();
                pattern.manufacturer = pattern.manufacturer.swap_bytes();
            }
            _ => return None,
        }
        let fabrication = match *cursor.rest() {
            [] => None,
            [0x0C, 0x78, a, b, c, d] => Some([a, b, c, d]),
            _ => return None,
        };
        Some(Self { pattern, fabrication })
    }

    /// The ten selections that together mean the same meters, each with one digit more of the identification, or of the
    /// fabrication number where the identification has no open digit: where more than one meter has answered, each of
    /// these is tried. `None` where no digit is open.
    ///
    /// ```
    /// use protocols::mbus::secondary::Selection;
    /// let ten = Selection::ANY.narrower().unwrap();
    /// assert_eq!(ten[7].pattern.id, [0xFF, 0xFF, 0xFF, 0x7F]);
    /// ```
    pub fn narrower(self) -> Option<[Self; 10]> {
        let in_pattern = digits_from(self.pattern.id);
        let ten = in_pattern.or_else(|| digits_from(self.fabrication.unwrap_or([0xFF; 4])))?;
        Some(ten.map(|digits| match in_pattern {
            Some(_) => Self { pattern: Identity { id: digits, ..self.pattern }, ..self },
            None => Self { fabrication: Some(digits), ..self },
        }))
    }

    /// The data of CI 52.
    pub fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.pattern.to_bytes().to_vec();
        if let Some(fabrication) = self.fabrication {
            bytes.extend_from_slice(&[0x0C, 0x78]);
            bytes.extend_from_slice(&fabrication);
        }
        bytes
    }

    /// Whether a meter with this identity, and this fabrication number, is meant.
    ///
    /// ```
    /// use protocols::mbus::{Identity, secondary::Selection};
    /// let meter = Identity { id: [0x78, 0x56, 0x34, 0x12], manufacturer: 0x2C2D, version: 1, medium: 4 };
    /// let some = Identity { id: [0xFF, 0xFF, 0x34, 0x12], ..Selection::ANY.pattern };
    /// assert!(Selection::of(some).fits(&meter, None));
    /// assert!(!Selection::of(Identity { medium: 7, ..some }).fits(&meter, None));
    /// ```
    pub fn fits(&self, meter: &Identity, fabrication: Option<[u8; 4]>) -> bool {
        let same = |pattern: u8, value: u8| pattern == 0xFF || pattern == value;
        digits_fit(self.pattern.id, meter.id)
            && (self.pattern.manufacturer == 0xFFFF || self.pattern.manufacturer == meter.manufacturer)
            && same(self.pattern.version, meter.version)
            && same(self.pattern.medium, meter.medium)
            && self.fabrication.is_none_or(|pattern| fabrication.is_some_and(|f| digits_fit(pattern, f)))
    }

    /// The identification asked for, `f` where any digit fits.
    pub(super) fn address(&self) -> SmolStr {
        hex::reversed(&self.pattern.id)
    }
}

/// The digits with each of 0 to 9 in the place of the first open one.
fn digits_from(pattern: [u8; 4]) -> Option<[[u8; 4]; 10]> {
    let number = u32::from_le_bytes(pattern);
    let open = (0..32).step_by(4).rev().find(|shift| number >> shift & 0xF == 0xF)?;
    let mut digit = 0_u32;
    Some([pattern; 10].map(|_| {
        let digits = number & !(0xF << open) | digit << open;
        digit = digit.wrapping_add(1);
        digits.to_le_bytes()
    }))
}

fn digits_fit(pattern: [u8; 4], value: [u8; 4]) -> bool {
    pattern.into_iter().zip(value).all(|(pattern, value)| {
        let fits = |mask: u8| pattern & mask == mask || pattern & mask == value & mask;
        fits(0xF0) && fits(0x0F)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let id = Identity { id: [0xFF, 0x56, 0x34, 0x12], manufacturer: 0x2C2D, version: 0xFF, medium: 7 };
        for fabrication in [None, Some([1, 2, 3, 0xFF])] {
            let selection = Selection { pattern: id, fabrication };
            assert_eq!(Selection::read(0x52, &selection.to_bytes()), Some(selection));
        }
        assert_eq!(Selection::read(0x52, &[0; 7]), None);
        assert_eq!(Selection::read(0x51, &Selection::ANY.to_bytes()), None);
    }

    #[test]
    fn a_fabrication_number_must_be_there_to_fit() {
        let meter = Identity { id: [0; 4], manufacturer: 1, version: 1, medium: 7 };
        let selection = Selection { fabrication: Some([0xF1, 0, 0, 0]), ..Selection::ANY };
        assert!(selection.fits(&meter, Some([0x71, 0, 0, 0])));
        assert!(!selection.fits(&meter, Some([0x72, 0, 0, 0])));
        assert!(!selection.fits(&meter, None));
    }
}
