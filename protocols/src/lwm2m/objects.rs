//! What the resources of the metering objects mean: the OMA registry's objects 3424 (water meter), 3305 (power),
//! 3316 (voltage), 3317 (current), 3331 (energy), 10242 (three-phase meter), 10243 (single-phase meter).

use metering::{EventKind, Function, Obis, Quantity, Unit};

use super::tlv::Resource;

/// What a resource says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Reading {
        quantity: Quantity,
        unit: Option<Unit>,
        function: Function,
        code: Option<Obis>,
    },
    Event(EventKind),
    /// Seconds since 1970, of the values beside it.
    Time,
    /// 6042: 0 unchecked, 1 rejected, 2 likely invalid, 3 suspicious, 4 accepted.
    Quality,
    /// 6049: 0 reject … 100 accept.
    QualityLevel,
    /// 5701: the unit of 5700.
    Unit,
    Address,
    Manufacturer,
    Text(Quantity),
}

impl Meaning {
    /// Whether it says something of the values beside it.
    pub(super) const fn qualifies(self) -> bool {
        matches!(self, Self::Time | Self::Quality | Self::QualityLevel | Self::Unit)
    }
}

/// The meaning of a resource, `None` where the tables do not have it.
pub(super) fn meaning(object: u16, resource: u16) -> Option<Meaning> {
    match object {
        3424 => water(resource),
        3305 => power(resource),
        3316 => sensor(resource, Quantity::Voltage, Some(Unit::Volt), Obis::new(1, 0, 12, 7, 0)),
        3317 => sensor(resource, Quantity::Current, Some(Unit::Ampere), Obis::new(1, 0, 11, 7, 0)),
        3331 => match resource {
            5805 => Some(reading(Quantity::Energy, Unit::WattHour, Some(Obis::ELECTRICITY_IMPORT))),
            _ => sensor(resource, Quantity::Energy, None, Obis::ELECTRICITY_IMPORT),
        },
        10242 => three_phase(resource),
        10243 => match resource {
            // The registry prints kW/h for kWh.
            14 => Some(reading(Quantity::Energy, Unit::KiloWattHour, Some(Obis::ELECTRICITY_IMPORT))),
            15 => Some(reading(Quantity::ReactiveEnergy, Unit::KiloVarHour, Some(Obis::new(1, 0, 3, 8, 0)))),
            16 => Some(reading(
                Quantity::ApparentEnergy,
                Unit::KiloVoltAmpereHour,
                Some(Obis::new(1, 0, 9, 8, 0)),
            )),
            17 => Some(reading(Quantity::Frequency, Unit::Hertz, Some(Obis::new(1, 0, 14, 7, 0)))),
            4..=13 => phase(resource.wrapping_sub(4), 0),
            _ => identity(resource),
        },
        _ => None,
    }
}

/// Whether several resources of an object measure the same quantity without a code of their own.
pub(super) fn needs_subunit(object: u16, resource: u16) -> bool {
    matches!(object, 10242 | 10243) && resource > 3
}

