//! What a value information field means: quantity, unit, power of ten, and the kind of data that goes with it.
//!
//! EN 13757-3, 6.4.2, table 10 (here), 6.4.4, tables 12 (`vif_fd`) and 14 (`vif_fb`). The unit is the table's base unit
//! (Wh, J, m3, kg, W, J/h …; MWh, GJ … in the extension), and the power of ten goes into the number: nothing is
//! converted.

use metering::{Quantity, Unit};

/// What kind of data a value information field announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueKind {
    /// A signed number (type B where it is binary).
    Signed,
    /// A number that cannot be negative (type C).
    Unsigned,
    /// A bit field (type D): every pattern is a value.
    Flags,
    /// A name made of digits; its leading zeros are part of it.
    Identity,
    /// A date (type G) or a date and time (types F, I, J, M), by the length of the data.
    Time,
    /// A maker's three letters in two bytes.
    Maker,
    /// Not in the tables.
    Unknown,
}

/// One row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) quantity: Quantity,
    /// `None` where the standard's unit is not one of the closed list (months, years, cubic feet).
    pub(super) unit: Option<Unit>,
    /// Power of ten.
    pub(super) exponent: i8,
    pub(super) kind: ValueKind,
}

impl Meaning {
    /// A code that the tables leave open.
    pub(super) const UNKNOWN: Self =
        Self { quantity: Quantity::Unknown, unit: None, exponent: 0, kind: ValueKind::Unknown };

    /// Codes 7F and FF: what the maker alone knows.
    pub(super) const MANUFACTURER: Self =
        Self { quantity: Quantity::ManufacturerSpecific, unit: None, exponent: 0, kind: ValueKind::Signed };
}

/// A signed number.
pub(super) const fn number(quantity: Quantity, unit: Unit, exponent: i8) -> Meaning {
    Meaning { quantity, unit: Some(unit), exponent, kind: ValueKind::Signed }
}

/// A count or code without a unit of its own.
pub(super) const fn count(quantity: Quantity) -> Meaning {
    Meaning { quantity, unit: Some(Unit::One), exponent: 0, kind: ValueKind::Unsigned }
}

/// A bit field.
pub(super) const fn flags(quantity: Quantity) -> Meaning {
    Meaning { quantity, unit: Some(Unit::One), exponent: 0, kind: ValueKind::Flags }
}

/// Digits or text that name something.
pub(super) const fn identity(quantity: Quantity) -> Meaning {
    Meaning { quantity, unit: None, exponent: 0, kind: ValueKind::Identity }
}

/// A date or time.
pub(super) const fn time(quantity: Quantity) -> Meaning {
    Meaning { quantity, unit: None, exponent: 0, kind: ValueKind::Time }
}

/// A number whose unit the closed list lacks: handed on without one.
pub(super) const fn unitless(quantity: Quantity, exponent: i8) -> Meaning {
    Meaning { quantity, unit: None, exponent, kind: ValueKind::Signed }
}

/// A duration in the unit that the low two bits name.
pub(super) const fn duration(quantity: Quantity, code: u8) -> Meaning {
    let unit = match code & 0x03 {
        0 => Unit::Second,
        1 => Unit::Minute,
        2 => Unit::Hour,
        _ => Unit::Day,
    };
    Meaning { quantity, unit: Some(unit), exponent: 0, kind: ValueKind::Unsigned }
}

/// The low `bits` of a code as a power of ten, less `minus`.
pub(super) const fn ten(code: u8, mask: u8, minus: i8) -> i8 {
    (code & mask).cast_signed().wrapping_sub(minus)
}

/// Fills a table at compile time: const functions cannot take functions.
macro_rules! fill {
    ($row:ident) => {
        const {
            #[expect(clippy::indexing_slicing, reason = "the compiler runs it")]
            const fn fill() -> [Meaning; 128] {
                let mut table = [Meaning::UNKNOWN; 128];
                let mut code = 0_u8;
                while code < 128 {
                    table[code as usize] = $row(code);
                    code += 1;
                }
                table
            }
            fill()
        }
    };
}
pub(super) use fill;

/// Table 10: the primary codes 00 to 7F.
pub(super) static PRIMARY: [Meaning; 128] = fill!(primary);

const fn primary(code: u8) -> Meaning {
    use Quantity as Q;
    match code {
        0x00..=0x07 => number(Q::Energy, Unit::WattHour, ten(code, 7, 3)),
        0x08..=0x0F => number(Q::Energy, Unit::Joule, ten(code, 7, 0)),
        0x10..=0x17 => number(Q::Volume, Unit::CubicMetre, ten(code, 7, 6)),
        0x18..=0x1F => number(Q::Mass, Unit::Kilogram, ten(code, 7, 3)),
        0x20..=0x23 => duration(Q::OnTime, code),
        0x24..=0x27 => duration(Q::OperatingTime, code),
        0x28..=0x2F => number(Q::Power, Unit::Watt, ten(code, 7, 3)),
        0x30..=0x37 => number(Q::Power, Unit::JoulePerHour, ten(code, 7, 0)),
        0x38..=0x3F => number(Q::VolumeFlow, Unit::CubicMetrePerHour, ten(code, 7, 6)),
        0x40..=0x47 => number(Q::VolumeFlow, Unit::CubicMetrePerMinute, ten(code, 7, 7)),
        0x48..=0x4F => number(Q::VolumeFlow, Unit::CubicMetrePerSecond, ten(code, 7, 9)),
        0x50..=0x57 => number(Q::MassFlow, Unit::KilogramPerHour, ten(code, 7, 3)),
        0x58..=0x5B => number(Q::FlowTemperature, Unit::Celsius, ten(code, 3, 3)),
        0x5C..=0x5F => number(Q::ReturnTemperature, Unit::Celsius, ten(code, 3, 3)),
        0x60..=0x63 => number(Q::TemperatureDifference, Unit::Kelvin, ten(code, 3, 3)),
        0x64..=0x67 => number(Q::ExternalTemperature, Unit::Celsius, ten(code, 3, 3)),
        0x68..=0x6B => number(Q::Pressure, Unit::Bar, ten(code, 3, 3)),
        0x6C => time(Q::Date),
        0x6D => time(Q::Time),
        0x6E => count(Q::HeatCostAllocation),
        0x70..=0x73 => duration(Q::AveragingDuration, code),
        0x74..=0x77 => duration(Q::ActualityDuration, code),
        0x78 => identity(Q::FabricationNumber),
        0x79 => identity(Q::Identification),
        0x7A => count(Q::BusAddress),
        0x7F => Meaning::MANUFACTURER,
        // 6F is reserved; 7B, 7D open the extension tables, 7C a plain text, 7E ("any VIF") belongs to requests.
        _ => Meaning::UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_table_10() {
        let row = |code: usize| PRIMARY[code];
        assert_eq!(row(0x06), number(Quantity::Energy, Unit::WattHour, 3));
        assert_eq!(row(0x13), number(Quantity::Volume, Unit::CubicMetre, -3));
        assert_eq!(row(0x2B), number(Quantity::Power, Unit::Watt, 0));
        assert_eq!(row(0x5A), number(Quantity::FlowTemperature, Unit::Celsius, -1));
        assert_eq!(row(0x22).unit, Some(Unit::Hour));
        assert_eq!(row(0x6F), Meaning::UNKNOWN);
    }
}
