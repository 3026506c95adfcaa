//! The name of a register: one counter of a meter.

use std::fmt;
use std::str::FromStr;

use crate::{Obis, ObisError, Quantity};

/// How a record's value came about (the M-Bus function field; other protocols are mapped onto it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Function {
    /// The value now, or at its storage's time.
    Instantaneous,
    /// A maximum.
    Maximum,
    /// A minimum.
    Minimum,
    /// The value during an error state.
    Error,
}

impl Function {
    /// The name in JSON and in `x:` register names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instantaneous => "instantaneous",
            Self::Maximum => "maximum",
            Self::Minimum => "minimum",
            Self::Error => "error",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Instantaneous, Self::Maximum, Self::Minimum, Self::Error]
            .into_iter()
            .find(|f| f.name() == text)
    }
}

/// A register's name: its OBIS code, or where none exists
/// `x:<quantity>.<function>.<subunit>.<tariff>.<storage>`.
///
/// ```
/// use metering::Register;
/// let month_end: Register = "x:volume.instantaneous.0.0.1".parse()?;
/// assert_eq!(month_end.to_string(), "x:volume.instantaneous.0.0.1");
/// # Ok::<(), metering::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Register {
    /// A register with an OBIS code.
    Obis(Obis),
    /// A register without one.
    Other {
        /// What it measures.
        quantity: Quantity,
        /// How the value came about.
        function: Function,
        /// Subunit of the device.
        subunit: u16,
        /// Tariff.
        tariff: u32,
        /// Storage number: 0 now, 1 and up earlier.
        storage: u64,
    },
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Obis(obis) => obis.fmt(f),
            Self::Other { quantity, function, subunit, tariff, storage } => {
                write!(f, "x:{quantity}.{}.{subunit}.{tariff}.{storage}", function.name())
            }
        }
    }
}

/// A text that names no register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterError {
    /// Does not begin with `x:` and is no OBIS code.
    Obis(ObisError),
    /// Begins with `x:` and does not go on as it must.
    Other(String),
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Obis(error) => error.fmt(f),
            Self::Other(text) => {
                write!(
                    f,
                    "{text:?} is no register: expected x:<quantity>.<function>.<subunit>.<tariff>.<storage>"
                )
            }
        }
    }
}

impl std::error::Error for RegisterError {}

impl From<Obis> for Register {
    fn from(obis: Obis) -> Self {
        Self::Obis(obis)
    }
}

impl FromStr for Register {
    type Err = RegisterError;

    fn from_str(text: &str) -> Result<Self, RegisterError> {
        match text.strip_prefix("x:") {
            None => text.parse().map(Self::Obis).map_err(RegisterError::Obis),
            Some(rest) => other(rest).ok_or_else(|| RegisterError::Other(text.to_owned())),
        }
    }
}

fn other(rest: &str) -> Option<Register> {
    let mut parts = rest.split('.');
    let register = Register::Other {
        quantity: parts.next()?.parse().ok()?,
        function: Function::parse(parts.next()?)?,
        subunit: parts.next()?.parse().ok()?,
        tariff: parts.next()?.parse().ok()?,
        storage: parts.next()?.parse().ok()?,
    };
    parts.next().is_none().then_some(register)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_reads_back() {
        for text in ["8-0:1.0.0", "x:battery_voltage.minimum.0.0.0", "x:energy.error.3.2.17"] {
            assert_eq!(text.parse::<Register>().unwrap().to_string(), text);
        }
        for text in ["x:energy", "x:energy.mean.0.0.0", "x:joy.instantaneous.0.0.0", "energy"] {
            assert!(text.parse::<Register>().is_err(), "{text}");
        }
    }
}
