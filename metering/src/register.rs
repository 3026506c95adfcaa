//! The name of a register: one counter of a meter.

use std::fmt;
use std::str::FromStr;

use crate::{Dimension, Obis, ObisError, Quantity, Unit, closed_list};

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

closed_list! {
    /// What the value of a register is. It is the register's own, not a choice of who bills it.
    pub enum RegisterKind: "register kind" {
        /// A count that goes on: usage is a difference.
        Counter = "counter",
        /// The greatest of a measuring period: usage is the value, the greatest of the period that is billed.
        Maximum = "maximum",
        /// A value of the moment (flow, temperature, what a battery has left): it has no usage.
        Momentary = "momentary",
    }
}

impl Register {
    /// What its value is. OBIS D = 6 is a maximum (EN 62056-61 names the second and third measuring period's 16 and 26);
    /// D = 29 counts inside one interval only. Otherwise what is measured decides: energy, volume and mass go on counting,
    /// as do hours of operation.
    ///
    /// ```
    /// use metering::{Register, RegisterKind, Unit};
    /// let kind = |name: &str, unit| name.parse::<Register>().map(|register| register.kind(unit));
    /// assert_eq!(kind("1-0:1.8.0", Unit::KiloWattHour), Ok(RegisterKind::Counter));
    /// assert_eq!(kind("1-0:1.6.0", Unit::KiloWatt), Ok(RegisterKind::Maximum));
    /// assert_eq!(kind("1-0:1.7.0", Unit::KiloWatt), Ok(RegisterKind::Momentary));
    /// ```
    pub const fn kind(self, unit: Unit) -> RegisterKind {
        let counts = unit.dimension().is_billed() || matches!(unit.dimension(), Dimension::Duration);
        match self {
            Self::Obis(Obis { d: 6, .. } | Obis { a: 1, d: 16 | 26, .. })
            | Self::Other { function: Function::Maximum, .. } => RegisterKind::Maximum,
            Self::Obis(Obis { a: 1, d: 29, .. })
            | Self::Other { function: Function::Minimum | Function::Error, .. } => RegisterKind::Momentary,
            Self::Obis(_) | Self::Other { function: Function::Instantaneous, .. } if counts => {
                RegisterKind::Counter
            }
            Self::Obis(_) | Self::Other { function: Function::Instantaneous, .. } => RegisterKind::Momentary,
        }
    }
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
    fn a_register_knows_what_it_is() {
        for (name, unit, kind) in [
            ("8-0:1.0.0", Unit::CubicMetre, RegisterKind::Counter),
            ("6-0:1.0.0*1", Unit::MegaJoule, RegisterKind::Counter),
            ("1-0:1.6.2", Unit::KiloWatt, RegisterKind::Maximum),
            ("1-0:1.16.0", Unit::KiloWatt, RegisterKind::Maximum),
            ("1-0:1.6.0*1", Unit::KiloWatt, RegisterKind::Maximum),
            ("1-0:1.29.0", Unit::KiloWattHour, RegisterKind::Momentary),
            ("6-0:10.0.0", Unit::Celsius, RegisterKind::Momentary),
            ("x:power.maximum.0.0.1", Unit::KiloWatt, RegisterKind::Maximum),
            ("x:volume.maximum.0.0.0", Unit::CubicMetre, RegisterKind::Maximum),
            ("x:volume.instantaneous.0.0.1", Unit::CubicMetre, RegisterKind::Counter),
            ("x:volume.error.0.0.0", Unit::CubicMetre, RegisterKind::Momentary),
            ("x:operating_time.instantaneous.0.0.0", Unit::Hour, RegisterKind::Counter),
        ] {
            assert_eq!(name.parse::<Register>().unwrap().kind(unit), kind, "{name} {unit}");
        }
    }

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
