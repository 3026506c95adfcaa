//! The second extension table, behind VIF FD: identification, state, money, electricity, intervals.
//!
//! EN 13757-3, 6.4.4.1, table 12; its second level, behind FD FD, in the edition of 2018.

use metering::{Quantity, Unit};

use super::vif::{Meaning, ValueKind, count, duration, fill, flags, identity, number, ten, time, unitless};

/// Codes 00 to 7F behind FD.
pub(super) static TABLE: [Meaning; 128] = fill!(row);

/// Codes 00 to 7F behind FD FD.
pub(super) static SECOND_LEVEL: [Meaning; 128] = fill!(second_level);

const fn second_level(code: u8) -> Meaning {
    match code {
        // The application that is selected.
        0x00 => flags(Quantity::ParameterSet),
        // Months and years that the battery has left: no units of the closed list.
        0x02 | 0x03 => unitless(Quantity::BatteryTime, 0),
        _ => Meaning::UNKNOWN,
    }
}

const fn row(code: u8) -> Meaning {
    use Quantity as Q;
    match code {
        0x00..=0x03 => number(Q::Credit, Unit::One, ten(code, 3, 3)),
        0x04..=0x07 => number(Q::Debit, Unit::One, ten(code, 3, 3)),
        0x08 => count(Q::AccessNumber),
        0x09 => count(Q::Medium),
        0x0A => Meaning { quantity: Q::Manufacturer, unit: None, exponent: 0, kind: ValueKind::Maker },
        0x0B => identity(Q::ParameterSet),
        0x0C => identity(Q::Model),
        0x0D..=0x0F => identity(Q::Version),
        0x10 | 0x11 => identity(Q::Customer),
        0x12..=0x16 => identity(Q::Password),
        0x17 => flags(Q::ErrorFlags),
        0x18 => flags(Q::ErrorMask),
        0x1A => flags(Q::DigitalOutput),
        0x1B => flags(Q::DigitalInput),
        0x1C => count(Q::BaudRate),
        0x1D => count(Q::ResponseDelay),
        // Retries, remote control, first, last and size of the storage, its descriptor.
        0x1E | 0x1F | 0x20..=0x23 | 0x2A => flags(Q::ParameterSet),
        0x24..=0x27 => duration(Q::StorageInterval, code),
        0x28 | 0x29 => unitless(Q::StorageInterval, 0),
        0x2B => count(Q::Time),
        0x2C..=0x2F => duration(Q::ActualityDuration, code),
        0x30 | 0x70 => time(Q::Time),
        0x31..=0x37 => duration(Q::TariffPeriod, code),
        0x38 | 0x39 => unitless(Q::TariffPeriod, 0),
        0x3A => number(Q::Dimensionless, Unit::One, 0),
        0x3C..=0x3F => duration(Q::Duration, code),
        0x40..=0x4F => number(Q::Voltage, Unit::Volt, ten(code, 15, 9)),
        0x50..=0x5F => number(Q::Current, Unit::Ampere, ten(code, 15, 12)),
        0x60 => count(Q::ResetCounter),
        0x61 => count(Q::CumulationCounter),
        0x62 | 0x65 | 0x66 | 0x72 | 0x73 => flags(Q::Status),
        0x63 | 0x64 => count(Q::Date),
        0x67 => flags(Q::ManufacturerSpecific),
        0x68 => duration(Q::ActualityDuration, 2),
        0x69 => duration(Q::ActualityDuration, 3),
        0x6A | 0x6B => unitless(Q::ActualityDuration, 0),
        0x6C => duration(Q::BatteryTime, 2),
        0x6D | 0x74 => duration(Q::BatteryTime, 3),
        0x6E | 0x6F => unitless(Q::BatteryTime, 0),
        0x71 => unitless(Q::SignalStrength, 0),
        0x75 => count(Q::EventCount),
        // Containers of another protocol's telegrams: handed on as they are.
        0x3B | 0x76 => Meaning::MANUFACTURER,
        _ => Meaning::UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_table_12() {
        assert_eq!(TABLE[0x48], number(Quantity::Voltage, Unit::Volt, -1));
        assert_eq!(TABLE[0x5C], number(Quantity::Current, Unit::Ampere, 0));
        assert_eq!(TABLE[0x17], flags(Quantity::ErrorFlags));
        assert_eq!(TABLE[0x31], duration(Quantity::TariffPeriod, 1));
        assert_eq!(TABLE[0x74].unit, Some(Unit::Day));
        assert_eq!(TABLE[0x7C], Meaning::UNKNOWN);
    }
}
