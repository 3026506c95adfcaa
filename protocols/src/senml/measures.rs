//! SenML's units (RFC 8428 section 12.1, RFC 8798) and what a record in them measures.

use metering::{Quantity, Unit};

/// The unit of a symbol; our own symbols are understood too. `None`: not in the tables.
pub(crate) fn unit(symbol: &str) -> Option<Unit> {
    Some(match symbol {
        "/" | "count" => Unit::One,
        "%RH" | "%EL" | "%" | "/100" => Unit::Percent,
        "L" => Unit::Litre,
        other => return other.parse().ok(),
    })
}

/// What a record measures whose name says nothing.
pub(crate) fn quantity(symbol: &str) -> Option<Quantity> {
    use metering::Dimension as D;
    match symbol {
        "%RH" => return Some(Quantity::Humidity),
        "%EL" => return Some(Quantity::BatteryLevel),
        "EL" => return Some(Quantity::BatteryTime),
        _ => {}
    }
    Some(match unit(symbol)?.dimension() {
        D::Energy | D::Heat => Quantity::Energy,
        D::ReactiveEnergy => Quantity::ReactiveEnergy,
        D::ApparentEnergy => Quantity::ApparentEnergy,
        D::Volume => Quantity::Volume,
        D::Mass => Quantity::Mass,
        D::Power => Quantity::Power,
        D::ReactivePower => Quantity::ReactivePower,
        D::ApparentPower => Quantity::ApparentPower,
        D::VolumeFlow => Quantity::VolumeFlow,
        D::MassFlow => Quantity::MassFlow,
        D::Temperature => Quantity::Temperature,
        D::TemperatureDifference => Quantity::TemperatureDifference,
        D::Pressure => Quantity::Pressure,
        D::Voltage => Quantity::Voltage,
        D::Current => Quantity::Current,
        D::Frequency => Quantity::Frequency,
        D::Angle => Quantity::PhaseAngle,
        D::Duration => Quantity::Duration,
        D::Ratio => Quantity::Dimensionless,
    })
}

/// What the integral over seconds of a value in this unit is (section 4.3).
pub(super) fn integral(symbol: &str) -> Option<(Quantity, Unit)> {
    Some(match unit(symbol)? {
        Unit::Watt => (Quantity::Energy, Unit::Joule),
        Unit::KiloWatt => (Quantity::Energy, Unit::KiloJoule),
        Unit::MegaWatt => (Quantity::Energy, Unit::MegaJoule),
        Unit::CubicMetrePerSecond => (Quantity::Volume, Unit::CubicMetre),
        _ => return None,
    })
}
