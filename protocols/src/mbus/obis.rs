//! The OBIS code of a record, where the meter's medium and the quantity have one.
//!
//! EN 13757-1, annex H, and IEC 62056-61 for electricity. Only for values of now (storage 0), of the device itself
//! (subunit 0), instantaneous, in a unit of the closed list (gallons and Fahrenheit are none), and not altered by a
//! VIFE that makes another register of it: a wrong name would bill the wrong register, no name bills none.

use metering::{Function, Medium, Obis, Quantity};

use super::dib::Dib;
use super::vib::{Variant, Vib};

/// The code, or none.
#[inline]
pub(super) fn code(medium: Option<Medium>, dib: &Dib, vib: &Vib) -> Option<Obis> {
    if dib.storage != 0
        || dib.subunit != 0
        || dib.function != Function::Instantaneous
        || vib.unknown
        || vib.unit.is_none()
    {
        return None;
    }
    let tariff = u8::try_from(dib.tariff).ok().filter(|tariff| *tariff <= 63)?;
    let medium = medium?;
    if medium == Medium::Electricity {
        return electricity(vib, tariff);
    }
    if vib.variant != Variant::Plain {
        return None;
    }
    let (a, c) = match (medium, vib.quantity) {
        (Medium::Heat, quantity) => (6, thermal(quantity)?),
        (Medium::Cooling, quantity) => (5, thermal(quantity)?),
        (Medium::Gas, Quantity::Volume) => (7, 3),
        (Medium::Water, Quantity::Volume) => (8, 1),
        (Medium::Water, Quantity::VolumeFlow) => (8, 2),
        (Medium::HotWater, Quantity::Volume) => (9, 1),
        (Medium::HotWater, Quantity::VolumeFlow) => (9, 2),
        _ => return None,
    };
    // Only integrals are kept by tariff.
    let integral = matches!(vib.quantity, Quantity::Energy | Quantity::Volume | Quantity::Mass);
    (tariff == 0 || integral).then(|| Obis::new(a, 0, c, 0, tariff))
}

const fn thermal(quantity: Quantity) -> Option<u8> {
    Some(match quantity {
        Quantity::Energy => 1,
        Quantity::Volume => 2,
        Quantity::Mass => 3,
        Quantity::Power => 8,
        Quantity::VolumeFlow => 9,
        Quantity::FlowTemperature => 10,
        Quantity::ReturnTemperature => 11,
        Quantity::TemperatureDifference => 12,
        Quantity::Pressure => 13,
        _ => return None,
    })
}

/// Group C counts 20 codes to a phase; D is 8 for integrals, 7 for values of now.
fn electricity(vib: &Vib, tariff: u8) -> Option<Obis> {
    let (c, d) = match (vib.quantity, vib.variant) {
        (Quantity::Energy, Variant::Plain | Variant::Forward | Variant::Phase(_)) => (1, 8),
        (Quantity::EnergyExport, Variant::Backward | Variant::Phase(_)) => (2, 8),
        (Quantity::ReactiveEnergy, Variant::Plain | Variant::Forward | Variant::Phase(_)) => (3, 8),
        (Quantity::ReactiveEnergyExport, Variant::Backward | Variant::Phase(_)) => (4, 8),
        (Quantity::ApparentEnergy, Variant::Plain | Variant::Phase(_)) => (9, 8),
        (Quantity::Power, Variant::Plain | Variant::Forward | Variant::Phase(_)) => (1, 7),
        (Quantity::PowerExport, Variant::Backward | Variant::Phase(_)) => (2, 7),
        (Quantity::ReactivePower, Variant::Plain | Variant::Phase(_)) => (3, 7),
        (Quantity::ApparentPower, Variant::Plain | Variant::Phase(_)) => (9, 7),
        (Quantity::Current, Variant::Plain | Variant::Phase(_)) => (11, 7),
        (Quantity::Voltage, Variant::Plain | Variant::Phase(_)) => (12, 7),
        (Quantity::Current, Variant::Neutral) => (91, 7),
        (Quantity::Frequency, Variant::Plain) => (14, 7),
        _ => return None,
    };
    let phase = match vib.variant {
        Variant::Phase(phase) => phase.wrapping_mul(20),
        _ => 0,
    };
    (tariff == 0 || d == 8).then(|| Obis::new(1, 0, phase.wrapping_add(c), d, tariff))
}
