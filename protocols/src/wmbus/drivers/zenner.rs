//! Zenner's water meters of version 0B: two indexes behind the maker's mark.
//!
//! ```text
//! behind 0F   5 index of the due date 4 | 9 index 4, both in 1/256 l
//!
//! 1/256 l is 3906250 × 10^-12 m3, and so exact
//! ```

use super::{Driver, MakersPlace, Source, as_they_are, value};

/// ZRI.
pub(super) const DRIVERS: &[Driver] = &[Driver {
    maker: 0x6A49,
    models: &[(0x0B, 0x16)],
    place: MakersPlace::Tail,
    prepare: as_they_are,
    pieces: &[
        value(&[0x07, 0x90, 0x70], Source::Times { at: 8, length: 4, factor: 3_906_250 }),
        value(&[0x47, 0x90, 0x70], Source::Times { at: 4, length: 4, factor: 3_906_250 }),
    ],
}];

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};

    #[test]
    fn a_water_meter() {
        let payload = [0x7A, 1, 0, 0, 0, 0x0F, 0, 0, 0, 0, 0x00, 0xE8, 0x03, 0, 0x80, 0xE8, 0x03, 0];
        assert_eq!(lines(&read("ZRI", 0x0B, 0x16, &payload)), ["volume 1.0005 m3 0", "volume 1 m3 1"]);
    }
}
