//! What an OBIS code measures, and the canonical unit of a quantity.
//!
//! OBIS groups: IEC 62056-61 for electricity and abstract objects, EN 13757-1 annex H for heat, gas and water. C
//! says what is measured, D how (8 the integral since the start, 7 now, 6 the maximum, 4 and 5 averages).

use metering::{Function, Medium, Obis, Quantity, Register, Unit};

/// What a register of that code measures, in which canonical unit, and how the value came about. `None` where
/// the code is not in the tables.
pub(crate) fn measures(obis: Obis) -> Option<(Quantity, Option<Unit>, Function)> {
    let quantity = match obis.a {
        0 => abstract_object(obis)?,
        1 => electricity(obis)?,
        4 if obis.c == 1 => Quantity::HeatCostAllocation,
        5 => thermal(obis, Quantity::CoolingEnergy)?,
        6 => thermal(obis, Quantity::HeatEnergy)?,
        7 => match obis.c {
            1..=4 | 11..=14 => Quantity::Volume,
            41 => Quantity::Temperature,
            42 => Quantity::Pressure,
            43 => Quantity::VolumeFlow,
            _ => return None,
        },
        8 | 9 => match obis.c {
            1 => Quantity::Volume,
            2 => Quantity::VolumeFlow,
            _ => return None,
        },
        _ => return None,
    };
    let function = match (obis.a, obis.d) {
        (1, 6) => Function::Maximum,
        (1, 3) => Function::Minimum,
        _ => Function::Instantaneous,
    };
    Some((quantity, unit(quantity), function))
}

/// The code of a current total or present value of a quantity; `None` where the medium has none.
pub(crate) fn code(quantity: Quantity, medium: Medium, tariff: u8) -> Option<Obis> {
    let (c, d) = match (medium, quantity) {
        (Medium::Electricity, Quantity::Energy) => (1, 8),
        (Medium::Electricity, Quantity::EnergyExport) => (2, 8),
        (Medium::Electricity, Quantity::ReactiveEnergy) => (3, 8),
        (Medium::Electricity, Quantity::ReactiveEnergyExport) => (4, 8),
        (Medium::Electricity, Quantity::ApparentEnergy) => (9, 8),
        (Medium::Electricity, Quantity::Power) => (1, 7),
        (Medium::Electricity, Quantity::PowerExport) => (2, 7),
        (Medium::Electricity, Quantity::ReactivePower) => (3, 7),
        (Medium::Electricity, Quantity::ApparentPower) => (9, 7),
        (Medium::Electricity, Quantity::Frequency) => (14, 7),
        (Medium::Heat, Quantity::HeatEnergy)
        | (Medium::Cooling, Quantity::CoolingEnergy)
        | (Medium::Water | Medium::HotWater, Quantity::Volume) => (1, 0),
        (Medium::Gas, Quantity::Volume) => (3, 0),
        (Medium::Heat | Medium::Cooling, Quantity::Volume)
        | (Medium::Water | Medium::HotWater, Quantity::VolumeFlow) => (2, 0),
        (Medium::Heat | Medium::Cooling, Quantity::Power) => (8, 0),
        (Medium::Heat | Medium::Cooling, Quantity::VolumeFlow) => (9, 0),
        (Medium::Heat | Medium::Cooling, Quantity::FlowTemperature) => (10, 0),
        (Medium::Heat | Medium::Cooling, Quantity::ReturnTemperature) => (11, 0),
        (Medium::Heat | Medium::Cooling, Quantity::TemperatureDifference) => (12, 0),
        _ => return None,
    };
    let a = medium.main_register()?.a;
    Some(Obis::new(a, 0, c, d, tariff))
}

/// The canonical unit in which a register is counted where nobody says otherwise. `None` where its name does not
/// tell.
pub fn register_unit(register: Register) -> Option<Unit> {
    match register {
        Register::Obis(obis) => measures(obis).and_then(|(_, unit, _)| unit),
        Register::Other { quantity, .. } => unit(quantity),
    }
}

/// The tariff that a code names: group E of electricity's energies and demands.
pub(crate) fn tariff(obis: Obis) -> u32 {
    match (obis.a, obis.d) {
        (1, 2 | 6 | 8 | 9 | 29) => u32::from(obis.e),
        _ => 0,
    }
}

/// The billing period that a code names: group F, 0 for the current one.
pub(crate) fn storage(obis: Obis) -> u64 {
    if obis.f == 255 { 0 } else { u64::from(obis.f) }
}

/// Group C of electricity, 20 codes to a phase: sums 1 to 20, L1 21 to 40, L2 41 to 60, L3 61 to 80.
fn electricity(obis: Obis) -> Option<Quantity> {
    let kind = match obis.c {
        81 => return (obis.d == 7).then_some(Quantity::PhaseAngle),
        91 => return (obis.d == 7).then_some(Quantity::NeutralCurrent),
        1..=80 => obis.c.wrapping_sub(1).checked_rem(20)?.wrapping_add(1),
        _ => return None,
    };
    match obis.d {
        8 | 9 | 29 => integral(kind),
        2 | 4 | 5 | 6 | 14..=16 | 24..=28 if matches!(kind, 1 | 2 | 15 | 16) => Some(Quantity::PowerDemand),
        // The supervision threshold of a fuse, as P1 has it.
        4 if kind == 11 => Some(Quantity::Limit),
        3..=7 | 14..=16 | 24..=28 => present(kind),
        // Sags, swells and the like.
        32 | 36 | 40 => Some(Quantity::EventCount),
        _ => None,
    }
}

