//! Diehl's Hydrus, short telegram of walk-by reading: three records in the clear under a security mode of the maker's
//! (29), which says nothing of what is encrypted.
//!
//! ```text
//! 04 13 | index 4, l | 42 6C | due date (type G) | 44 13 | index of the due date 4, l
//! ```
//!
//! Deliberately absent: telegrams of that mode that are scrambled ("real data"). Only this form is taken for clear.

use super::{DME, Driver, HYD, MakersPlace, Prepared, Source, Telegram, value};

const fn of(maker: u16) -> Driver {
    Driver {
        maker,
        models: &[],
        place: MakersPlace::Payload,
        prepare: in_clear,
        pieces: const {
            &[
                value(&[0x04, 0x13], Source::Bytes(2, 4)),
                value(&[0x42, 0x6C], Source::Bytes(8, 2)),
                value(&[0x44, 0x13], Source::Bytes(12, 4)),
            ]
        },
    }
}

pub(super) const DRIVERS: &[Driver] = &[of(HYD), of(DME)];

fn in_clear<'a>(payload: &'a [u8], _: &Telegram<'_>) -> Option<Prepared<'a>> {
    match payload {
        [0x04, 0x13, _, _, _, _, 0x42, 0x6C, _, _, 0x44, 0x13, _, _, _, _] => {
            Some(Prepared::kept(0, payload))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};

    const CLEAR: [u8; 16] =
        [0x04, 0x13, 0x40, 0xE2, 0x01, 0, 0x42, 0x6C, 0x5F, 0x2C, 0x44, 0x13, 0xE8, 0x03, 0, 0];

    #[test]
    fn a_water_meter() {
        let frame = read("HYD", 0x60, 0x20, &[&[0x7A, 1, 0, 0, 0x7D][..], &CLEAR].concat());
        assert_eq!(lines(&frame), ["volume 123.456 m3 0", "date 1 2018-12-31", "volume 1 m3 1 2018-12-31"]);
        assert!(frame.warnings.is_empty());
    }

    #[test]
    fn what_has_another_form_is_left_to_the_maker() {
        let mut scrambled = CLEAR;
        scrambled[0] ^= 0x55;
        let frame = read("HYD", 0x60, 0x20, &[&[0x7A, 1, 0, 0, 0x7D][..], &scrambled].concat());
        assert!(frame.records.is_empty() && frame.manufacturer_data.is_some());
    }
}
