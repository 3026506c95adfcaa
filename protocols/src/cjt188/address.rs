//! The seven address bytes.

use std::fmt;
use std::str::FromStr;

use smol_str::SmolStr;

/// A meter's address: fourteen digits, printed most significant first, sent least significant first. The first
/// four digits are the maker's code by the standard. Real addresses also hold letters A to F.
///
/// ```
/// use protocols::cjt188::Address;
/// let address: Address = "11223344556677".parse()?;
/// assert_eq!(address.wire(), [0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]);
/// assert_eq!(address.to_string(), "11223344556677");
/// # Ok::<(), protocols::cjt188::AddressError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address([u8; 7]);

impl Address {
    /// Any meter: for a line with a single one.
    pub const ANY: Self = Self([0xAA; 7]);

    /// From the bytes in the order of the wire.
    pub const fn from_wire(bytes: [u8; 7]) -> Self {
        Self(bytes)
    }

    /// The bytes in the order of the wire.
    pub const fn wire(self) -> [u8; 7] {
        self.0
    }

    /// As text, without allocating.
    pub fn to_smol_str(self) -> SmolStr {
        crate::digits::reversed(&self.0)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let mut bytes = [0; 7];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| AddressError(text.to_owned()))?;
        bytes.reverse();
        Ok(Self(bytes))
    }
}

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError(String);

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no CJ/T 188 address: expected fourteen digits", self.0)
    }
}

impl std::error::Error for AddressError {}
