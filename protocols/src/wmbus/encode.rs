//! What a (simulated) radio meter sends: SND-NR with a short header, in clear or in mode 5 (drawn above `link` and
//! `security`).
//!
//! Deliberately absent: the extended link layer, mode 7, compact frames, format B.

use super::crypto::{self, Key};
use super::link;
use crate::Record;
use crate::mbus::encode::{EncodeError, body};
use crate::mbus::{Identity, Status};

/// A telegram as a receiver hands it on that keeps the checks of format A.
///
/// With a key the records are encrypted in mode 5, and `status.configuration` is replaced by what says so.
pub fn telegram(
    identity: Identity,
    status: Status,
    records: &[Record],
    key: Option<&Key>,
) -> Result<Vec<u8>, EncodeError> {
    bare(identity, status, records, key).map(|telegram| link::with_checks(&telegram))
}

/// The same without checks.
pub fn bare(
    identity: Identity,
    status: Status,
    records: &[Record],
    key: Option<&Key>,
) -> Result<Vec<u8>, EncodeError> {
    let mut payload = body(identity.medium, records)?;
    let mut status = status;
    if let Some(key) = key {
        payload.splice(0..0, [0x2F, 0x2F]);
        payload.resize(payload.len().next_multiple_of(16), 0x2F);
        let blocks = u16::try_from(payload.len() / 16).ok().filter(|blocks| *blocks < 16);
        status.configuration = 0x0500 | blocks.ok_or(EncodeError::TooLong)? << 4;
        crypto::cbc_encrypt(key, &vector(identity, status.access), &mut payload);
    }
    let mut telegram = vec![0, 0x44];
    telegram.extend_from_slice(&identity.maker_first());
    telegram.push(0x7A);
    telegram.extend_from_slice(&status.to_bytes());
    telegram.extend_from_slice(&payload);
    let length = telegram.len().checked_sub(1).and_then(|length| u8::try_from(length).ok());
    let length = length.ok_or(EncodeError::TooLong)?;
    if let Some(first) = telegram.first_mut() {
        *first = length;
    }
    Ok(telegram)
}

fn vector(identity: Identity, access: u8) -> [u8; 16] {
    let mut vector = [access; 16];
    vector.iter_mut().zip(identity.maker_first()).for_each(|(to, from)| *to = from);
    vector
}

#[cfg(test)]
mod tests {
    use metering::{Obis, Quantity, Unit};
    use rust_decimal::Decimal;

    use super::*;
    use crate::{Decoded, ErrorKind, Format, Frame, Options, WarningKind, decode};

    const METER: Identity =
        Identity { id: [0x78, 0x56, 0x34, 0x12], manufacturer: 0x2C2D, version: 27, medium: 7 };
    const STATUS: Status = Status { access: 42, status: 0, configuration: 0 };
    const KEY: Key = [7; 16];

    fn records() -> Vec<Record> {
        vec![Record {
            obis: Some(Obis::COLD_WATER),
            ..Record::new(Quantity::Volume, Decimal::new(1_234_567, 3), Unit::CubicMetre)
        }]
    }

    fn read(bytes: &[u8], options: &Options<'_>) -> Result<Frame, ErrorKind> {
        match decode(Format::Wmbus, bytes, options) {
            Decoded::One(result) => result.map_err(|error| error.kind),
            Decoded::Many(_) => panic!("one telegram is one frame"),
        }
    }

    fn with_key(key: &[u8]) -> Options<'_> {
        Options { key: Some(key), ..Options::default() }
    }

    #[test]
    fn what_is_encoded_reads_back() {
        let clear = telegram(METER, STATUS, &records(), None).unwrap();
        assert_eq!(read(&clear, &Options::default()).unwrap().records, records());
        let sealed = telegram(METER, STATUS, &records(), Some(&KEY)).unwrap();
        let frame = read(&sealed, &with_key(&KEY)).unwrap();
        assert_eq!(frame.records, records());
        assert_eq!(frame.device.access, Some(42));
    }

    #[test]
    fn a_missing_key_a_wrong_key_and_a_short_one_are_told_apart() {
        let sealed = bare(METER, STATUS, &records(), Some(&KEY)).unwrap();
        assert_eq!(read(&sealed, &Options::default()), Err(ErrorKind::KeyMissing));
        assert_eq!(read(&sealed, &with_key(&[8; 16])), Err(ErrorKind::KeyWrong));
        assert_eq!(read(&sealed, &with_key(&[7; 8])), Err(ErrorKind::KeyWrong));
    }

    #[test]
    fn plaintext_is_believed_only_when_said() {
        // Decrypted before, while the header still says mode 5 and one block.
        let mut decrypted = bare(METER, STATUS, &records(), None).unwrap();
        decrypted.splice(15..15, [0x2F, 0x2F]);
        decrypted.extend_from_slice(&[0x2F; 8]);
        decrypted[0] += 10;
        decrypted[13..15].copy_from_slice(&[0x10, 0x05]);
        assert_eq!(read(&decrypted, &Options::default()), Err(ErrorKind::KeyMissing));
        let said = Options { plaintext: true, ..Options::default() };
        assert_eq!(read(&decrypted, &said).unwrap().records, records());
    }

    #[test]
    fn the_same_access_number_again_is_a_replay() {
        let first = bare(METER, STATUS, &records(), None).unwrap();
        let next = bare(METER, Status { access: 43, ..STATUS }, &records(), None).unwrap();
        let prior = [first.clone()];
        let options = Options { prior: &prior, ..Options::default() };
        assert_eq!(read(&first, &options).unwrap().warnings[0].kind, WarningKind::Replay);
        assert!(read(&next, &options).unwrap().warnings.is_empty());
    }

    #[test]
    fn every_truncation_and_every_flipped_bit_is_refused() {
        let good = telegram(METER, STATUS, &records(), None).unwrap();
        for length in 0..good.len() {
            assert_eq!(read(&good[..length], &Options::default()), Err(ErrorKind::Truncated), "{length}");
        }
        for bit in 0..good.len() * 8 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&flipped, &Options::default()).is_err(), "bit {bit}");
        }
    }
}
