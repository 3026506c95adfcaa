//! Apator's NA-1 water meters: index and time of now, and the difference to the last kept one, behind A0 and A1.
//!
//! ```text
//! access number 1 | status 1 | AES-CBC: 16 bytes, IV = maker, address, access number × 8
//!
//! in clear   0 2F | 1 3-0 lowest nibble, 5-4 power of ten of all volumes | 2 the nibbles above, 3 bytes | l
//!            5 seconds since 2000, 4 | 9 age of the kept index, h, low byte
//!            10 7-2 high bits of the age, 1-0 lowest two bits of the difference | 11 the bits above, 3 bytes
//!            14 state now | 15 state then
//! state      7 least flow, 6 greatest flow, 5 reverse, 4 standstill, 3 leak, 2 removed, 1 magnet, 0 battery
//! ```
//!
//! Meters leave the factory with a key of zeros. A key that the caller gives is tried first; the check is 2F and that
//! the kept index is not above the index of now. The state of now is handed on as `error_flags`.

use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, Span};

use super::super::crypto::{self, Key};
use super::{Driver, MakersPlace, Prepared, Source, Telegram, number, value};

/// APA.
pub(super) const DRIVERS: &[Driver] = &[Driver {
    maker: 0x0601,
    models: &[(0x14, 0x07)],
    place: MakersPlace::Code,
    prepare: open,
    pieces: &[
        // Behind the 16 bytes in clear stands what `with_key` makes of them.
        value(&[0x06, 0x6D], Source::Bytes(16, 6)),
        value(&[0x07, 0x13], Source::Bytes(22, 8)),
        value(&[0x46, 0x6D], Source::Bytes(30, 6)),
        value(&[0x47, 0x13], Source::Bytes(36, 8)),
        value(&[0x42, 0x76], Source::Bytes(44, 2)),
        value(&[0x01, 0xFD, 0x17], Source::Bytes(14, 1)),
    ],
}];

fn open<'a>(payload: &'a [u8], telegram: &Telegram<'_>) -> Option<Prepared<'a>> {
    let given = telegram.key.and_then(|key| Key::try_from(key).ok());
    given.into_iter().chain([[0; 16]]).find_map(|key| with_key(&key, payload, telegram.bytes))
}

/// The bytes in clear, then time 6, index 8, kept time 6, kept index 8, age 2.
fn with_key<'a>(key: &Key, payload: &'a [u8], telegram: &[u8]) -> Option<Prepared<'a>> {
    let (access, _status, sealed) = match payload {
        [access, status, sealed @ ..] => (*access, *status, sealed),
        _ => return None,
    };
    let mut iv = [access; 16];
    iv.iter_mut().zip(telegram.get(2..10)?).for_each(|(to, from)| *to = *from);
    let mut clear: [u8; 16] = *sealed.first_chunk()?;
    crypto::cbc(key, &iv, &mut clear);
    let [0x2F, low, _, _, _, _, _, _, _, age, both, ..] = clear else { return None };
    let factor = 10_u64.pow(u32::from(low >> 4 & 0x03));
    let index = u64::from(number(&clear, 2, 3)?) << 4 | u64::from(low & 0x0F);
    let since = u64::from(number(&clear, 11, 3)?) << 2 | u64::from(both & 0x03);
    let age = i64::from(both >> 2) << 8 | i64::from(age);
    let now = date(2000, 1, 1)
        .at(0, 0, 0, 0)
        .checked_add(SignedDuration::from_secs(i64::from(number(&clear, 5, 4)?)))
        .ok()?;
    let then = now.checked_sub(Span::new().try_hours(age).ok()?).ok()?;
    // Two bytes in front: access number and status.
    let mut values = Prepared::kept(2, clear.to_vec());
    values.make(7..11, &type_i(now)?);
    values.make(3..7, &index.checked_mul(factor)?.to_le_bytes());
    values.make(7..13, &type_i(then)?);
    values.make(12..16, &index.checked_sub(since)?.checked_mul(factor)?.to_le_bytes());
    values.make(11..13, &u16::try_from(age).ok()?.to_le_bytes());
    Some(values)
}

/// A time with seconds as the standard has it (EN 13757-3, annex A, type I).
fn type_i(time: DateTime) -> Option<[u8; 6]> {
    let byte = |value: i8| u8::try_from(value).ok();
    let year = u8::try_from(time.year().checked_sub(2000)?).ok()?;
    Some([
        byte(time.second())?,
        byte(time.minute())?,
        byte(time.hour())?,
        byte(time.day())? | (year & 0x07) << 5,
        byte(time.month())? | (year >> 3) << 4,
        0,
    ])
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};
    use super::*;

    /// Index 123,456 l, 1,001 l more than 300 hours ago; 2026-02-28 12:00:30.
    const CLEAR: [u8; 16] = {
        let seconds = 825_595_230_u32.to_le_bytes();
        let [a, b, c, d] = seconds;
        [0x2F, 0x00, 0x24, 0x1E, 0x00, a, b, c, d, 0x2C, 0x01 << 2 | 0x01, 0xFA, 0x00, 0x00, 0x08, 0]
    };

    fn sealed(key: &Key) -> Vec<u8> {
        let mut iv = [0x42; 16];
        iv[..8].copy_from_slice(&[0x01, 0x06, 0x78, 0x56, 0x34, 0x12, 0x14, 0x07]);
        let mut bytes = CLEAR;
        crypto::cbc_encrypt(key, &iv, &mut bytes);
        [&[0xA0, 0x42, 0x01][..], &bytes].concat()
    }

    #[test]
    fn the_key_of_the_factory() {
        let frame = read("APA", 0x14, 7, &sealed(&[0; 16]));
        let expect = [
            "time 0 2026-02-28T12:00:30",
            "volume 123.456 m3 0 2026-02-28T12:00:30",
            "time 1 2026-02-16T00:00:30",
            "volume 122.455 m3 1 2026-02-16T00:00:30",
            "actuality_duration 300 h 1 2026-02-16T00:00:30",
            "error_flags 8 1 0 2026-02-28T12:00:30",
        ];
        assert_eq!(lines(&frame), expect);
    }

    #[test]
    fn another_key_leaves_the_bytes_to_the_maker() {
        let frame = read("APA", 0x14, 7, &sealed(&[9; 16]));
        assert!(frame.records.is_empty());
        assert!(frame.manufacturer_data.is_some());
    }
}
