//! BMeters' Hydrodigit water meters: what flowed backwards, and the index at the end of each month.
//!
//! ```text
//! behind 0F   content 1 | [01 battery 1] [02 fraud date 3, kind 1] [04 leak date 3] [08 ? 1] [80 backflow 4, l]
//!                       | [10 months: 12 × 3, 10 l, FFFFFF none]
//! ```
//!
//! The months are those of the calendar: storage 1 is the end of the last January. The battery's code and the dates
//! aren't read: no two sources agree on them.

use super::{Driver, Place, Source, Telegram, value};

const fn of(version: &'static [(u8, u8)]) -> Driver {
    Driver {
        maker: 0x09B4,
        models: version,
        place: Place::Tail,
        prepare: backflow_and_months,
        pieces: const {
            &[
                value(&[0x04, 0x93, 0x3C], Source::Bytes(0, 4)),
                value(&[0x43, 0x14], Source::Bytes(4, 3)),
                value(&[0x83, 0x01, 0x14], Source::Bytes(7, 3)),
                value(&[0xC3, 0x01, 0x14], Source::Bytes(10, 3)),
                value(&[0x83, 0x02, 0x14], Source::Bytes(13, 3)),
                value(&[0xC3, 0x02, 0x14], Source::Bytes(16, 3)),
                value(&[0x83, 0x03, 0x14], Source::Bytes(19, 3)),
                value(&[0xC3, 0x03, 0x14], Source::Bytes(22, 3)),
                value(&[0x83, 0x04, 0x14], Source::Bytes(25, 3)),
                value(&[0xC3, 0x04, 0x14], Source::Bytes(28, 3)),
                value(&[0x83, 0x05, 0x14], Source::Bytes(31, 3)),
                value(&[0xC3, 0x05, 0x14], Source::Bytes(34, 3)),
                value(&[0x83, 0x06, 0x14], Source::Bytes(37, 3)),
            ]
        },
    }
}

/// BMT.
pub(super) const DRIVERS: &[Driver] = &[of(&[
    (0x13, 0x06),
    (0x13, 0x07),
    (0x15, 0x06),
    (0x15, 0x07),
    (0x17, 0x06),
    (0x17, 0x07),
    (0x1E, 0x06),
    (0x1E, 0x07),
])];

/// Backflow, and behind it the months where there are any.
fn backflow_and_months(tail: &[u8], _: &Telegram<'_>) -> Option<Vec<u8>> {
    let (content, mut rest) = tail.split_first()?;
    for (bit, length) in [(0x01, 1), (0x02, 4), (0x04, 3), (0x08, 1)] {
        if content & bit != 0 {
            rest = rest.get(length..)?;
        }
    }
    if content & 0x80 == 0 {
        return None;
    }
    let (backflow, months) = rest.split_at_checked(4)?;
    let mut values = backflow.to_vec();
    if content & 0x10 != 0 {
        for month in months.get(..36)?.chunks_exact(3) {
            // The most negative number is the standard's "none".
            values.extend_from_slice(if month == [0xFF; 3] { &[0, 0, 0x80] } else { month });
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};

    #[test]
    fn backflow_and_twelve_months() {
        let mut payload = vec![0x7A, 1, 0, 0, 0, 0x0F, 0x90, 7, 0, 0, 0, 0xA4, 5, 0, 0xFF, 0xFF, 0xFF];
        payload.extend_from_slice(&[0; 30]);
        let lines = lines(&read("BMT", 0x13, 7, &payload));
        assert_eq!(lines.len(), 13);
        assert_eq!(lines[..3], ["reverse_volume 0.007 m3 0", "volume 14.44 m3 1", "volume m3 2"]);
    }
}
