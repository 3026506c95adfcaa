//! Techem: radio meters for heat and water and heat cost allocators, which send the last billing period and the
//! running one.
//!
//! ```text
//! behind the code   0  1       3          5       7          9
//!                   ?  date 2  value      date 2  value      temperatures (allocators)
//!                      └ end of the last period ┘ └ since then ┘
//!
//! compact V         3 and 7: three bytes, kWh
//! vario 4           3 and 7: two bytes, MJ
//! MK radio 3        3 and 7: two bytes, 0.1 m3
//! MK radio 3a       2 date 2, 4 index 2 (0.1 m3); 8, 11, … two halves of a month each, one byte
//! FHKV data III     3 and 7: two bytes, units; 9 room and 11 radiator, 0.01 °C (models 6A, 94: one byte later)
//! ```
//!
//! The meter's index is the sum of both periods, an allocator begins anew. The date of the running period has no
//! year and isn't read.

use super::{Driver, MakersPlace, Piece, Source, as_they_are, usage, value};

/// TCH.
pub(super) const MAKER: u16 = 0x5068;

const END_OF_PERIOD: Piece = value(&[0x42, 0x6C], Source::PackedDate(1));

const fn behind_a_code(models: &'static [(u8, u8)], pieces: &'static [Piece]) -> Driver {
    Driver { maker: MAKER, models, place: MakersPlace::Code, prepare: as_they_are, pieces }
}

const fn month(head: &'static [u8], at: usize) -> Piece {
    usage(head, Source::Sum { first: at, second: at.wrapping_add(1), length: 1 })
}

pub(super) const DRIVERS: &[Driver] = &[
    behind_a_code(
        &[(0x39, 0x43), (0x45, 0x43), (0x22, 0x43), (0x39, 0x04), (0x45, 0x04), (0x22, 0x04)],
        &[
            value(&[0x04, 0x06], Source::Sum { first: 3, second: 7, length: 3 }),
            END_OF_PERIOD,
            value(&[0x44, 0x06], Source::Unsigned(3, 3)),
            usage(&[0x04, 0x06], Source::Unsigned(7, 3)),
        ],
    ),
    behind_a_code(
        &[(0x27, 0xC3), (0x27, 0x04)],
        &[
            value(&[0x04, 0x0E], Source::Sum { first: 3, second: 7, length: 2 }),
            END_OF_PERIOD,
            value(&[0x44, 0x0E], Source::Unsigned(3, 2)),
            usage(&[0x04, 0x0E], Source::Unsigned(7, 2)),
        ],
    ),
    behind_a_code(
        &[(0x74, 0x62), (0x74, 0x72), (0x95, 0x62), (0x95, 0x72), (0x70, 0x62), (0x70, 0x72)],
        &[
            value(&[0x04, 0x15], Source::Sum { first: 3, second: 7, length: 2 }),
            END_OF_PERIOD,
            value(&[0x44, 0x15], Source::Unsigned(3, 2)),
            usage(&[0x04, 0x15], Source::Unsigned(7, 2)),
        ],
    ),
    behind_a_code(
        &[(0x50, 0x62), (0x50, 0x72)],
        &[
            value(&[0x02, 0x6C], Source::PackedDate(2)),
            value(&[0x04, 0x15], Source::Unsigned(4, 2)),
            month(&[0x44, 0x15], 8),
            month(&[0x84, 0x01, 0x15], 11),
            month(&[0xC4, 0x01, 0x15], 14),
            month(&[0x84, 0x02, 0x15], 17),
            month(&[0xC4, 0x02, 0x15], 20),
            month(&[0x84, 0x03, 0x15], 23),
            month(&[0xC4, 0x03, 0x15], 26),
            month(&[0x84, 0x04, 0x15], 29),
            month(&[0xC4, 0x04, 0x15], 32),
            month(&[0x84, 0x05, 0x15], 35),
            month(&[0xC4, 0x05, 0x15], 38),
            month(&[0x84, 0x06, 0x15], 41),
        ],
    ),
    behind_a_code(
        &[(0x69, 0x80)],
        &[
            value(&[0x02, 0x6E], Source::Bytes(7, 2)),
            END_OF_PERIOD,
            value(&[0x42, 0x6E], Source::Bytes(3, 2)),
            value(&[0x02, 0x65], Source::Bytes(9, 2)),
            value(&[0x02, 0x59], Source::Bytes(11, 2)),
        ],
    ),
    behind_a_code(
        &[(0x94, 0x80), (0x6A, 0x80)],
        &[
            value(&[0x02, 0x6E], Source::Bytes(7, 2)),
            END_OF_PERIOD,
            value(&[0x42, 0x6E], Source::Bytes(3, 2)),
            value(&[0x02, 0x65], Source::Bytes(10, 2)),
            value(&[0x02, 0x59], Source::Bytes(12, 2)),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};

    #[test]
    fn a_heat_meter() {
        // 31.12.2021, 100000 kWh at its end, 2345 kWh since.
        let frame = read("TCH", 0x39, 0x43, &[0xA2, 0, 0x9F, 0x2B, 0xA0, 0x86, 0x01, 0, 0x29, 0x09, 0, 0]);
        let expect = [
            "energy 102345000 Wh 0",
            "date 1 2021-12-31",
            "energy 100000000 Wh 1 2021-12-31",
            "interval_usage 2345000 Wh 0",
        ];
        assert_eq!(lines(&frame), expect);
    }

    #[test]
    fn a_heat_meter_that_counts_joules() {
        let frame = read("TCH", 0x27, 0xC3, &[0xA2, 0, 0x9F, 0x2B, 0xE8, 0x03, 0, 0, 0x05, 0]);
        assert_eq!(lines(&frame)[0], "energy 1005000000 J 0");
    }

    #[test]
    fn a_water_meter() {
        let frame = read("TCH", 0x74, 0x62, &[0xA2, 0, 0x9F, 0x2B, 0xE8, 0x03, 0, 0, 0x05, 0]);
        assert_eq!(lines(&frame)[0], "volume 100.5 m3 0");
        // Device type 62 is Techem's own for hot water.
        assert_eq!(frame.records[0].obis, Some(metering::Obis::new(9, 0, 1, 0, 0)));
    }

    #[test]
    fn a_heat_cost_allocator() {
        let payload = [0xA0, 0, 0x9F, 0x2B, 0x0A, 0, 0, 0, 0x07, 0, 0xD0, 0x07, 0xB8, 0x0B];
        let frame = read("TCH", 0x69, 0x80, &payload);
        let values: Vec<_> = lines(&frame);
        assert_eq!(values[0], "heat_cost_allocation 7 1 0");
        assert_eq!(values[2], "heat_cost_allocation 10 1 1 2021-12-31");
        assert_eq!(values[3], "external_temperature 20 Cel 0");
        assert_eq!(values[4], "flow_temperature 30 Cel 0");
    }

    #[test]
    fn a_short_payload_gives_what_it_holds() {
        let frame = read("TCH", 0x39, 0x43, &[0xA2, 0, 0x9F, 0x2B]);
        assert_eq!(lines(&frame), ["date 1 2021-12-31"]);
    }
}
