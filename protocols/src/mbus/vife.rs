//! The orthogonal VIFE: what changes the meaning of the VIF before them.
//!
//! EN 13757-3, table 15, table 16 (behind FC), and 6.4.8 (00 to 1C, errors of the record). A code that is not in them
//! leaves the number as it is, takes the OBIS code away and raises `unknown_vif`.
//!
//! Deliberately absent: the additive constants 78 to 7B, and the OBIS declaration 3F, which is passed over.

use metering::{Quantity, Unit};

use super::vib::{Profile, Variant, Vib};
use super::vif::{ValueKind, duration};
use crate::State;

/// Applies a code of table 15.
pub(super) fn apply(code: u8, vib: &mut Vib) {
    match code {
        // No error; standard-conform content.
        0x00 | 0x1D => {}
        // Average, relative deviation; at metering conditions, at base conditions; an OBIS declaration follows;
        // the value during a limit's excess; leakage and overflow values.
        0x12 | 0x14 | 0x3A | 0x3E | 0x3F | 0x68 | 0x69 | 0x6C | 0x6D => vib.variant = Variant::Other,
        0x13 => profile(vib, Profile::Inverse),
        0x1E | 0x1F => profile(vib, Profile::Compact),
        // No data available.
        0x15 => vib.fault = Some(State::Absent),
        // The time during which there were data errors (Diehl): a good number.
        0x18 if matches!(vib.quantity, Quantity::OnTime | Quantity::OperatingTime) => {
            become_of(vib, Quantity::ErrorTime);
        }
        // Storage, unit, tariff, function not implemented; overflow, underflow, data error, premature end.
        0x01..=0x1C => vib.fault = Some(State::Error),
        0x20..=0x26 => rate(code, vib),
        // Per revolution, pulse, litre, m3, kg, K, kWh, GJ, kW, K·l, V, A; times s, s/V, s/A.
        0x27..=0x38 => quotient(vib),
        0x3B => mark(vib, Variant::Forward),
        0x3C => backward(vib),
        0x3D => {
            vib.unit = None;
            vib.variant = Variant::Other;
        }
        0x40 | 0x48 => become_of(vib, Quantity::Limit),
        0x41 | 0x49 => {
            become_of(vib, Quantity::EventCount);
            (vib.unit, vib.exponent, vib.kind) = (Some(Unit::One), 0, ValueKind::Unsigned);
        }
        0x39 | 0x42 | 0x43 | 0x46 | 0x47 | 0x4A | 0x4B | 0x4E | 0x4F | 0x6A | 0x6B | 0x6E | 0x6F => date(vib),
        0x50..=0x67 => {
            let meaning = duration(Quantity::Duration, code);
            become_of(vib, meaning.quantity);
            (vib.unit, vib.exponent, vib.kind) = (meaning.unit, 0, meaning.kind);
        }
        0x70..=0x77 => vib.exponent = vib.exponent.saturating_add(i16::from(code & 7).wrapping_sub(6)),
        0x7D => vib.exponent = vib.exponent.saturating_add(3),
        0x7E => {
            vib.future = true;
            vib.variant = Variant::Other;
        }
        // 78 to 7B, the additive constants, are left alone on purpose: the editions of the standard disagree on
        // whether the constant is scaled by the VIF.
        _ => {
            vib.unknown = true;
            vib.variant = Variant::Other;
        }
    }
}

/// Applies a code of table 16, behind FC.
pub(super) fn apply_second(code: u8, vib: &mut Vib) {
    match code {
        0x01..=0x03 => mark(vib, Variant::Phase(code)),
        0x04 => mark(vib, Variant::Neutral),
        0x05..=0x07 => mark(vib, Variant::Between(code.wrapping_sub(4))),
        // Quadrants, delta of import and export, absolute accumulation.
        0x08..=0x0C | 0x10 => vib.variant = Variant::Other,
        // The same register, its data of type C or D instead of B.
        0x11 if vib.kind == ValueKind::Signed => vib.kind = ValueKind::Unsigned,
        0x12 if vib.kind == ValueKind::Signed => vib.kind = ValueKind::Flags,
        0x11 | 0x12 => {}
        // From the partner to the meter, from the meter to the partner.
        0x13 => mark(vib, Variant::Forward),
        0x14 => backward(vib),
        _ => {
            vib.unknown = true;
            vib.variant = Variant::Other;
        }
    }
}

