//! The data identifiers of DL/T 645-2007, appendix A: DI3 DI2 DI1 DI0.
//!
//! ```text
//!  00 kk tt ss   energy: kind, tariff (00 total, FF all), settlement days back (FF all)   XXXXXX.XX
//!  01 kk tt ss   maximum demand, likewise                                                 XX.XXXX, time
//!  02 kk pp 00   voltage, current, power, …: kind, phase (00 total, FF all)
//!  02 80 00 nn   neutral current, frequency, demands, temperature, batteries
//!  03 .. .. ..   events: counts, and when the last ones began and ended
//!  04 00 .. ..   clock, addresses, names, status words
//!  05 kk ii nn   freezes: kind, item, how many back
//!  06 kk 00 ..   load profile: class
//! ```

use metering::{Function, Quantity, Unit};

use super::layout::{Form, Layout, Progression, Series};

/// An energy's or a demand's kind: DI2, for the sums over the phases. A phase's kinds stand 14H further each.
struct EnergyKind {
    di2: u8,
    energy: Quantity,
    demand: Quantity,
    unit: Unit,
    power: Unit,
    /// OBIS group C.
    c: u8,
    /// The top bit of the highest byte is a minus sign.
    signed: bool,
}

const fn active(di2: u8, energy: Quantity, c: u8, signed: bool) -> EnergyKind {
    let demand = Quantity::PowerDemand;
    EnergyKind { di2, energy, demand, unit: Unit::KiloWattHour, power: Unit::KiloWatt, c, signed }
}

const fn reactive(di2: u8, energy: Quantity, c: u8, signed: bool) -> EnergyKind {
    let demand = Quantity::ReactivePower;
    EnergyKind { di2, energy, demand, unit: Unit::KiloVarHour, power: Unit::KiloVar, c, signed }
}

const fn apparent(di2: u8, c: u8) -> EnergyKind {
    EnergyKind {
        di2,
        energy: Quantity::ApparentEnergy,
        demand: Quantity::ApparentPower,
        unit: Unit::KiloVoltAmpereHour,
        power: Unit::KiloVoltAmpere,
        c,
        signed: false,
    }
}

/// Combined energies are sums and differences that the meter is configured for: by default |+A| + |−A| (group C
/// 15), and the reactive quadrants of import and export.
const KINDS: [EnergyKind; 11] = [
    active(0x00, Quantity::EnergyCombined, 15, true),
    active(0x01, Quantity::Energy, 1, false),
    active(0x02, Quantity::EnergyExport, 2, false),
    reactive(0x03, Quantity::ReactiveEnergy, 3, true),
    reactive(0x04, Quantity::ReactiveEnergyExport, 4, true),
    reactive(0x05, Quantity::ReactiveEnergy, 5, false),
    reactive(0x06, Quantity::ReactiveEnergy, 6, false),
    reactive(0x07, Quantity::ReactiveEnergyExport, 7, false),
    reactive(0x08, Quantity::ReactiveEnergyExport, 8, false),
    apparent(0x09, 9),
    apparent(0x0A, 10),
];

/// The variables 02 kk pp 00.
const VARIABLES: [(u8, Series); 9] = [
    (0x01, Series::one(Form::plain(2, 1), Quantity::Voltage, Some(Unit::Volt)).coded(12, 7)),
    (0x02, Series::one(Form::signed(3, 3), Quantity::Current, Some(Unit::Ampere)).coded(11, 7)),
    (0x03, Series::one(Form::signed(3, 4), Quantity::Power, Some(Unit::KiloWatt)).coded(1, 7)),
    (0x04, Series::one(Form::signed(3, 4), Quantity::ReactivePower, Some(Unit::KiloVar)).coded(3, 7)),
    (0x05, Series::one(Form::plain(3, 4), Quantity::ApparentPower, Some(Unit::KiloVoltAmpere)).coded(9, 7)),
    (0x06, Series::one(Form::signed(2, 3), Quantity::PowerFactor, Some(Unit::One)).coded(13, 7)),
    (0x07, Series::one(Form::plain(2, 1), Quantity::PhaseAngle, Some(Unit::Degree))),
    // The distortion of voltage and of current.
    (0x08, Series::one(Form::plain(2, 2), Quantity::Ratio, Some(Unit::Percent)).among(0x08, 0)),
    (0x09, Series::one(Form::plain(2, 2), Quantity::Ratio, Some(Unit::Percent)).among(0x09, 0)),
];

