//! Why a register has no usage: a boundary that nothing meets, an index that cannot be. What becomes of the agreement
//! (`billing` parks or excludes it) is not this crate's business.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use metering::Micro;
use rust_decimal::Decimal;
use smol_str::SmolStr;

/// A register of a meter, as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Where {
    /// The number printed on the meter.
    pub serial: SmolStr,
    /// The register's name.
    pub register: SmolStr,
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.serial, self.register)
    }
}

/// Why there is no usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// No reading meets the end.
    NoReading(Where, Timestamp),
    /// No reading where the agreement begins on a meter that somebody had before.
    NoOpening(Where, Timestamp),
    /// The meter was taken out at that instant, and nobody wrote down its index.
    NoClosing(Where, Timestamp),
    /// Two values for the reading of that civil time, and nobody has decided.
    Conflict(Where, DateTime),
    /// No meter has a register of that name.
    NoMeter(SmolStr),
    /// The register holds a value of the moment: there is no usage in it.
    Momentary(Where),
    /// The index runs backwards and did not roll over.
    NegativeUsage {
        /// Which.
        register: Where,
        /// Index before.
        open: Micro,
        /// Index after.
        close: Micro,
    },
    /// The index has more digits than its register.
    DigitsOverflow(Where, Micro, Timestamp),
    /// What the old system handed over is no index: too large, or finer than a millionth.
    HandedOverUnfit(Where, Decimal),
    /// A day outside the years that can be counted.
    OutOfRange(Date),
    /// All of it is billed to the end of the period.
    AlreadyBilled,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoReading(register, at) | Self::NoOpening(register, at) => write!(f, "{register} at {at}"),
            Self::NoClosing(register, at) => {
                write!(f, "meter {} was taken out at {at}: {} unknown", register.serial, register.register)
            }
            Self::Conflict(register, at) => write!(f, "{register} at {at}"),
            Self::NoMeter(name) => write!(f, "no meter has a register {name}"),
            Self::Momentary(register) => {
                write!(f, "{register} holds a value of the moment, which is no usage")
            }
            Self::NegativeUsage { register, open, close } => write!(f, "{register}: {close} after {open}"),
            Self::DigitsOverflow(register, value, at) => write!(f, "{register}: {value} at {at}"),
            Self::HandedOverUnfit(register, value) => {
                write!(f, "{register}: the index handed over, {value}, does not fit")
            }
            Self::OutOfRange(day) => write!(f, "the day {day} is out of range"),
            Self::AlreadyBilled => Ok(()),
        }
    }
}

impl std::error::Error for Unmet {}
