//! The data identifiers of DL/T 645-1997, appendix A: DI1 DI0.
//!
//! ```text
//!  9x dt   energy: 90/91 now, 94/95 last month, 98/99 the month before; active/reactive     XXXXXX.XX
//!          d 1 import, 2 export, 3 to 6 the quadrants I, IV, II, III; t tariff (0 total, F all)
//!  Ax dt   maximum demand, likewise                                                           XX.XXXX
//!  Bx dt   when it occurred: B0/B1 now, B4/B5, B8/B9                                          mm hh DD MM
//!  B6 kp   voltage XXX, current XX.XX, power XX.XXXX, reactive XX.XX, power factor X.XXX
//!          k kind, p phase (0 total, F all)
//!  B2, B3  counts, times, durations    C0 ..  clock, state, constants, numbers
//! ```
//! Only voltage, power, energy and clock stand on real frames; the rest on the standard's tables as users know them.

use metering::{Function, Quantity, Unit};

use super::layout::{Form, Layout, Progression, Series};

/// What stands behind an identifier; `None` where it isn't in the tables.
pub(crate) fn layout(identifier: u16) -> Option<Layout> {
    let [di1, di0] = identifier.to_be_bytes();
    let (kind, index) = (di0 >> 4, di0 & 0x0F);
    let (back, reactive) = ((di1 & 0x0C) >> 2, di1 & 1 == 1);
    match di1 {
        0x90 | 0x91 | 0x94 | 0x95 | 0x98 | 0x99 => {
            let (quantity, c) = direction(reactive, kind)?;
            let unit = if reactive { Unit::KiloVarHour } else { Unit::KiloWattHour };
            let series = Series::one(Form::plain(4, 2), quantity, Some(unit)).coded(c, 8);
            Some(Layout::Series(tariffs(Series { storage: back, ..series }, index)))
        }
        0xA0 | 0xA1 | 0xA4 | 0xA5 | 0xA8 | 0xA9 => {
            let (_, c) = direction(reactive, kind)?;
            let (quantity, unit) = if reactive {
                (Quantity::ReactivePower, Unit::KiloVar)
            } else {
                (Quantity::PowerDemand, Unit::KiloWatt)
            };
            let series = Series::one(Form::plain(3, 4), quantity, Some(unit)).coded(c, 6);
            let series = Series { function: Function::Maximum, storage: back, ..series };
            Some(Layout::Series(tariffs(series, index)))
        }
        0xB0 | 0xB1 | 0xB4 | 0xB5 | 0xB8 | 0xB9 => {
            direction(reactive, kind)?;
            let series = TIME.among(if reactive { 2 } else { 1 }, kind);
            let series = Series { function: Function::Maximum, storage: back, ..series };
            Some(Layout::YearlessTimes(tariffs(series, index)))
        }
        0xB6 => variable(kind, index),
        _ => other(identifier),
    }
}

/// A time without its year.
const TIME: Series = Series::one(Form::plain(4, 0), Quantity::Time, None);

/// Quantity and OBIS group C of an energy's direction.
const fn direction(reactive: bool, kind: u8) -> Option<(Quantity, u8)> {
    Some(match (reactive, kind) {
        (false, 1) => (Quantity::Energy, 1),
        (false, 2) => (Quantity::EnergyExport, 2),
        (true, 1) => (Quantity::ReactiveEnergy, 3),
        (true, 2) => (Quantity::ReactiveEnergyExport, 4),
        (true, 3) => (Quantity::ReactiveEnergy, 5),
        (true, 4) => (Quantity::ReactiveEnergyExport, 8),
        (true, 5) => (Quantity::ReactiveEnergy, 6),
        (true, 6) => (Quantity::ReactiveEnergyExport, 7),
        _ => return None,
    })
}

const fn tariffs(series: Series, index: u8) -> Series {
    match index {
        0x0F => Series { step: Progression::Tariff, ..series },
        tariff => Series { tariff, ..series },
    }
}

