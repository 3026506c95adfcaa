//! T, the kind of meter.

use metering::{Medium, Obis, Quantity};

/// What the data fields of a kind of meter look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Water and gas: one volume.
    Volume,
    /// Heat and cooling.
    Heat,
    /// Anything else: read as a volume whose unit says what it is.
    Other,
}

/// T, the kind of meter: the first byte behind the start mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MeterType(pub u8);

impl MeterType {
    /// Cold water.
    pub const COLD_WATER: Self = Self(0x10);
    /// Domestic hot water.
    pub const HOT_WATER: Self = Self(0x11);
    /// Heat.
    pub const HEAT: Self = Self(0x20);
    /// Cooling.
    pub const COOLING: Self = Self(0x21);
    /// Heat and cooling in one; met in the field, not in the standard's table.
    pub const HEAT_COOLING: Self = Self(0x25);
    /// Gas.
    pub const GAS: Self = Self(0x30);
    /// Any, in requests.
    pub const ANY: Self = Self(0xAA);

    pub(crate) const fn family(self) -> Family {
        match self.0 {
            0x10..=0x19 | 0x30..=0x39 => Family::Volume,
            0x20..=0x29 => Family::Heat,
            _ => Family::Other,
        }
    }

    /// What flows through it; `None` for "any".
    pub const fn medium(self) -> Option<Medium> {
        match self.0 {
            0x11 => Some(Medium::HotWater),
            0x10..=0x19 => Some(Medium::Water),
            0x21 => Some(Medium::Cooling),
            0x20..=0x29 => Some(Medium::Heat),
            0x30..=0x39 => Some(Medium::Gas),
            0xAA => None,
            _ => Some(Medium::Other),
        }
    }

    /// The OBIS code of a current value (EN 13757-1, value groups A and C).
    pub(crate) const fn obis(self, quantity: Quantity) -> Option<Obis> {
        let a = match self.medium() {
            Some(Medium::Water) => 8,
            Some(Medium::HotWater) => 9,
            Some(Medium::Gas) => 7,
            Some(Medium::Heat) => 6,
            Some(Medium::Cooling) => 5,
            _ => return None,
        };
        let thermal = a == 5 || a == 6;
        let (a, c) = match quantity {
            Quantity::Volume if thermal => (a, 2),
            Quantity::Volume if a == 7 => (a, 3),
            Quantity::Volume => (a, 1),
            Quantity::HeatEnergy => (6, 1),
            Quantity::CoolingEnergy => (5, 1),
            Quantity::Power if thermal => (a, 8),
            Quantity::VolumeFlow if thermal => (a, 9),
            Quantity::FlowTemperature if thermal => (a, 10),
            Quantity::ReturnTemperature if thermal => (a, 11),
            _ => return None,
        };
        Some(Obis::new(a, 0, c, 0, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_medium_has_its_main_register() {
        for (code, quantity) in [
            (MeterType::COLD_WATER, Quantity::Volume),
            (MeterType(0x13), Quantity::Volume),
            (MeterType::HOT_WATER, Quantity::Volume),
            (MeterType::GAS, Quantity::Volume),
            (MeterType::HEAT, Quantity::HeatEnergy),
            (MeterType::HEAT_COOLING, Quantity::HeatEnergy),
            (MeterType::COOLING, Quantity::CoolingEnergy),
        ] {
            assert_eq!(code.obis(quantity), code.medium().and_then(Medium::main_register), "{code:?}");
        }
        assert_eq!(MeterType(0x40).medium(), Some(Medium::Other));
        assert_eq!(MeterType::ANY.medium(), None);
    }
}
