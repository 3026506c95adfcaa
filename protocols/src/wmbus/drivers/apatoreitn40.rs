//! Apator's E.ITN 40 heat cost allocators, behind A0: 27 words of two bytes.
//!
//! ```text
//! word  0 ? | 1 begin of season | 2 radiator, 1/16 °C | 3 room, 1/16 °C | 4 this month | 5 … 19 the 15 months before
//!       20 this season | 21, 22, 23 the three seasons before | 24 date | 25 weekday | 26 seal and sensors
//! ```
//!
//! Versions 09 and 0D send in clear; 0A and 0E are encrypted by the maker's own rule and are handed on as they are.
//! A month is usage, not an index: storage 8 is the running one, 9 the one before it. The season's begin has no year
//! and isn't read.

use super::{Driver, MakersPlace, Prepared, Source, Telegram, usage, value};

const fn of(maker: u16) -> Driver {
    Driver {
        maker,
        models: &[(0x09, 0x08), (0x0D, 0x08)],
        place: MakersPlace::Code,
        prepare: whole,
        pieces: const {
            &[
                value(&[0x02, 0x6C], Source::PackedDate(48)),
                value(&[0x02, 0x6E], Source::Bytes(40, 2)),
                value(&[0x42, 0x6E], Source::Bytes(42, 2)),
                value(&[0x82, 0x01, 0x6E], Source::Bytes(44, 2)),
                value(&[0xC2, 0x01, 0x6E], Source::Bytes(46, 2)),
                value(&[0x04, 0xD9, 0x74], Source::Bytes(54, 4)),
                value(&[0x04, 0xE5, 0x74], Source::Bytes(58, 4)),
                usage(&[0x82, 0x04, 0x6E], Source::Bytes(8, 2)),
                usage(&[0xC2, 0x04, 0x6E], Source::Bytes(10, 2)),
                usage(&[0x82, 0x05, 0x6E], Source::Bytes(12, 2)),
                usage(&[0xC2, 0x05, 0x6E], Source::Bytes(14, 2)),
                usage(&[0x82, 0x06, 0x6E], Source::Bytes(16, 2)),
                usage(&[0xC2, 0x06, 0x6E], Source::Bytes(18, 2)),
                usage(&[0x82, 0x07, 0x6E], Source::Bytes(20, 2)),
                usage(&[0xC2, 0x07, 0x6E], Source::Bytes(22, 2)),
                usage(&[0x82, 0x08, 0x6E], Source::Bytes(24, 2)),
                usage(&[0xC2, 0x08, 0x6E], Source::Bytes(26, 2)),
                usage(&[0x82, 0x09, 0x6E], Source::Bytes(28, 2)),
                usage(&[0xC2, 0x09, 0x6E], Source::Bytes(30, 2)),
                usage(&[0x82, 0x0A, 0x6E], Source::Bytes(32, 2)),
                usage(&[0xC2, 0x0A, 0x6E], Source::Bytes(34, 2)),
                usage(&[0x82, 0x0B, 0x6E], Source::Bytes(36, 2)),
                usage(&[0xC2, 0x0B, 0x6E], Source::Bytes(38, 2)),
            ]
        },
    }
}

/// APT, and APA.
pub(super) const DRIVERS: &[Driver] = &[of(0x0614), of(0x0601)];

/// The words, and behind them radiator and room in 10^-4 °C: a sixteenth is 625 of them, and so exact.
fn whole<'a>(payload: &'a [u8], _: &Telegram<'_>) -> Option<Prepared<'a>> {
    let words: &[u8; 54] = payload.try_into().ok()?;
    let mut values = Prepared::kept(0, payload);
    for place in [4..6, 6..8] {
        let sixteenths = i16::from_le_bytes(words.get(place.clone())?.try_into().ok()?);
        values.make(place, &i32::from(sixteenths).checked_mul(625)?.to_le_bytes());
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};

    #[test]
    fn an_allocator() {
        let mut payload = vec![0xA0; 55];
        payload[1..].fill(0);
        for (word, value) in
            [(2, 0x0148_u16), (3, 0xFFF8), (4, 3), (5, 17), (20, 120), (21, 900), (24, 0x3456)]
        {
            payload[1 + 2 * word..][..2].copy_from_slice(&value.to_le_bytes());
        }
        let lines = lines(&read("APA", 0x0D, 8, &payload));
        let expect = [
            "date 0 2026-02-22",
            "heat_cost_allocation 120 1 0",
            "heat_cost_allocation 900 1 1",
            "heat_cost_allocation 0 1 2",
            "heat_cost_allocation 0 1 3",
            "flow_temperature 20.5 Cel 0",
            "external_temperature -0.5 Cel 0",
            "interval_usage 3 1 8",
            "interval_usage 17 1 9",
        ];
        assert_eq!(lines[..9], expect);
        assert_eq!(lines.len(), 23);
    }

    #[test]
    fn an_encrypted_version_is_left_to_the_maker() {
        let frame = read("APA", 0x0E, 8, &[0xA0; 55]);
        assert!(frame.records.is_empty() && frame.manufacturer_data.is_some());
    }
}