/// Numbers that stand alone.
const SINGLES: [(u32, Series); 25] = [
    (0x0090_0100, Series::one(Form::plain(4, 2), Quantity::Balance, Some(Unit::KiloWattHour))),
    (0x0090_0101, Series::one(Form::plain(4, 2), Quantity::Debit, Some(Unit::KiloWattHour))),
    (0x0090_0200, Series::one(Form::plain(4, 2), Quantity::Balance, None)),
    (0x0090_0201, Series::one(Form::plain(4, 2), Quantity::Debit, None)),
    (0x0280_0001, Series::one(Form::signed(3, 3), Quantity::NeutralCurrent, Some(Unit::Ampere)).coded(91, 7)),
    (0x0280_0002, Series::one(Form::plain(2, 2), Quantity::Frequency, Some(Unit::Hertz)).coded(14, 7)),
    // The mean over the last minute; the current demand is the mean over its own period.
    (0x0280_0003, Series::one(Form::signed(3, 4), Quantity::Power, Some(Unit::KiloWatt))),
    (0x0280_0004, Series::one(Form::signed(3, 4), Quantity::PowerDemand, Some(Unit::KiloWatt)).coded(1, 4)),
    (0x0280_0005, Series::one(Form::signed(3, 4), Quantity::ReactivePower, Some(Unit::KiloVar)).coded(3, 4)),
    (
        0x0280_0006,
        Series::one(Form::plain(3, 4), Quantity::ApparentPower, Some(Unit::KiloVoltAmpere)).coded(9, 4),
    ),
    (0x0280_0007, Series::one(Form::signed(2, 1), Quantity::Temperature, Some(Unit::Celsius))),
    (0x0280_0008, Series::one(Form::plain(2, 2), Quantity::BatteryVoltage, Some(Unit::Volt))),
    (
        0x0280_0009,
        Series { phase: 1, ..Series::one(Form::plain(2, 2), Quantity::BatteryVoltage, Some(Unit::Volt)) },
    ),
    (0x0280_000A, Series::one(Form::plain(4, 0), Quantity::BatteryTime, Some(Unit::Minute))),
    // The price of the block, of the tariff, of now: money for a kWh.
    (0x0280_000B, Series::one(Form::plain(4, 4), Quantity::Ratio, None).among(0x02, 0x0B)),
    (0x0280_0020, Series::one(Form::plain(4, 4), Quantity::Ratio, None).among(0x02, 0x20)),
    (0x0280_0021, Series::one(Form::plain(4, 4), Quantity::Ratio, None).among(0x02, 0x21)),
    (0x0311_0000, count(0x11, 0)),
    (0x0400_0103, Series::one(Form::plain(1, 0), Quantity::TariffPeriod, Some(Unit::Minute))),
    (0x0400_0409, Series::one(Form::plain(3, 0), Quantity::Pulses, None)),
    (0x0400_040A, Series { phase: 1, ..Series::one(Form::plain(3, 0), Quantity::Pulses, None) }),
    (0x0400_0306, Series::one(Form::plain(3, 0), Quantity::Ratio, Some(Unit::One))),
    (0x0400_0307, Series { phase: 1, ..Series::one(Form::plain(3, 0), Quantity::Ratio, Some(Unit::One)) }),
    (0x1D00_0001, count(0x1D, 0)),
    (0x1E00_0001, count(0x1E, 0)),
];