fn variable(kind: u8, index: u8) -> Option<Layout> {
    let series = match kind {
        1 => Series::one(Form::plain(2, 0), Quantity::Voltage, Some(Unit::Volt)).coded(12, 7),
        2 => Series::one(Form::plain(2, 2), Quantity::Current, Some(Unit::Ampere)).coded(11, 7),
        3 => Series::one(Form::plain(3, 4), Quantity::Power, Some(Unit::KiloWatt)).coded(1, 7),
        4 => Series::one(Form::plain(2, 2), Quantity::ReactivePower, Some(Unit::KiloVar)).coded(3, 7),
        5 => Series::one(Form::plain(2, 3), Quantity::PowerFactor, Some(Unit::One)).coded(13, 7),
        _ => return None,
    };
    let first = u8::from(kind <= 2);
    let series = match index {
        0x0F => Series { phase: first, step: Progression::Phase, ..series },
        phase if (first..=3).contains(&phase) => Series { phase, ..series },
        _ => return None,
    };
    Some(Layout::Series(series))
}

fn other(identifier: u16) -> Option<Layout> {
    let [_, di0] = identifier.to_be_bytes();
    let count = Series::one(Form::plain(2, 0), Quantity::EventCount, Some(Unit::One));
    let minutes = Series::one(Form::plain(3, 0), Quantity::Duration, Some(Unit::Minute));
    Some(match identifier {
        // Programmed, demand cleared: the last time, and how often.
        0xB210 | 0xB211 => Layout::YearlessTimes(TIME.among(3, di0)),
        0xB212 | 0xB213 => Layout::Series(count.among(3, di0)),
        // A phase lost: how often, for how long, from when to when; 0 all phases.
        0xB310..=0xB313 => Layout::Series(count.among(4, di0)),
        0xB320..=0xB323 => Layout::Series(minutes.among(4, di0)),
        0xB330..=0xB333 | 0xB340..=0xB343 => Layout::YearlessTimes(TIME.among(4, di0)),
        0xB214 => Layout::Series(Series::one(Form::plain(3, 0), Quantity::BatteryTime, Some(Unit::Minute))),
        0xC010 => Layout::Date,
        0xC011 => Layout::TimeOfDay,
        0xC020 => Layout::OldState(0),
        0xC021 => Layout::OldState(1),
        0xC030 => Layout::Series(Series::one(Form::plain(3, 0), Quantity::Pulses, None)),
        0xC031 => {
            Layout::Series(Series { phase: 1, ..Series::one(Form::plain(3, 0), Quantity::Pulses, None) })
        }
        0xC032 => Layout::Digits(Quantity::FabricationNumber),
        0xC033 => Layout::Digits(Quantity::Customer),
        0xC034 => Layout::Digits(Quantity::Identification),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_1997() {
        for (identifier, code) in [
            (0x9010, "1-0:1.8.0"),
            (0x9013, "1-0:1.8.3"),
            (0x9020, "1-0:2.8.0"),
            (0x9110, "1-0:3.8.0"),
            (0x9140, "1-0:8.8.0"),
            (0xA010, "1-0:1.6.0"),
            (0xB611, "1-0:32.7.0"),
            (0xB623, "1-0:71.7.0"),
            (0xB630, "1-0:1.7.0"),
            (0xB650, "1-0:13.7.0"),
        ] {
            match layout(identifier) {
                Some(Layout::Series(series)) => assert_eq!(series.obis().unwrap().to_string(), code),
                other => panic!("{identifier:04x}: {other:?}"),
            }
        }
        match layout(0x9810) {
            Some(Layout::Series(series)) => assert_eq!((series.storage, series.obis()), (2, None)),
            other => panic!("{other:?}"),
        }
        for identifier in [0x9000, 0x9030, 0x9210, 0xB610, 0xB614, 0xB660, 0xC0FF] {
            assert_eq!(layout(identifier), None, "{identifier:04x}");
        }
    }
}
