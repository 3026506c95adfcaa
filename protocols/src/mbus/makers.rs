//! Makers' own codes behind VIF FF or VIFE FF, where they are publicly known.
//!
//! - **IME** (meters for electricity): FF, what is measured, then a code of the standard's tables for unit and power
//!   of ten, from the primary table or from that behind FD.
//! - **SEC** (Schneider, iEM3000): subunit 1 of an energy is reactive; FF 09 backwards, FF 0D since the
//!   last partial reset, FF 01 to 03 the phase.
//!
//! Everything else stays `manufacturer_specific`, or what the VIF before the maker's code says, without OBIS code.

use metering::{Quantity, Unit};

use super::dib::Dib;
use super::vib::{Variant, Vib};
use super::vif::{Meaning, PRIMARY, ValueKind};
use super::vif_fd;

/// Makes of a maker's record what the maker says it is.
pub(super) fn refine(maker: Option<&str>, dib: &Dib, vib: &mut Vib) {
    match maker {
        Some("IME") if vib.quantity == Quantity::ManufacturerSpecific => ime(vib),
        Some("SEC") if vib.quantity == Quantity::Energy => sec(dib, vib),
        _ => {}
    }
}

fn ime(vib: &mut Vib) {
    let [what, code] = vib.maker;
    let of = |table: &[Meaning; 128]| table.get(usize::from(code)).copied().unwrap_or(Meaning::UNKNOWN);
    let (quantity, unit, meaning) = match what {
        0x04 => (Quantity::Power, Some(Unit::Watt), of(&PRIMARY)),
        0x05 => (Quantity::ReactivePower, Some(Unit::Var), of(&PRIMARY)),
        0x06 => (Quantity::ApparentPower, Some(Unit::VoltAmpere), of(&PRIMARY)),
        0x07 | 0x08 => (Quantity::Voltage, Some(Unit::Volt), of(&vif_fd::TABLE)),
        0x09 => (Quantity::Current, Some(Unit::Ampere), of(&vif_fd::TABLE)),
        0x0A => (Quantity::Frequency, Some(Unit::Hertz), of(&vif_fd::TABLE)),
        0x0B => (Quantity::PowerFactor, Some(Unit::One), of(&PRIMARY)),
        0x0D | 0x0E => (Quantity::PowerDemand, Some(Unit::Watt), of(&PRIMARY)),
        0x0F => {
            let meaning = of(&PRIMARY);
            (Quantity::OnTime, meaning.unit, meaning)
        }
        _ => return,
    };
    if meaning.kind != ValueKind::Unknown {
        (vib.quantity, vib.unit, vib.kind) = (quantity, unit, meaning.kind);
        vib.exponent = i16::from(meaning.exponent);
    }
}

fn sec(dib: &Dib, vib: &mut Vib) {
    let reactive = dib.subunit == 1;
    let backward = vib.maker == [0x09, 0];
    vib.quantity = match (reactive, backward) {
        (true, true) => Quantity::ReactiveEnergyExport,
        (true, false) => Quantity::ReactiveEnergy,
        (false, true) => Quantity::EnergyExport,
        (false, false) => Quantity::Energy,
    };
    if reactive && vib.unit == Some(Unit::WattHour) {
        vib.unit = Some(Unit::VarHour);
    }
    if let [phase @ 1..=3, 0] = vib.maker {
        vib.variant = Variant::Phase(phase);
    }
}

#[cfg(test)]
mod tests {
    use super::super::cursor::Cursor;
    use super::super::records;
    use super::*;
    use crate::{Format, Frame};

    fn read(maker: &str, body: &[u8]) -> (Quantity, String) {
        let mut frame = Frame::new(Format::Mbus);
        frame.device.manufacturer = Some(maker.into());
        records::read(Cursor::new(body, 0), &mut frame).unwrap();
        let record = &frame.records[0];
        let number = record.value.number().unwrap();
        (record.quantity, format!("{number} {}", record.unit.map(Unit::symbol).unwrap_or_default()))
    }

    #[test]
    fn ime_names_the_quantity_before_the_unit() {
        assert_eq!(
            read("IME", &[0x04, 0xFF, 0x87, 0x48, 0xF6, 8, 0, 0]),
            (Quantity::Voltage, "229.4 V".into())
        );
        assert_eq!(read("IME", &[0x02, 0xFF, 0x8A, 0x48, 0xF4, 1]), (Quantity::Frequency, "50.0 Hz".into()));
        assert_eq!(
            read("IME", &[0x04, 0xFF, 0x86, 0x2B, 8, 0, 0, 0]),
            (Quantity::ApparentPower, "8 VA".into())
        );
        assert_eq!(read("XYZ", &[0x01, 0xFF, 0x86, 0x2B, 8]).0, Quantity::ManufacturerSpecific);
    }

    #[test]
    fn sec_counts_reactive_energy_in_subunit_1() {
        assert_eq!(read("SEC", &[0x84, 0x40, 0x03, 7, 0, 0, 0]), (Quantity::ReactiveEnergy, "7 varh".into()));
        let backwards = read("SEC", &[0x84, 0x40, 0x83, 0xFF, 0x09, 7, 0, 0, 0]);
        assert_eq!(backwards, (Quantity::ReactiveEnergyExport, "7 varh".into()));
    }
}
