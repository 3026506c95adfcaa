//! BFW 240 radio heat cost allocators: eighteen months in one telegram.
//!
//! ```text
//! behind 2F 2F   2 last year, high byte first | 4 this year, high byte first | 8 … 34 eighteen months | 35 date
//!
//! months  twelve bits each, the latest last: three bytes hold (older low) (older high | newer high) (newer low)
//! date    day, month, year, BCD
//! ```

use super::{Driver, MakersPlace, Piece, Prepared, Source, Telegram, value};

/// Months 1 (the latest) to 18 are storage 2 to 19.
pub(super) const DRIVERS: &[Driver] = &[Driver {
    maker: 0x08D7,
    models: &[(0x02, 0x08)],
    place: MakersPlace::Payload,
    prepare: behind_the_fillers,
    pieces: &[
        value(&[0x02, 0x6C], Source::BcdDate(35)),
        value(&[0x02, 0x6E], Source::HighFirst(4)),
        value(&[0x42, 0x6E], Source::HighFirst(2)),
        newer(&[0x82, 0x01, 0x6E], 32),
        older(&[0xC2, 0x01, 0x6E], 32),
        newer(&[0x82, 0x02, 0x6E], 29),
        older(&[0xC2, 0x02, 0x6E], 29),
        newer(&[0x82, 0x03, 0x6E], 26),
        older(&[0xC2, 0x03, 0x6E], 26),
        newer(&[0x82, 0x04, 0x6E], 23),
        older(&[0xC2, 0x04, 0x6E], 23),
        newer(&[0x82, 0x05, 0x6E], 20),
        older(&[0xC2, 0x05, 0x6E], 20),
        newer(&[0x82, 0x06, 0x6E], 17),
        older(&[0xC2, 0x06, 0x6E], 17),
        newer(&[0x82, 0x07, 0x6E], 14),
        older(&[0xC2, 0x07, 0x6E], 14),
        newer(&[0x82, 0x08, 0x6E], 11),
        older(&[0xC2, 0x08, 0x6E], 11),
        newer(&[0x82, 0x09, 0x6E], 8),
        older(&[0xC2, 0x09, 0x6E], 8),
    ],
}];

/// The newer month of the three bytes from `at`.
const fn newer(head: &'static [u8], at: usize) -> Piece {
    value(head, Source::Twelve { high: at.wrapping_add(1), upper: false, low: at.wrapping_add(2) })
}

/// The older month of the three bytes from `at`.
const fn older(head: &'static [u8], at: usize) -> Piece {
    value(head, Source::Twelve { high: at.wrapping_add(1), upper: true, low: at })
}

fn behind_the_fillers<'a>(payload: &'a [u8], _: &Telegram<'_>) -> Option<Prepared<'a>> {
    let values = payload.strip_prefix(&[0x2F, 0x2F])?;
    (values.len() == 38).then(|| Prepared::kept(2, values))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};

    #[test]
    fn an_allocator() {
        let mut payload = vec![0x7A, 1, 0, 0, 0, 0x2F, 0x2F, 0, 0, 0x03, 0xC1, 0x03, 0x88];
        payload.extend_from_slice(&[0; 26]);
        payload.extend_from_slice(&[0xC1, 0x32, 0x1D, 0x28, 0x02, 0x21]);
        let lines = lines(&read("BFW", 2, 8, &payload));
        assert_eq!(lines.len(), 21);
        assert_eq!(lines[0], "date 0 2021-02-28");
        assert_eq!(lines[1], "heat_cost_allocation 904 1 0");
        assert_eq!(lines[2], "heat_cost_allocation 961 1 1");
        assert_eq!(lines[3], "heat_cost_allocation 541 1 2");
        assert_eq!(lines[4], "heat_cost_allocation 961 1 3");
    }
}
