//! Diehl's PRIOS (IZAR, Sappel, Hydrometer): a water meter's index and that of its due date, scrambled.
//!
//! ```text
//! behind the code   0 transmit period 3-0, alarms | 1 battery 4-0 (half years), alarms | 2, 3 | 4 … scrambled
//! in clear          0 4B | 1 index 4 (l) | 5 index of the due date 4 (l) | 9 due date (type G)
//!
//! key = the two halves of eight bytes ⊕ maker and address ⊕ the code and 0 to 2, 32 bits; a shift register with
//! the taps 1, 2, 11, 31, eight steps a byte
//! ```
//!
//! Scrambling isn't encryption: two keys open nearly every meter and are publicly known. The check is the byte 4B,
//! one in 256 of any: only these makers' telegrams are tried. A key that the caller gives (8 or 16 bytes, the first
//! eight count) is tried first.

use super::{DME, Driver, EWT, HYD, MakersPlace, Prepared, Source, Telegram, value};

/// The keys that meters leave the factory with.
const KEYS: [[u8; 8]; 2] =
    [[0x39, 0xBC, 0x8A, 0x10, 0xE6, 0x6D, 0x83, 0xF8], [0x51, 0x72, 0x89, 0x10, 0xE6, 0x6D, 0x83, 0xF8]];

/// What is scrambled begins here.
const SCRAMBLED: usize = 4;

const fn of(maker: u16) -> Driver {
    Driver {
        maker,
        models: &[],
        place: MakersPlace::Code,
        prepare: unscramble,
        pieces: const {
            &[
                value(&[0x04, 0x13], Source::Bytes(1, 4)),
                value(&[0x42, 0x6C], Source::Bytes(9, 2)),
                value(&[0x44, 0x13], Source::Bytes(5, 4)),
                // Behind the bytes in clear stand tenths of years and seconds, see `unscramble`.
                value(&[0x02, 0xFD, 0xEF, 0x75], Source::Bytes(11, 2)),
                value(&[0x02, 0xFD, 0x3C], Source::Bytes(13, 2)),
            ]
        },
    }
}

/// SAP, whose device types are its own.
pub(super) const SAPPEL: u16 = 0x4C30;

pub(super) const DRIVERS: &[Driver] = &[of(DME), of(SAPPEL), of(HYD), of(EWT)];

/// The eleven bytes in clear, then the battery's remaining life in tenths of years and the transmit period in
/// seconds, both of two bytes.
fn unscramble<'a>(payload: &'a [u8], telegram: &Telegram<'_>) -> Option<Prepared<'a>> {
    let given = telegram.key.and_then(|key| key.first_chunk::<8>()).copied();
    let scrambled = payload.get(SCRAMBLED..)?;
    let mut clear = given.into_iter().chain(KEYS).find_map(|key| with_key(key, scrambled, telegram.bytes))?;
    let [period, battery] = *payload.first_chunk()?;
    clear.truncate(11);
    if clear.len() < 11 {
        return None;
    }
    let tenths = u16::from(battery & 0x1F).checked_mul(5)?;
    let seconds = 4_u16.checked_shl(u32::from(period & 0x0F)).filter(|_| period & 0x0F < 14)?;
    let mut values = Prepared::kept(SCRAMBLED, clear);
    values.make(1..2, &tenths.to_le_bytes());
    values.make(0..1, &seconds.to_le_bytes());
    Some(values)
}

fn with_key(key: [u8; 8], scrambled: &[u8], telegram: &[u8]) -> Option<Vec<u8>> {
    let mut register = Register::new(key, telegram)?;
    let clear: Vec<u8> = scrambled.iter().map(|byte| byte ^ register.next()).collect();
    (clear.first() == Some(&0x4B)).then_some(clear)
}

/// The shift register.
struct Register(u32);

impl Register {
    fn new(key: [u8; 8], telegram: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_be_bytes(*telegram.get(at..)?.first_chunk()?));
        let [a, b, c, d, e, f, g, h] = key;
        let halves = u32::from_be_bytes([a, b, c, d]) ^ u32::from_be_bytes([e, f, g, h]);
        Some(Self(halves ^ word(2)? ^ word(6)? ^ word(10)?))
    }

    fn next(&mut self) -> u8 {
        for _ in 0..8 {
            let tap = self.0 >> 1 ^ self.0 >> 2 ^ self.0 >> 11 ^ self.0 >> 31;
            self.0 = self.0 << 1 | tap & 1;
        }
        self.0.to_le_bytes()[0]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};
    use super::*;
    use crate::{Decoded, Format, Options, decode};

    #[test]
    fn a_water_meter() {
        let clear = [0x4B, 0xD2, 0x04, 0, 0, 0xE8, 0x03, 0, 0, 0x5F, 0x2C];
        let mut payload = vec![0xA1, 0x01, 0x14, 0, 0];
        payload.extend_from_slice(&clear);
        let mut telegram = vec![25, 0x44, 0xA5, 0x11, 0x78, 0x56, 0x34, 0x12, 0x48, 7];
        telegram.extend_from_slice(&payload);
        let mut register = Register::new(KEYS[0], &telegram).unwrap();
        payload[5..].iter_mut().for_each(|byte| *byte ^= register.next());
        let frame = read("DME", 0x48, 7, &payload);
        let expect = [
            "volume 1.234 m3 0",
            "date 1 2018-12-31",
            "volume 1 m3 1 2018-12-31",
            "battery_time 10 0",
            "duration 8 s 0",
        ];
        assert_eq!(lines(&frame), expect);
    }

    #[test]
    fn version_and_medium_stand_in_front_of_the_identification() {
        let address = |maker: &str, version, medium| {
            let frame = read(maker, version, medium, &[0xA1, 1, 0x14, 0, 0]);
            (frame.device.address.unwrap(), frame.device.medium.unwrap(), frame.device.version.unwrap())
        };
        // On the wire 78 56 34 12, then version and medium: 56 is no medium.
        assert_eq!(address("DME", 0x48, 7), ("12345678".into(), metering::Medium::Water, 0x48));
        let mut telegram = hex::decode("0f44a51178079a123456a1000000000000").unwrap();
        telegram[0] = u8::try_from(telegram.len() - 1).unwrap();
        let Decoded::One(Ok(frame)) = decode(Format::Wmbus, &telegram, &Options::default()) else { panic!() };
        assert_eq!(frame.device.address.as_deref(), Some("5634129a"));
        assert_eq!((frame.device.version, frame.device.medium), (Some(0x78), Some(metering::Medium::Water)));
    }

    #[test]
    fn an_unknown_key_leaves_the_bytes_to_the_maker() {
        let frame = read("DME", 0x48, 7, &[0xA1, 1, 0x14, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        assert!(frame.records.is_empty());
        assert!(frame.manufacturer_data.is_some());
    }
}
