//! The first extension table, behind VIF FB: larger and rarer units.
//!
//! EN 13757-3, table 14. Fahrenheit, gallons and cubic feet are handed on without a unit: the closed list of units
//! has none for them, and decoding never converts.

use metering::{Quantity, Unit};

use super::vif::{Meaning, fill, number, ten, unitless};

/// Codes 00 to 7F behind FB.
pub(super) static TABLE: [Meaning; 128] = fill!(row);

const fn row(code: u8) -> Meaning {
    use Quantity as Q;
    match code {
        0x00 | 0x01 => number(Q::Energy, Unit::MegaWattHour, ten(code, 1, 1)),
        0x02 | 0x03 => number(Q::ReactiveEnergy, Unit::KiloVarHour, ten(code, 1, 0)),
        0x04 | 0x05 => number(Q::ApparentEnergy, Unit::KiloVoltAmpereHour, ten(code, 1, 0)),
        0x08 | 0x09 => number(Q::Energy, Unit::GigaJoule, ten(code, 1, 1)),
        0x0C..=0x0F => number(Q::Energy, Unit::MegaCalorie, ten(code, 3, 1)),
        0x10 | 0x11 => number(Q::Volume, Unit::CubicMetre, ten(code, 1, -2)),
        0x14..=0x17 => number(Q::ReactivePower, Unit::KiloVar, ten(code, 3, 3)),
        0x18 | 0x19 => number(Q::Mass, Unit::Tonne, ten(code, 1, -2)),
        0x1A | 0x1B => number(Q::Humidity, Unit::Percent, ten(code, 1, 1)),
        0x20 | 0x23 => unitless(Q::Volume, 0),
        0x21 | 0x22 => unitless(Q::Volume, -1),
        0x24 => unitless(Q::VolumeFlow, -3),
        0x25 | 0x26 => unitless(Q::VolumeFlow, 0),
        0x28 | 0x29 => number(Q::Power, Unit::MegaWatt, ten(code, 1, 1)),
        0x2A | 0x2B => number(Q::PhaseAngle, Unit::Degree, -1),
        0x2C..=0x2F => number(Q::Frequency, Unit::Hertz, ten(code, 3, 3)),
        0x30 | 0x31 => number(Q::Power, Unit::GigaJoulePerHour, ten(code, 1, 1)),
        0x34..=0x37 => number(Q::ApparentPower, Unit::KiloVoltAmpere, ten(code, 3, 3)),
        0x58..=0x5B => unitless(Q::FlowTemperature, ten(code, 3, 3)),
        0x5C..=0x5F => unitless(Q::ReturnTemperature, ten(code, 3, 3)),
        0x60..=0x63 => unitless(Q::TemperatureDifference, ten(code, 3, 3)),
        0x64..=0x67 => unitless(Q::ExternalTemperature, ten(code, 3, 3)),
        // The rating factors of a heat cost allocator (K, Kq, Kc, Kcr, Kch, Kt) and the scaling of its display.
        0x68..=0x6E => unitless(Q::Ratio, 0),
        0x70..=0x73 => unitless(Q::Temperature, ten(code, 3, 3)),
        0x74..=0x77 => number(Q::Temperature, Unit::Celsius, ten(code, 3, 3)),
        0x78..=0x7F => number(Q::PowerDemand, Unit::Watt, ten(code, 7, 3)),
        _ => Meaning::UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_table_14() {
        assert_eq!(TABLE[0x01], number(Quantity::Energy, Unit::MegaWattHour, 0));
        assert_eq!(TABLE[0x08], number(Quantity::Energy, Unit::GigaJoule, -1));
        assert_eq!(TABLE[0x11], number(Quantity::Volume, Unit::CubicMetre, 3));
        assert_eq!(TABLE[0x1A], number(Quantity::Humidity, Unit::Percent, -1));
        assert_eq!(TABLE[0x2D], number(Quantity::Frequency, Unit::Hertz, -2));
        assert_eq!(TABLE[0x06], Meaning::UNKNOWN);
    }
}
