//! BMeters' Hydrodigit water meters: battery, dates of fraud and leak, what flowed backwards, and the index at the end
//! of each month.
//!
//! ```text
//! behind 0F   content 1 | [01 battery 1] [02 fraud: kind 1, date 3] [80 leak: date 3] [04 backflow 4, l]
//!                       | [10 months: 12 × 3, 10 l, FFFFFF none]
//! ```
//!
//! Each part is there when its bit of the content is set, in this order. The months are those of the calendar: storage
//! 1 is the end of the last January. The battery's low nibble is a voltage of a table. The dates of fraud and leak
//! aren't read: no two sources agree on them.

use std::ops::Range;

use metering::Quantity;

use super::{Driver, MakersPlace, Prepared, Source, Telegram, named, value};

const fn of(version: &'static [(u8, u8)]) -> Driver {
    Driver {
        maker: 0x09B4,
        models: version,
        place: MakersPlace::Tail,
        prepare: parts,
        pieces: const {
            &[
                named(Quantity::BatteryVoltage, &[0x02, 0xFD, 0x47], Source::Optional(0, 2)),
                value(&[0x04, 0x93, 0x3C], Source::Optional(3, 4)),
                value(&[0x43, 0x14], Source::Bytes(8, 3)),
                value(&[0x83, 0x01, 0x14], Source::Bytes(11, 3)),
                value(&[0xC3, 0x01, 0x14], Source::Bytes(14, 3)),
                value(&[0x83, 0x02, 0x14], Source::Bytes(17, 3)),
                value(&[0xC3, 0x02, 0x14], Source::Bytes(20, 3)),
                value(&[0x83, 0x03, 0x14], Source::Bytes(23, 3)),
                value(&[0xC3, 0x03, 0x14], Source::Bytes(26, 3)),
                value(&[0x83, 0x04, 0x14], Source::Bytes(29, 3)),
                value(&[0xC3, 0x04, 0x14], Source::Bytes(32, 3)),
                value(&[0x83, 0x05, 0x14], Source::Bytes(35, 3)),
                value(&[0xC3, 0x05, 0x14], Source::Bytes(38, 3)),
                value(&[0x83, 0x06, 0x14], Source::Bytes(41, 3)),
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

/// Hundredths of a volt by the battery's nibble.
const VOLTAGES: [u16; 16] = [370, 190, 210, 220, 230, 240, 250, 265, 280, 290, 305, 320, 335, 350, 370, 370];

/// Battery 2 and backflow 4, each behind a byte that says whether it is there, then the months.
fn parts<'a>(tail: &'a [u8], _: &Telegram<'_>) -> Option<Prepared<'a>> {
    let content = *tail.first()?;
    let mut end = 1_usize;
    let mut part = |bit: u8, length: usize| {
        if content & bit == 0 {
            return Some(None);
        }
        let place = end..end.checked_add(length)?;
        end = place.end;
        Some(Some((place.clone(), tail.get(place)?)))
    };
    let battery = part(0x01, 1)?;
    let _fraud = part(0x02, 4)?;
    let _leak = part(0x80, 3)?;
    let backflow = part(0x04, 4)?;
    let months = part(0x10, 36)?;
    let voltage = |code: u8| VOLTAGES.get(usize::from(code & 0x0F)).map(|volts| volts.to_le_bytes());
    let voltage = battery.and_then(|(place, code)| Some((place, voltage(*code.first()?)?)));
    let mut values = Prepared::blank();
    offer(&mut values, voltage.as_ref().map(|(place, volts)| (place.clone(), volts.as_slice())), &[0; 3]);
    offer(&mut values, backflow, &[0; 5]);
    let (months_at, months) = months.unwrap_or_default();
    for (at, month) in (months_at.start..).step_by(3).zip(months.chunks_exact(3)) {
        // The most negative number is the standard's "none".
        let month = if month == [0xFF; 3] { &[0, 0, 0x80] } else { month };
        values.make(at..at.saturating_add(3), month);
    }
    Some(values)
}

/// Adds a value behind a byte that says that it is there, or what says that it is not.
fn offer(values: &mut Prepared<'_>, value: Option<(Range<usize>, &[u8])>, none: &[u8]) {
    let Some((place, bytes)) = value else { return values.make(0..0, none) };
    values.make(0..0, &[1]);
    values.make(place, bytes);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};

    fn tail(tail: &[u8]) -> Vec<String> {
        lines(&read("BMT", 0x13, 7, &[&[0x7A, 1, 0, 0, 0, 0x0F], tail].concat()))
    }

    #[test]
    fn battery_leak_backflow_and_twelve_months() {
        let mut bytes = vec![0x95, 0x0A, 0x24, 0x04, 0x25, 7, 0, 0, 0, 0xA4, 5, 0, 0xFF, 0xFF, 0xFF];
        bytes.extend_from_slice(&[0; 30]);
        let lines = tail(&bytes);
        assert_eq!(lines.len(), 14);
        let expect =
            ["battery_voltage 3.05 V 0", "reverse_volume 0.007 m3 0", "volume 14.44 m3 1", "volume m3 2"];
        assert_eq!(lines[..4], expect);
    }

    #[test]
    fn each_part_stands_only_where_its_bit_is_set() {
        assert_eq!(tail(&[0x05, 0x0B, 1, 0, 0, 0]), ["battery_voltage 3.2 V 0", "reverse_volume 0.001 m3 0"]);
        assert_eq!(tail(&[0x04, 2, 0, 0, 0]), ["reverse_volume 0.002 m3 0"]);
        assert_eq!(tail(&[0x03, 0, 0, 0, 0, 0]), ["battery_voltage 3.7 V 0"]);
        assert_eq!(tail(&[0x14, 1, 0]), Vec::<String>::new());
    }
}