/// How often something happened: power failures, programming, clearing, clock setting, covers opened, relays.
const fn count(event: u8, kind: u8) -> Series {
    Series::one(Form::plain(3, 0), Quantity::EventCount, Some(Unit::One)).among(event, kind)
}

/// What stands behind an identifier; `None` where it isn't in the tables.
pub(crate) fn layout(identifier: u32) -> Option<Layout> {
    let [di3, di2, di1, di0] = identifier.to_be_bytes();
    let layout = match di3 {
        0x00 => energy(di2).map(|series| Layout::Series(over_time(series, di1, di0))),
        0x01 => demand(di2).map(|series| Layout::Series(over_time(series, di1, di0))),
        0x02 if di0 == 0 => variable(di2, di1),
        0x03 => event(di2, di1, di0),
        0x04 => parameter(identifier).or_else(|| setting(di2, di1, di0).map(Layout::Series)),
        0x05 => freeze(di2, di1, di0),
        0x06 if di2 <= 6 && di1 == 0 => Some(Layout::LoadProfile(di2)),
        _ => None,
    };
    let single =
        || SINGLES.iter().find(|(di, _)| *di == identifier).map(|(_, single)| Layout::Series(*single));
    layout.or_else(single)
}

/// DI2 of an energy or demand: the kind, and the phase that it stands for.
fn kind(di2: u8) -> Option<(&'static EnergyKind, u8)> {
    let (kind, phase) = match di2 {
        0x00..=0x0A => (di2, 0),
        0x15..=0x1E => (di2.wrapping_sub(0x14), 1),
        0x29..=0x32 => (di2.wrapping_sub(0x28), 2),
        0x3D..=0x46 => (di2.wrapping_sub(0x3C), 3),
        _ => return None,
    };
    KINDS.iter().find(|row| row.di2 == kind).map(|row| (row, phase))
}

fn energy(di2: u8) -> Option<Series> {
    let Some((kind, phase)) = kind(di2) else { return derived_energy(di2) };
    let form = if kind.signed { Form::signed(4, 2) } else { Form::plain(4, 2) };
    Some(Series { phase, ..Series::one(form, kind.energy, Some(kind.unit)).coded(kind.c, 8) })
}

/// Energies that are no register of a supply: the usage of the settlement period and of the month, the associated
/// energy, those of the fundamental and of the harmonics, the losses of copper and iron. DI2 is the subunit.
fn derived_energy(di2: u8) -> Option<Series> {
    let kind = match di2 {
        0x94..=0x9A => di2.wrapping_sub(0x14),
        0xA8..=0xAE => di2.wrapping_sub(0x28),
        0xBC..=0xC2 => di2.wrapping_sub(0x3C),
        _ => di2,
    };
    let (quantity, signed) = match kind {
        0x0B | 0x0C => (Quantity::IntervalUsage, false),
        0x80 | 0x85 | 0x86 => (Quantity::EnergyCombined, true),
        0x81 | 0x83 => (Quantity::Energy, false),
        0x82 | 0x84 => (Quantity::EnergyExport, false),
        _ => return None,
    };
    let form = Form { signed, ..Form::plain(4, 2) };
    Some(Series { phase: di2, ..Series::one(form, quantity, Some(Unit::KiloWattHour)) })
}

/// How often something happened, and when it last did. The counts of grid events have the time that they lasted
/// beside them.
fn event(di2: u8, di1: u8, di0: u8) -> Option<Layout> {
    Some(match (di2, di1, di0) {
        // Voltage failed, low, high, phase lost; current failed, high, lost, reversed; overload.
        (0x01..=0x04 | 0x0B..=0x0F, 0x00, 0x00) => Layout::Occurrences { event: di2, by_phase: true },
        // All voltages failed, auxiliary supply lost; order of voltages, of currents; unbalance of both.
        (0x05..=0x0A, 0x00, 0x00) => Layout::Occurrences { event: di2, by_phase: false },
        (0x06 | 0x11, 0x00, 0x01..) | (0x30, 0x0D | 0x0E, 0x01..) => Layout::EventTimes(di0),
        (0x30, 0x00..=0x0E, 0x00) => Layout::Series(count(di2, di1)),
        _ => return None,
    })
}