/// The object and instance whose resources these must be; `None` where more than one object has them.
pub(super) fn told_by(resources: &[Resource<'_>]) -> Option<(u16, u16)> {
    let has =
        |range: std::ops::RangeInclusive<u16>| resources.iter().any(|resource| range.contains(&resource.id));
    let only = |object| resources.iter().all(|resource| meaning(object, resource.id).is_some());
    let object = if has(5800..=5804) || has(5810..=5820) {
        3305
    } else if has(18..=50) && only(10242) {
        10242
    } else if (has(5518..=5518) || has(6042..=6050)) && only(3424) {
        3424
    } else {
        return None;
    };
    Some((object, 0))
}

const fn reading(quantity: Quantity, unit: Unit, code: Option<Obis>) -> Meaning {
    Meaning::Reading { quantity, unit: Some(unit), function: Function::Instantaneous, code }
}

const fn extreme(quantity: Quantity, unit: Option<Unit>, function: Function) -> Meaning {
    Meaning::Reading { quantity, unit, function, code: None }
}

fn water(resource: u16) -> Option<Meaning> {
    Some(match resource {
        1 => reading(Quantity::Volume, Unit::CubicMetre, Some(Obis::COLD_WATER)),
        3 => Meaning::Text(Quantity::Model),
        4 => reading(Quantity::Pulses, Unit::One, None),
        6 => reading(Quantity::Ratio, Unit::One, None),
        7 => extreme(Quantity::VolumeFlow, Some(Unit::CubicMetrePerSecond), Function::Minimum),
        8 => extreme(Quantity::VolumeFlow, Some(Unit::CubicMetrePerSecond), Function::Maximum),
        9 | 10 => Meaning::Event(EventKind::Leak),
        11 => Meaning::Event(EventKind::ReverseFlow),
        12 => Meaning::Event(EventKind::FlowSensorFault),
        13 => Meaning::Event(EventKind::Tamper),
        5518 => Meaning::Time,
        6042 => Meaning::Quality,
        6049 => Meaning::QualityLevel,
        _ => return None,
    })
}

fn power(resource: u16) -> Option<Meaning> {
    use Function::{Maximum, Minimum};
    let active = Some(Unit::Watt);
    let reactive = Some(Unit::Var);
    Some(match resource {
        5800 => reading(Quantity::Power, Unit::Watt, Some(Obis::new(1, 0, 1, 7, 0))),
        5801 => extreme(Quantity::Power, active, Minimum),
        5802 => extreme(Quantity::Power, active, Maximum),
        5803 => extreme(Quantity::Limit, active, Minimum),
        5804 => extreme(Quantity::Limit, active, Maximum),
        5805 => reading(Quantity::Energy, Unit::WattHour, Some(Obis::ELECTRICITY_IMPORT)),
        5810 => reading(Quantity::ReactivePower, Unit::Var, Some(Obis::new(1, 0, 3, 7, 0))),
        5811 => extreme(Quantity::ReactivePower, reactive, Minimum),
        5812 => extreme(Quantity::ReactivePower, reactive, Maximum),
        5813 => extreme(Quantity::Limit, reactive, Minimum),
        5814 => extreme(Quantity::Limit, reactive, Maximum),
        5815 => reading(Quantity::ReactiveEnergy, Unit::VarHour, Some(Obis::new(1, 0, 3, 8, 0))),
        5820 => reading(Quantity::PowerFactor, Unit::One, Some(Obis::new(1, 0, 13, 7, 0))),
        _ => return None,
    })
}

/// The IPSO sensors: 5700 the value, 5701 its unit.
fn sensor(resource: u16, quantity: Quantity, unit: Option<Unit>, code: Obis) -> Option<Meaning> {
    Some(match resource {
        5700 => Meaning::Reading { quantity, unit, function: Function::Instantaneous, code: Some(code) },
        5601 => extreme(quantity, unit, Function::Minimum),
        5602 => extreme(quantity, unit, Function::Maximum),
        5603 => extreme(Quantity::Limit, unit, Function::Minimum),
        5604 => extreme(Quantity::Limit, unit, Function::Maximum),
        5701 => Meaning::Unit,
        5750 => Meaning::Text(Quantity::Text),
        5518 => Meaning::Time,
        6042 => Meaning::Quality,
        6049 => Meaning::QualityLevel,
        _ => return None,
    })
}

fn identity(resource: u16) -> Option<Meaning> {
    Some(match resource {
        0 => Meaning::Manufacturer,
        1 => Meaning::Text(Quantity::Model),
        2 => Meaning::Address,
        3 => Meaning::Text(Quantity::Text),
        _ => return None,
    })
}

/// Ten resources a phase; `base` is what the phase adds to group C: 20 for L1, 0 for a single-phase meter.
fn phase(resource: u16, base: u8) -> Option<Meaning> {
    let code = |c: u8| Some(Obis::new(1, 0, base.wrapping_add(c), 7, 0));
    Some(match resource {
        0 => reading(Quantity::Voltage, Unit::Volt, code(12)),
        1 => reading(Quantity::Current, Unit::Ampere, code(11)),
        2 => reading(Quantity::Power, Unit::KiloWatt, code(1)),
        3 => reading(Quantity::ReactivePower, Unit::KiloVar, code(3)),
        // Inductive and capacitive alone have no code of their own.
        4 | 5 => reading(Quantity::ReactivePower, Unit::KiloVar, None),
        6 => reading(Quantity::ApparentPower, Unit::KiloVoltAmpere, code(9)),
        7 => reading(Quantity::PowerFactor, Unit::One, code(13)),
        // Total harmonic distortion of voltage and current.
        8 | 9 => reading(Quantity::Ratio, Unit::Percent, None),
        _ => return None,
    })
}

fn three_phase(resource: u16) -> Option<Meaning> {
    Some(match resource {
        4..=13 => phase(resource.wrapping_sub(4), 20)?,
        14..=23 => phase(resource.wrapping_sub(14), 40)?,
        24..=33 => phase(resource.wrapping_sub(24), 60)?,
        34 => reading(Quantity::Power, Unit::KiloWatt, Some(Obis::new(1, 0, 1, 7, 0))),
        35 => reading(Quantity::ReactivePower, Unit::KiloVar, Some(Obis::new(1, 0, 3, 7, 0))),
        36 | 37 => reading(Quantity::ReactivePower, Unit::KiloVar, None),
        38 => reading(Quantity::ApparentPower, Unit::KiloVoltAmpere, Some(Obis::new(1, 0, 9, 7, 0))),
        39 => reading(Quantity::PowerFactor, Unit::One, Some(Obis::new(1, 0, 13, 7, 0))),
        40 => reading(Quantity::PowerFactor, Unit::One, None),
        41 => reading(Quantity::Energy, Unit::KiloWattHour, Some(Obis::ELECTRICITY_IMPORT)),
        42 => reading(Quantity::ReactiveEnergy, Unit::KiloVarHour, Some(Obis::new(1, 0, 3, 8, 0))),
        43 | 44 => reading(Quantity::ReactiveEnergy, Unit::KiloVarHour, None),
        45 => reading(Quantity::ApparentEnergy, Unit::KiloVoltAmpereHour, Some(Obis::new(1, 0, 9, 8, 0))),
        46..=48 => reading(Quantity::Voltage, Unit::Volt, None),
        49 => reading(Quantity::Frequency, Unit::Hertz, Some(Obis::new(1, 0, 14, 7, 0))),
        50 => reading(Quantity::NeutralCurrent, Unit::Ampere, Some(Obis::new(1, 0, 91, 7, 0))),
        _ => return identity(resource),
    })
}
