//! What flows through a meter.

use crate::Obis;

macro_rules! media {
    ($($(#[$doc:meta])* $variant:ident $name:literal $main:expr;)*) => {
        crate::closed_list! {
            /// What flows through a meter.
            pub enum Medium: "medium" { $($(#[$doc])* $variant = $name,)* }
        }

        impl Medium {
            /// The register that is meant when none is named.
            pub const fn main_register(self) -> Option<Obis> {
                match self { $(Self::$variant => $main,)* }
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
