//! The six address bytes.

use std::fmt;
use std::str::FromStr;

use smol_str::SmolStr;

/// A meter's address: twelve digits, printed most significant first, sent least significant first.
///
/// ```
/// use protocols::dlt645::Address;
/// let address: Address = "123456789012".parse()?;
/// assert_eq!(address.wire(), [0x12, 0x90, 0x78, 0x56, 0x34, 0x12]);
/// # Ok::<(), protocols::dlt645::AddressError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address([u8; 6]);

impl Address {
    /// Any meter: for a line with a single one. AA in a byte stands for any two digits.
    pub const ANY: Self = Self([0xAA; 6]);
    /// All meters; none answers.
    pub const BROADCAST: Self = Self([0x99; 6]);

    /// From the bytes in the order of the wire.
    pub const fn from_wire(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }

    /// The bytes in the order of the wire.
    pub const fn wire(self) -> [u8; 6] {
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

    /// Fewer than twelve digits are filled up with zeros in front, as meters' labels leave them out.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let mut bytes = [0; 6];
        let padded = format!("{text:0>12}");
        if text.is_empty() {
            return Err(AddressError(text.to_owned()));
        }
        hex::decode_to_slice(&padded, &mut bytes).map_err(|_| AddressError(text.to_owned()))?;
        bytes.reverse();
        Ok(Self(bytes))
    }
}

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError(String);

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no DL/T 645 address: expected up to twelve digits", self.0)
    }
}

impl std::error::Error for AddressError {}
