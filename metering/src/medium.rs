//! What flows through a meter.

use std::fmt;
use std::str::FromStr;

use crate::Obis;

macro_rules! media {
    ($($(#[$doc:meta])* $variant:ident $name:literal $main:expr;)*) => {
        /// What flows through a meter.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Medium { $($(#[$doc])* $variant,)* }

        impl Medium {
            /// Every medium.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in JSON, CSV and the database.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The register that is meant when none is named.
            pub const fn main_register(self) -> Option<Obis> {
                match self { $(Self::$variant => $main,)* }
            }
        }

        impl FromStr for Medium {
            type Err = UnknownMedium;
            fn from_str(text: &str) -> Result<Self, UnknownMedium> {
                match text { $($name => Ok(Self::$variant),)* _ => Err(UnknownMedium(text.to_owned())) }
            }
        }
    };
}

media! {
    /// Cold, drinking or reclaimed water.
    Water "water" Some(Obis::COLD_WATER);
    /// Warm and hot water.
    HotWater "hot_water" Some(Obis::HOT_WATER);
    /// Heat.
    Heat "heat" Some(Obis::HEAT_ENERGY);
    /// Cooling.
    Cooling "cooling" Some(Obis::COOLING_ENERGY);
    /// Electricity.
    Electricity "electricity" Some(Obis::ELECTRICITY_IMPORT);
    /// Gas.
    Gas "gas" Some(Obis::GAS_VOLUME);
    /// Anything else: no register is its main one.
    Other "other" None;
}

impl fmt::Display for Medium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A medium's text that is not in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMedium(String);

impl fmt::Display for UnknownMedium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown medium {:?}: one of water, hot_water, heat, cooling, electricity, gas, other",
            self.0
        )
    }
}

impl std::error::Error for UnknownMedium {}
