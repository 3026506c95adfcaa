//! Apator's E.ITN 30 heat cost allocators, behind code B6.
//!
//! ```text
//! 0 length n | n bytes | 0 begin of season 2 | 4 last season 2 | 6 date of opening | 8 this season 2
//!                      | 10 date 2 | 12 room temperature before 2 | 14 room temperature 2
//!
//! temperatures in 1/256 °C: 1/256 is 390625 × 10^-8, and so exact
//! ```

use super::{Driver, MakersPlace, Prepared, Source, Telegram, value};

const fn of(maker: u16) -> Driver {
    Driver {
        maker,
        models: &[(0x04, 0x08)],
        place: MakersPlace::Code,
        prepare: behind_the_length,
        pieces: const {
            &[
                value(&[0x02, 0x6E], Source::Bytes(8, 2)),
                value(&[0x42, 0x6E], Source::Bytes(4, 2)),
                value(&[0x02, 0x6C], Source::PackedDate(10)),
                value(&[0x07, 0xE5, 0x70], Source::Times { at: 14, length: 2, factor: 390_625 }),
                value(&[0x47, 0xE5, 0x70], Source::Times { at: 12, length: 2, factor: 390_625 }),
            ]
        },
    }
}

/// APT, and APA.
pub(super) const DRIVERS: &[Driver] = &[of(0x0614), of(0x0601)];

fn behind_the_length<'a>(payload: &'a [u8], _: &Telegram<'_>) -> Option<Prepared<'a>> {
    let begin = usize::from(*payload.first()?).checked_add(1)?;
    let values = payload.get(begin..)?;
    (values.len() == 16).then(|| Prepared::kept(begin, values))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};

    #[test]
    fn an_allocator() {
        let payload = [0xB6, 1, 0xFF, 0, 0, 0, 0, 89, 0, 0, 0, 7, 0, 0x32, 0x2D, 0x40, 0x14, 0x80, 0x15];
        let lines = lines(&read("APT", 4, 8, &payload));
        let expect = [
            "heat_cost_allocation 7 1 0",
            "heat_cost_allocation 89 1 1",
            "date 0 2022-09-18",
            "external_temperature 21.5 Cel 0",
            "external_temperature 20.25 Cel 1",
        ];
        assert_eq!(lines, expect);
    }
}
