//! Which fields stand behind which identifier.
//!
//! ```text
//!  901F, water and gas   current 4+1 │ settlement 4+1 │ clock 7 │ ST 2
//!  901F, heat            settlement 4+1 │ current 4+1 │ power 4+1 │ flow rate 4+1 │ volume 4+1
//!                        │ flow temp. 3 │ return temp. 3 │ hours 3 │ clock 7 │ ST 2
//!  911F, heat + cooling  settlement heat, cooling │ heat, cooling │ power │ flow rate │ volume, 4+1 each
//!                        │ flow temp. 3 │ return temp. 3 │ pressure 3, 3 │ hours 3 │ clock 7 │ ST 2
//!  D120-D12B             settlement value of the month 1 … 12 months ago, 4+1
//!  D2xx                  water: volume 4+1; heat: heat, cooling, volume, 4+1 each
//!  D3xx, D4xx            clock 7 │ volume 4+1 │ flow rate 4+1 │ temp. 3 │ pressure 3
//!  8102                  price 3 │ from the volume 3 on, three times the pair but for the last volume
//!  8103, 8104            settlement day, reading day 1
//!  8105                  number 1 │ bought 4 │ bought in all 4 │ left 4 │ ST 2
//! ```
//! `4+1` is eight digits and a unit byte. The 2004 layouts are confirmed on real frames; 911F, D2xx, D3xx and
//! D4xx are those whose field widths add up to the lengths that the 2018 standard gives (3EH, 12H, 1AH).

use metering::Quantity;

use super::identifier;
use super::kind::Family;

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Eight digits and a unit: a counter of this quantity, at so many settlement days back (0: now).
    Counter(Quantity, u16),
    /// Eight digits and a unit, four decimals.
    FlowRate,
    /// Six digits, hundredths of a degree Celsius.
    Temperature(Quantity),
    /// Six digits. No source tells the unit.
    Pressure,
    /// Six digits, hours.
    Hours,
    /// Seven bytes.
    Clock,
    /// ST.
    Status,
    /// So many digits of a number without unit, with so many decimals; the subunit tells equal quantities apart.
    Plain(Quantity, u8, u32, u16),
}

impl Field {
    /// Its length on the wire.
    pub(crate) const fn len(self) -> usize {
        match self {
            Self::Counter(..) | Self::FlowRate => 5,
            Self::Temperature(_) | Self::Pressure | Self::Hours => 3,
            Self::Clock => 7,
            Self::Status => 2,
            Self::Plain(_, digits, ..) => digits as usize / 2,
        }
    }
}

use Field::{Clock, Counter, FlowRate, Hours, Plain, Pressure, Status, Temperature};
use Quantity::{CoolingEnergy, FlowTemperature, HeatEnergy, Power, ReturnTemperature, Volume};

const VOLUME: &[Field] = &[Counter(Volume, 0), Counter(Volume, 1), Clock, Status];

const HEAT: &[Field] = &[
    Counter(HeatEnergy, 1),
    Counter(HeatEnergy, 0),
    Counter(Power, 0),
    FlowRate,
    Counter(Volume, 0),
    Temperature(FlowTemperature),
    Temperature(ReturnTemperature),
    Hours,
    Clock,
    Status,
];

const HEAT_COOLING: &[Field] = &[
    Counter(HeatEnergy, 1),
    Counter(CoolingEnergy, 1),
    Counter(HeatEnergy, 0),
    Counter(CoolingEnergy, 0),
    Counter(Power, 0),
    FlowRate,
    Counter(Volume, 0),
    Temperature(FlowTemperature),
    Temperature(ReturnTemperature),
    Pressure,
    Pressure,
    Hours,
    Clock,
    Status,
];

const FREEZE: &[Field] = &[Clock, Counter(Volume, 0), FlowRate, Temperature(Quantity::Temperature), Pressure];

const PURCHASE: &[Field] = &[
    Plain(Quantity::EventCount, 2, 0, 0),
    Plain(Quantity::Credit, 8, 2, 0),
    Plain(Quantity::Credit, 8, 2, 1),
    Plain(Quantity::Balance, 8, 2, 0),
    Status,
];

/// Three prices and the two volumes at which the next one begins.
const PRICES: &[Field] = &[
    Plain(Quantity::Ratio, 6, 2, 1),
    Plain(Quantity::Limit, 6, 0, 1),
    Plain(Quantity::Ratio, 6, 2, 2),
    Plain(Quantity::Limit, 6, 0, 2),
    Plain(Quantity::Ratio, 6, 2, 3),
];

/// The fields behind an identifier, and how many settlement days or freezes back they are. `None` where the
/// identifier carries no readings, or none that is known.
pub(crate) const fn of(identifier: u16, family: Family) -> Option<(&'static [Field], u16)> {
    let heat = matches!(family, Family::Heat);
    match identifier {
        identifier::CURRENT if heat => Some((HEAT, 0)),
        identifier::CURRENT => Some((VOLUME, 0)),
        identifier::CURRENT_HEAT_COOLING => Some((HEAT_COOLING, 0)),
        identifier::CLOCK => Some((&[Clock], 0)),
        identifier::PURCHASE => Some((PURCHASE, 0)),
        identifier::PRICES => Some((PRICES, 0)),
        // A day of the month.
        identifier::SETTLEMENT_DAY => Some((&[Plain(Quantity::Dimensionless, 2, 0, 1)], 0)),
        identifier::READING_DAY => Some((&[Plain(Quantity::Dimensionless, 2, 0, 2)], 0)),
        0xD120..=0xD12B if heat => Some((&[Counter(HeatEnergy, 0)], back(identifier, 0xD120))),
        0xD120..=0xD12B => Some((&[Counter(Volume, 0)], back(identifier, 0xD120))),
        0xD200..=0xD2FF if heat => {
            let fields = &[Counter(HeatEnergy, 0), Counter(CoolingEnergy, 0), Counter(Volume, 0)];
            Some((fields, back(identifier, 0xD200)))
        }
        0xD200..=0xD2FF => Some((&[Counter(Volume, 0)], back(identifier, 0xD200))),
        0xD300..=0xD3FF => Some((FREEZE, back(identifier, 0xD300))),
        0xD400..=0xD4FF => Some((FREEZE, back(identifier, 0xD400))),
        _ => None,
    }
}

const fn back(identifier: u16, last: u16) -> u16 {
    identifier.saturating_sub(last).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_add_up_to_the_lengths_of_the_standard() {
        for (identifier, family, l) in [
            (0x901F, Family::Volume, 0x16),
            (0x901F, Family::Heat, 0x2E),
            (0x911F, Family::Heat, 0x3E),
            (0xD120, Family::Volume, 0x08),
            (0xD200, Family::Heat, 0x12),
            (0xD3FF, Family::Volume, 0x1A),
            (0xD400, Family::Volume, 0x1A),
            (0x8102, Family::Volume, 0x12),
            (0x8103, Family::Volume, 0x04),
            (0x8105, Family::Volume, 0x12),
        ] {
            let (fields, _) = of(identifier, family).unwrap();
            let len: usize = fields.iter().map(|field| field.len()).sum();
            assert_eq!(len + 3, l, "{identifier:04x}");
        }
    }

    #[test]
    fn history_counts_from_the_last_settlement_day() {
        assert_eq!(of(0xD120, Family::Volume).unwrap().1, 1);
        assert_eq!(of(0xD12B, Family::Volume).unwrap().1, 12);
        assert_eq!(of(0xD2FF, Family::Heat).unwrap().1, 256);
    }
}