fn demand(di2: u8) -> Option<Series> {
    let (kind, phase) = kind(di2)?;
    let form = Form { timed: true, signed: kind.signed, ..Form::plain(3, 4) };
    let series = Series::one(form, kind.demand, Some(kind.power)).coded(kind.c, 6);
    Some(Series { phase, function: Function::Maximum, ..series })
}

/// DI1 is the tariff, DI0 the settlement days back; FF is all of them.
fn over_time(series: Series, di1: u8, di0: u8) -> Series {
    match (di1, di0) {
        (0xFF, storage) => Series { storage, step: Progression::Tariff, ..series },
        (tariff, 0xFF) => Series { tariff, step: Progression::Storage, ..series },
        (tariff, storage) => Series { tariff, storage, ..series },
    }
}

fn variable(di2: u8, di1: u8) -> Option<Layout> {
    let (_, series) = VARIABLES.iter().find(|(kind, _)| *kind == di2)?;
    // Voltages, currents, angles and distortions have no total: their block begins with phase A.
    let first = u8::from(matches!(di2, 0x01 | 0x02 | 0x07..=0x09));
    let series = match di1 {
        0xFF => Series { phase: first, step: Progression::Phase, ..*series },
        phase if (first..=3).contains(&phase) => Series { phase, ..*series },
        _ => return None,
    };
    Some(Layout::Series(series))
}

fn parameter(identifier: u32) -> Option<Layout> {
    Some(match identifier {
        0x0400_0101 => Layout::Date,
        0x0400_0102 => Layout::TimeOfDay,
        0x0400_010C => Layout::DateTime,
        0x0400_0401 => Layout::Digits(Quantity::BusAddress),
        0x0400_0402 => Layout::Digits(Quantity::FabricationNumber),
        0x0400_0403 => Layout::Text(Quantity::Identification),
        0x0400_040E => Layout::Digits(Quantity::Customer),
        0x0400_0404..=0x0400_0408 | 0x0400_040C => Layout::Text(Quantity::Text),
        0x0400_040B => Layout::Text(Quantity::Model),
        0x0400_040D | 0x0480_0001 | 0x0480_0002 => Layout::Text(Quantity::Version),
        0x0480_0003 => Layout::Text(Quantity::Manufacturer),
        0x0400_05FF => Layout::StatusWords(1),
        0x0400_0501..=0x0400_0507 => {
            let [.., word] = identifier.to_be_bytes();
            Layout::StatusWords(word)
        }
        _ => return None,
    })
}

/// Settings that are a number, in the words of the tables: periods, how many of a kind, limits of power, voltage,
/// energy and money.
fn setting(di2: u8, di1: u8, di0: u8) -> Option<Series> {
    let one = |len, decimals, quantity, unit| Some(Series::one(Form::plain(len, decimals), quantity, unit));
    let series = match (di2, di1, di0) {
        (0x00, 0x01, 0x04) => one(1, 0, Quantity::TariffPeriod, Some(Unit::Minute)),
        (0x00, 0x02, 0x05) => one(2, 0, Quantity::Dimensionless, Some(Unit::One)),
        (0x00, 0x02, 0x01..=0x07) | (0x00, 0x03, 0x01 | 0x03..=0x05) => {
            one(1, 0, Quantity::Dimensionless, Some(Unit::One))
        }
        (0x00, 0x03, 0x02) => one(1, 0, Quantity::Duration, Some(Unit::Second)),
        (0x00, 0x0E, 0x01 | 0x02) => one(3, 4, Quantity::Limit, Some(Unit::KiloWatt)),
        (0x00, 0x0E, 0x03 | 0x04) => one(2, 1, Quantity::Limit, Some(Unit::Volt)),
        (0x00, 0x0F, 0x01..=0x04) => one(4, 2, Quantity::Limit, Some(Unit::KiloWattHour)),
        (0x00, 0x10, 0x01..=0x05) => one(4, 2, Quantity::Limit, None),
        (0x00, 0x14, 0x01) => one(2, 0, Quantity::Duration, Some(Unit::Minute)),
        _ => None,
    };
    series.map(|series| series.among(di1, di0))
}

