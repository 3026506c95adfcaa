//! BMeters' RFM-TX1: an index that is masked by the access number, and a time in BCD.
//!
//! ```text
//! telegram   11 access number | 13 security 1006 (the maker's own)
//! payload    2 index, 8 BCD digits, masked | l | 13 s, min, h, day, month, year, two BCD digits each
//! ```
//!
//! The mask is one of sixteen, chosen by the low nibble of the access number, and the access number itself. It hides
//! nothing and checks nothing: the check is that eight digits and a time come out.

use super::{Driver, MakersPlace, Prepared, Source, Telegram, decimal, value};

/// BMT.
pub(super) const DRIVERS: &[Driver] = &[Driver {
    maker: 0x09B4,
    models: &[(0x05, 0x07)],
    place: MakersPlace::Payload,
    prepare: unmask,
    pieces: &[value(&[0x06, 0x6D], Source::Bytes(4, 6)), value(&[0x0C, 0x13], Source::Bytes(0, 4))],
}];

const MASKS: [[u8; 4]; 16] = [
    [0x7A, 0x10, 0x1A, 0x0A],
    [0x70, 0x13, 0x22, 0x13],
    [0xB9, 0x0B, 0x8E, 0x99],
    [0x79, 0x07, 0x4A, 0x16],
    [0x07, 0x9A, 0xCB, 0x69],
    [0x32, 0xA1, 0x39, 0x0E],
    [0x9C, 0x7E, 0x60, 0x99],
    [0xB4, 0xC4, 0x80, 0xA3],
    [0x0A, 0xCE, 0x19, 0x03],
    [0xF0, 0x05, 0xA5, 0x86],
    [0x16, 0x98, 0x11, 0x5E],
    [0x0C, 0xC9, 0x7D, 0xA2],
    [0x4A, 0x48, 0xE4, 0x1F],
    [0x77, 0x2E, 0x8A, 0xE8],
    [0xBD, 0x78, 0x57, 0x8C],
    [0x39, 0x6F, 0x28, 0x05],
];

/// The index as BCD, then the time as type I of the standard.
fn unmask<'a>(payload: &'a [u8], telegram: &Telegram<'_>) -> Option<Prepared<'a>> {
    if telegram.bytes.get(13..15)? != [0x06, 0x10] {
        return None;
    }
    let access = *telegram.bytes.get(11)?;
    let mask = MASKS.get(usize::from(access & 0x0F))?;
    let masked: &[u8; 4] = payload.get(2..)?.first_chunk()?;
    let index: Vec<u8> = masked.iter().zip(mask).map(|(byte, mask)| byte ^ mask ^ access).collect();
    if index.iter().any(|byte| decimal(*byte).is_none()) {
        return None;
    }
    let [second, minute, hour, day, month, year] = *payload.get(13..)?.first_chunk()?;
    let (day, month, year) = (decimal(day)?, decimal(month)?, decimal(year)?);
    let time = [
        decimal(second)?,
        decimal(minute)?,
        decimal(hour)?,
        day | (year & 0x07) << 5,
        month | (year >> 3) << 4,
        0,
    ];
    let mut values = Prepared::kept(2, index);
    values.make(13..19, &time);
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};
    use super::*;

    fn payload(access: u8, index: [u8; 4]) -> Vec<u8> {
        let mut payload = vec![0x7A, access, 0, 0x06, 0x10, 0, 0];
        let mask = MASKS[usize::from(access & 0x0F)];
        payload.extend(index.iter().zip(mask).map(|(byte, mask)| byte ^ mask ^ access));
        payload.extend_from_slice(&[0; 7]);
        payload.extend_from_slice(&[0x59, 0x04, 0x11, 0x31, 0x03, 0x26, 0x11, 0x22]);
        payload
    }

    #[test]
    fn every_mask_gives_the_same_index() {
        for access in [0x10, 0x31, 0xA5, 0xFF] {
            let frame = read("BMT", 0x05, 7, &payload(access, [0x60, 0x85, 0x18, 0x00]));
            let expect = ["time 0 2026-03-31T11:04:59", "volume 188.56 m3 0 2026-03-31T11:04:59"];
            assert_eq!(lines(&frame), expect);
        }
    }

    #[test]
    fn what_gives_no_digits_is_left_to_the_maker() {
        let frame = read("BMT", 0x05, 7, &payload(0x10, [0xF0, 0, 0, 0]));
        assert!(frame.records.is_empty());
        assert!(frame.manufacturer_data.is_some());
    }
}
