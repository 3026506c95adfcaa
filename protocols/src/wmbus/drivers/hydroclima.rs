//! BMeters' Hydroclima 2 heat cost allocators: temperatures and due dates behind the maker's mark.
//!
//! ```text
//! behind 0F   9 heater | 11 room | 13 room, maximum | 17 heater, last month | 19 room, last month
//!             21, 23, 25, 27 units of the last four due dates | 29, 31, 33 room at the last three | 44 all units
//!
//! temperatures 0.01 °C, two bytes; 8000 none
//! ```

use super::{Driver, MakersPlace, Source, as_they_are, value};

/// BMP, version 85.
pub(super) const DRIVERS: &[Driver] = &[Driver {
    maker: 0x09B0,
    models: &[(0x85, 0x08)],
    place: MakersPlace::Tail,
    prepare: as_they_are,
    pieces: &[
        value(&[0x02, 0x59], Source::Bytes(9, 2)),
        value(&[0x02, 0x65], Source::Bytes(11, 2)),
        value(&[0x12, 0x65], Source::Bytes(13, 2)),
        value(&[0x42, 0x59], Source::Bytes(17, 2)),
        value(&[0x42, 0x65], Source::Bytes(19, 2)),
        value(&[0x82, 0x04, 0x6E], Source::Bytes(21, 2)),
        value(&[0xC2, 0x04, 0x6E], Source::Bytes(23, 2)),
        value(&[0x82, 0x05, 0x6E], Source::Bytes(25, 2)),
        value(&[0xC2, 0x05, 0x6E], Source::Bytes(27, 2)),
        value(&[0x82, 0x04, 0x65], Source::Bytes(29, 2)),
        value(&[0xC2, 0x04, 0x65], Source::Bytes(31, 2)),
        value(&[0x82, 0x05, 0x65], Source::Bytes(33, 2)),
        value(&[0x82, 0x40, 0x6E], Source::Bytes(44, 2)),
    ],
}];

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};

    #[test]
    fn an_allocator() {
        let mut payload = vec![0x7A, 1, 0, 0, 0, 0x0F];
        payload.extend_from_slice(&[0; 9]);
        payload.extend_from_slice(&[0xD0, 0x07, 0x98, 0x08, 0x00, 0x80]);
        let lines = lines(&read("BMP", 0x85, 8, &payload));
        let expect = [
            "flow_temperature 20 Cel 0",
            "external_temperature 22 Cel 0",
            "external_temperature maximum Cel 0",
        ];
        assert_eq!(lines, expect);
    }
}
