//! DI, the data identifier, and the order of its two bytes.

/// The order in which a meter sends the two bytes of the identifier. The field has both; an answer keeps the
/// request's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DiOrder {
    /// `90 1F`.
    #[default]
    HighFirst,
    /// `1F 90`.
    LowFirst,
}

impl DiOrder {
    /// The two bytes in this order.
    pub const fn wire(self, identifier: u16) -> [u8; 2] {
        match self {
            Self::HighFirst => identifier.to_be_bytes(),
            Self::LowFirst => identifier.to_le_bytes(),
        }
    }
}

/// Current data.
pub const CURRENT: u16 = 0x901F;
/// Current data of a meter for heat and cooling (2018).
pub const CURRENT_HEAT_COOLING: u16 = 0x911F;
/// The clock (2018).
pub const CLOCK: u16 = 0x907F;
/// The prices and the volumes that separate them.
pub(crate) const PRICES: u16 = 0x8102;
/// The day on which a month's usage is settled.
pub(crate) const SETTLEMENT_DAY: u16 = 0x8103;
/// The day on which the meter is read.
pub(crate) const READING_DAY: u16 = 0x8104;
/// The purchases of a prepaid meter.
pub(crate) const PURCHASE: u16 = 0x8105;
/// The version of the key.
pub(crate) const KEY_VERSION: u16 = 0x8106;
/// The address.
pub(crate) const ADDRESS: u16 = 0x810A;
/// Write the clock.
pub(crate) const WRITE_CLOCK: u16 = 0xA015;
/// Open or close the valve.
pub(crate) const VALVE: u16 = 0xA017;

/// The identifier and its order. High byte first unless only the other order gives a known one.
pub(crate) const fn read(wire: [u8; 2]) -> (u16, DiOrder) {
    let (high_first, low_first) = (u16::from_be_bytes(wire), u16::from_le_bytes(wire));
    if !is_known(high_first) && is_known(low_first) {
        (low_first, DiOrder::LowFirst)
    } else {
        (high_first, DiOrder::HighFirst)
    }
}

/// Whether the 2004 or the 2018 standard names it.
pub(crate) const fn is_known(identifier: u16) -> bool {
    matches!(
        identifier,
        CURRENT
            | CURRENT_HEAT_COOLING
            | CLOCK
            | PRICES..=KEY_VERSION
            | ADDRESS
            | 0xA010..=0xA019
            | 0xA101..=0xA107
            | 0xD120..=0xD12B
            | 0xD200..=0xD4FF
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_order_names_the_same_data() {
        assert_eq!(read([0x90, 0x1F]), (CURRENT, DiOrder::HighFirst));
        assert_eq!(read([0x1F, 0x90]), (CURRENT, DiOrder::LowFirst));
        assert_eq!(read([0x2B, 0xD1]), (0xD12B, DiOrder::LowFirst));
        assert_eq!(read([0x12, 0x34]), (0x1234, DiOrder::HighFirst));
        for order in [DiOrder::HighFirst, DiOrder::LowFirst] {
            assert_eq!(read(order.wire(ADDRESS)), (ADDRESS, order));
        }
    }
}