/// The VIFE makes another quantity of it.
fn become_of(vib: &mut Vib, quantity: Quantity) {
    vib.quantity = quantity;
    vib.variant = Variant::Other;
}

/// When something began or ended.
fn date(vib: &mut Vib) {
    become_of(vib, Quantity::Time);
    (vib.unit, vib.exponent, vib.kind) = (None, 0, ValueKind::Time);
}

/// The register is also this one. Of two marks only direction and phase make a register with a name together; any
/// others make one that has none, and must not pass for the register of the one mark.
fn mark(vib: &mut Vib, variant: Variant) {
    let named_by_direction = matches!(
        vib.quantity,
        Quantity::EnergyExport | Quantity::PowerExport | Quantity::ReactiveEnergyExport
    );
    vib.variant = match (vib.variant, variant) {
        (Variant::Plain, new) => new,
        (Variant::Phase(phase), Variant::Forward) | (Variant::Forward, Variant::Phase(phase)) => {
            Variant::Phase(phase)
        }
        (Variant::Phase(phase), Variant::Backward) | (Variant::Backward, Variant::Phase(phase))
            if named_by_direction =>
        {
            Variant::Phase(phase)
        }
        (old, new) if old == new => old,
        _ => Variant::Other,
    };
}

fn backward(vib: &mut Vib) {
    vib.quantity = match vib.quantity {
        Quantity::Energy => Quantity::EnergyExport,
        Quantity::Power => Quantity::PowerExport,
        Quantity::ReactiveEnergy => Quantity::ReactiveEnergyExport,
        Quantity::Volume => Quantity::ReverseVolume,
        other => other,
    };
    mark(vib, Variant::Backward);
}

fn profile(vib: &mut Vib, profile: Profile) {
    vib.profile = profile;
    vib.variant = Variant::Other;
}

/// Per second, minute, hour, day, week, month, year. Where the quotient has a unit of its own, it is that.
fn rate(code: u8, vib: &mut Vib) {
    let (quantity, unit) = match (vib.unit, code) {
        (Some(Unit::CubicMetre), 0x20) => (Quantity::VolumeFlow, Unit::CubicMetrePerSecond),
        (Some(Unit::CubicMetre), 0x21) => (Quantity::VolumeFlow, Unit::CubicMetrePerMinute),
        (Some(Unit::CubicMetre), 0x22) => (Quantity::VolumeFlow, Unit::CubicMetrePerHour),
        (Some(Unit::Kilogram), 0x22) => (Quantity::MassFlow, Unit::KilogramPerHour),
        (Some(Unit::WattHour), 0x22) => (Quantity::Power, Unit::Watt),
        (Some(Unit::MegaWattHour), 0x22) => (Quantity::Power, Unit::MegaWatt),
        (Some(Unit::Joule), 0x22) => (Quantity::Power, Unit::JoulePerHour),
        (Some(Unit::GigaJoule), 0x22) => (Quantity::Power, Unit::GigaJoulePerHour),
        (Some(Unit::KiloVarHour), 0x22) => (Quantity::ReactivePower, Unit::KiloVar),
        (Some(Unit::KiloVoltAmpereHour), 0x22) => (Quantity::ApparentPower, Unit::KiloVoltAmpere),
        // A rate has no rate: the VIFE says over which time a maximum or mean was formed.
        (
            Some(
                Unit::Watt
                | Unit::MegaWatt
                | Unit::JoulePerHour
                | Unit::GigaJoulePerHour
                | Unit::KiloVar
                | Unit::KiloVoltAmpere
                | Unit::Volt
                | Unit::Ampere
                | Unit::Hertz
                | Unit::Bar
                | Unit::Kelvin
                | Unit::Percent
                | Unit::CubicMetrePerHour
                | Unit::CubicMetrePerMinute
                | Unit::CubicMetrePerSecond
                | Unit::KilogramPerHour
                | Unit::Celsius,
            ),
            _,
        ) => {
            vib.variant = Variant::Other;
            return;
        }
        _ => return quotient(vib),
    };
    become_of(vib, quantity);
    vib.unit = Some(unit);
}

/// A product or quotient without a unit in the closed list: the number is handed on without one.
fn quotient(vib: &mut Vib) {
    become_of(vib, Quantity::Ratio);
    vib.unit = None;
}
