//! The unit byte.

use metering::Unit;

/// A unit byte's meaning: a unit, and a power of ten by which the digits are to be multiplied besides.
///
/// The codes run in decades from a base unit up, as in the fixed data structure of EN 1434-3: 05 kWh, 06 kWh × 10,
/// 07 kWh × 100, 08 MWh. The 2004 standard names the base units, 0A and 13; the 2018 standard fills the gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WireUnit {
    /// The unit.
    pub(crate) unit: Unit,
    /// The digits' additional power of ten: 0, 1 or 2.
    pub(crate) exponent: u8,
}

/// Base codes. Each is followed by its × 10 and × 100, where those aren't codes of their own.
const BASES: [(u8, Unit); 18] = [
    (0x01, Unit::Joule),
    (0x02, Unit::WattHour),
    (0x05, Unit::KiloWattHour),
    (0x08, Unit::MegaWattHour),
    (0x0B, Unit::KiloJoule),
    (0x0E, Unit::MegaJoule),
    (0x11, Unit::GigaJoule),
    (0x14, Unit::Watt),
    (0x17, Unit::KiloWatt),
    (0x1A, Unit::MegaWatt),
    (0x29, Unit::Litre),
    (0x2C, Unit::CubicMetre),
    (0x32, Unit::LitrePerHour),
    (0x35, Unit::CubicMetrePerHour),
    (0x40, Unit::JoulePerHour),
    (0x43, Unit::KiloJoulePerHour),
    (0x46, Unit::MegaJoulePerHour),
    (0x49, Unit::GigaJoulePerHour),
];

/// What a code means; `None` where the standard has no such code.
pub(crate) fn read(code: u8) -> Option<WireUnit> {
    TABLE.get(usize::from(code)).copied().flatten()
}

/// The code of a unit, digits as they are. `None` where the standard has no code for it.
pub(crate) fn code(unit: Unit) -> Option<u8> {
    BASES.iter().find(|(_, base)| *base == unit).map(|(code, _)| *code)
}

#[expect(clippy::indexing_slicing, reason = "built by the compiler, which checks each index")]
static TABLE: [Option<WireUnit>; 256] = {
    let mut table = [None; 256];
    let mut row = 0;
    while row < BASES.len() {
        let (base, unit) = BASES[row];
        let decades = if base == 0x01 { 1 } else { 3 };
        let mut exponent = 0;
        while exponent < decades {
            table[(base + exponent) as usize] = Some(WireUnit { unit, exponent });
            exponent += 1;
        }
        row += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_unit_and_a_decade() {
        for (code, unit, exponent) in [
            (0x02, Unit::WattHour, 0),
            (0x05, Unit::KiloWattHour, 0),
            (0x0A, Unit::MegaWattHour, 2),
            (0x12, Unit::GigaJoule, 1),
            (0x13, Unit::GigaJoule, 2),
            (0x2C, Unit::CubicMetre, 0),
            (0x2D, Unit::CubicMetre, 1),
            (0x37, Unit::CubicMetrePerHour, 2),
            (0x4B, Unit::GigaJoulePerHour, 2),
        ] {
            assert_eq!(read(code), Some(WireUnit { unit, exponent }), "{code:02x}");
        }
    }

    #[test]
    fn what_the_standard_does_not_name_is_no_unit() {
        for code in [0x00, 0x1D, 0x28, 0x2F, 0x38, 0x3F, 0x4C, 0xAA, 0xFF] {
            assert_eq!(read(code), None, "{code:02x}");
        }
    }

    #[test]
    fn a_units_code_reads_back() {
        for (base, unit) in BASES {
            assert_eq!(code(unit), Some(base));
            assert_eq!(read(base), Some(WireUnit { unit, exponent: 0 }));
        }
    }
}