fn integral(kind: u8) -> Option<Quantity> {
    Some(match kind {
        1 => Quantity::Energy,
        2 => Quantity::EnergyExport,
        15 | 16 => Quantity::EnergyCombined,
        3 | 5 | 6 => Quantity::ReactiveEnergy,
        4 | 7 | 8 => Quantity::ReactiveEnergyExport,
        9 | 10 => Quantity::ApparentEnergy,
        _ => return None,
    })
}

fn present(kind: u8) -> Option<Quantity> {
    Some(match kind {
        1 | 15 | 16 => Quantity::Power,
        2 => Quantity::PowerExport,
        3..=8 => Quantity::ReactivePower,
        9 | 10 => Quantity::ApparentPower,
        11 => Quantity::Current,
        12 => Quantity::Voltage,
        13 => Quantity::PowerFactor,
        14 => Quantity::Frequency,
        _ => return None,
    })
}

fn thermal(obis: Obis, energy: Quantity) -> Option<Quantity> {
    Some(match obis.c {
        1 => energy,
        2 => Quantity::Volume,
        3 => Quantity::Mass,
        8 => Quantity::Power,
        9 => Quantity::VolumeFlow,
        10 => Quantity::FlowTemperature,
        11 => Quantity::ReturnTemperature,
        12 => Quantity::TemperatureDifference,
        _ => return None,
    })
}

/// Medium 0: the clock, names, counters and messages of any meter.
fn abstract_object(obis: Obis) -> Option<Quantity> {
    Some(match (obis.c, obis.d) {
        (1, 0) => Quantity::Time,
        (17, _) => Quantity::Limit,
        (42, 0) | (96, 1) => Quantity::Identification,
        (96, 3) if obis.e == 10 => Quantity::Status,
        (96, 7) => Quantity::EventCount,
        (96, 13) => Quantity::Text,
        (96, 14) => Quantity::Tariff,
        (97, 97) => Quantity::ErrorFlags,
        _ => return None,
    })
}

/// The canonical unit in which a quantity is counted; `None` where it has none or more than one.
///
/// Heat and cooling energy without a unit of their own are kWh: a sender that counts joules says so.
pub(crate) fn unit(quantity: Quantity) -> Option<Unit> {
    Some(match quantity {
        Quantity::Energy
        | Quantity::EnergyExport
        | Quantity::EnergyCombined
        | Quantity::HeatEnergy
        | Quantity::CoolingEnergy => Unit::KiloWattHour,
        Quantity::ReactiveEnergy | Quantity::ReactiveEnergyExport => Unit::KiloVarHour,
        Quantity::ApparentEnergy => Unit::KiloVoltAmpereHour,
        Quantity::Volume | Quantity::ReverseVolume => Unit::CubicMetre,
        Quantity::Mass => Unit::Kilogram,
        Quantity::Power | Quantity::PowerExport | Quantity::PowerDemand => Unit::KiloWatt,
        Quantity::ReactivePower => Unit::KiloVar,
        Quantity::ApparentPower => Unit::KiloVoltAmpere,
        Quantity::VolumeFlow => Unit::CubicMetrePerHour,
        Quantity::MassFlow => Unit::KilogramPerHour,
        Quantity::FlowTemperature
        | Quantity::ReturnTemperature
        | Quantity::ExternalTemperature
        | Quantity::Temperature => Unit::Celsius,
        Quantity::TemperatureDifference => Unit::Kelvin,
        Quantity::Pressure => Unit::Bar,
        Quantity::Voltage | Quantity::BatteryVoltage => Unit::Volt,
        Quantity::Current | Quantity::NeutralCurrent => Unit::Ampere,
        Quantity::PhaseAngle => Unit::Degree,
        Quantity::Frequency => Unit::Hertz,
        Quantity::OnTime
        | Quantity::OperatingTime
        | Quantity::ErrorTime
        | Quantity::AveragingDuration
        | Quantity::ActualityDuration
        | Quantity::Duration
        | Quantity::BatteryTime => Unit::Hour,
        Quantity::PowerFactor
        | Quantity::Humidity
        | Quantity::HeatCostAllocation
        | Quantity::ResetCounter
        | Quantity::CumulationCounter
        | Quantity::EventCount
        | Quantity::Pulses
        | Quantity::BatteryLevel
        | Quantity::Ratio
        | Quantity::Dimensionless => Unit::One,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_register_of_every_medium_is_known() {
        for obis in Medium::ALL.iter().filter_map(|medium| medium.main_register()) {
            assert!(measures(obis).unwrap().1.is_some(), "{obis}");
        }
    }

    #[test]
    fn a_code_says_what_it_measures() {
        for (code, quantity, unit) in [
            ("1-0:1.8.2", Quantity::Energy, Unit::KiloWattHour),
            ("1-0:61.7.0", Quantity::Power, Unit::KiloWatt),
            ("1-0:1.6.0", Quantity::PowerDemand, Unit::KiloWatt),
            ("1-0:52.7.0", Quantity::Voltage, Unit::Volt),
            ("1-0:4.8.0", Quantity::ReactiveEnergyExport, Unit::KiloVarHour),
            ("6-0:10.0.0", Quantity::FlowTemperature, Unit::Celsius),
            ("7-0:3.0.0", Quantity::Volume, Unit::CubicMetre),
        ] {
            let (found, in_unit, _) = measures(code.parse().unwrap()).unwrap();
            assert_eq!((found, in_unit), (quantity, Some(unit)), "{code}");
        }
        assert_eq!(measures("1-0:99.97.0".parse().unwrap()), None);
    }
}