/// 00 timed, 01 instant, 02 zone switch, 03 slot switch, 04 hourly, 05 price switch, 06 daily, 07 block switch.
fn freeze(di2: u8, di1: u8, di0: u8) -> Option<Layout> {
    let (storage, freeze) = (di0, di2.checked_add(1).filter(|freeze| *freeze <= 8)?);
    if storage == 0 {
        return None;
    }
    let frozen = |series: Series| Series { storage, freeze, step: Progression::Tariff, ..series };
    Some(match di1 {
        0x00 => Layout::FreezeTime { freeze, storage },
        0x01..=0x08 => Layout::Series(frozen(energy(di1)?)),
        0x09 | 0x0A => Layout::Series(frozen(demand(di1.wrapping_sub(8))?)),
        0x10 => {
            let (_, power) = VARIABLES.iter().find(|(kind, _)| *kind == 0x03)?;
            Layout::Powers { active: Series { step: Progression::Phase, ..frozen(*power) } }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn obis(identifier: u32, index: usize) -> Option<String> {
        match layout(identifier) {
            Some(Layout::Series(series)) => series.at(index).obis().map(|obis| obis.to_string()),
            _ => None,
        }
    }

    #[test]
    fn a_current_value_has_its_obis_code() {
        for (identifier, index, code) in [
            (0x0000_0000, 0, "1-0:15.8.0"),
            (0x0001_0000, 0, "1-0:1.8.0"),
            (0x0001_0300, 0, "1-0:1.8.3"),
            (0x0001_FF00, 4, "1-0:1.8.4"),
            (0x0002_0000, 0, "1-0:2.8.0"),
            (0x0008_0000, 0, "1-0:8.8.0"),
            (0x0015_0000, 0, "1-0:21.8.0"),
            (0x0046_0000, 0, "1-0:70.8.0"),
            (0x0101_FF00, 1, "1-0:1.6.1"),
            (0x0201_0100, 0, "1-0:32.7.0"),
            (0x0201_FF00, 2, "1-0:72.7.0"),
            (0x0202_0200, 0, "1-0:51.7.0"),
            (0x0203_0000, 0, "1-0:1.7.0"),
            (0x0203_FF00, 1, "1-0:21.7.0"),
            (0x0206_0300, 0, "1-0:73.7.0"),
            (0x0280_0002, 0, "1-0:14.7.0"),
        ] {
            assert_eq!(obis(identifier, index).as_deref(), Some(code), "{identifier:08x}");
        }
        for identifier in [0x0001_0001, 0x0207_0100, 0x0506_0101, 0x0280_0007] {
            assert_eq!(obis(identifier, 0), None, "{identifier:08x}");
        }
    }

    #[test]
    fn an_undated_value_has_a_name_of_its_own() {
        let subunit = |identifier| match layout(identifier) {
            Some(Layout::Series(series)) => series.subunit(),
            other => panic!("{other:?}"),
        };
        for (identifier, expected) in [
            (0x0001_0001, 0),
            (0x0000_0001, 0),
            (0x0005_0001, 5),
            (0x0015_0001, 21),
            (0x0506_0101, 7_000),
            (0x0500_0801, 1_008),
            (0x0207_0200, 2),
        ] {
            assert_eq!(subunit(identifier), expected, "{identifier:08x}");
        }
    }

    #[test]
    fn what_is_not_in_the_tables_is_none() {
        for identifier in
            [0x00FF_0000, 0x0201_0000, 0x0201_0400, 0x0500_0100, 0x0508_0101, 0x0400_0901, 0xFFFF_FFFF]
        {
            assert_eq!(layout(identifier), None, "{identifier:08x}");
        }
    }
}
