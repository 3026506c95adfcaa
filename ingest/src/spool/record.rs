//! One delivery in the spool.
//!
//! ```text
//!  length u32 │ CRC-32C of the payload u32 │ payload
//!  payload: source u8 │ received i64 │ sent i64 (MIN: none) │ packet u16 (0: none) │ start u32 (MAX: none)
//!           │ document u8 │ channel │ format │ address │ profile │ bytes      each: length u32 (MAX: none), bytes
//! ```
//! Numbers are little-endian; times are microseconds since 1970.

use bytes::{Buf, BufMut, Bytes};
use jiff::Timestamp;
use metering::Source;
use smol_str::SmolStr;
use store::sink::{Arrival, Content};

use crate::delivery::{Delivery, Packet};

/// Bytes before a payload.
pub(super) const HEAD: usize = 8;
/// A payload is no longer than that: more means that the length itself is broken.
pub(super) const LONGEST: usize = 64 << 20;

const NONE: u32 = u32::MAX;

/// The record of a delivery.
pub(super) fn write(delivery: &Delivery) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD + 96 + delivery.arrival.bytes.len());
    out.put_bytes(0, HEAD);
    out.put_u8(delivery.arrival.source.code().to_le_bytes()[0]);
    out.put_i64_le(delivery.arrival.received.as_microsecond());
    out.put_i64_le(delivery.arrival.sent.map_or(i64::MIN, Timestamp::as_microsecond));
    out.put_u16_le(delivery.packet.map_or(0, |packet| packet.id));
    out.put_u32_le(delivery.arrival.start.map_or(NONE, u32::from));
    let (document, format) = match &delivery.arrival.content {
        Content::Document => (1, ""),
        Content::Frame(format) => (0, format.as_str()),
    };
    out.put_u8(document);
    put(&mut out, Some(delivery.arrival.channel.as_bytes()));
    put(&mut out, Some(format.as_bytes()));
    put(&mut out, delivery.arrival.address.as_ref().map(|address| address.as_bytes()));
    put(&mut out, delivery.arrival.profile.as_ref().map(|profile| profile.as_bytes()));
    put(&mut out, Some(&delivery.arrival.bytes));
    let length = u32::try_from(out.len() - HEAD).unwrap_or(NONE);
    let crc = crc32c::crc32c(&out[HEAD..]);
    out[..4].copy_from_slice(&length.to_le_bytes());
    out[4..HEAD].copy_from_slice(&crc.to_le_bytes());
    out
}

fn put(out: &mut Vec<u8>, field: Option<&[u8]>) {
    match field {
        None => out.put_u32_le(NONE),
        Some(bytes) => {
            out.put_u32_le(u32::try_from(bytes.len()).unwrap_or(0));
            out.put_slice(bytes);
        }
    }
}

/// The payload's length and check sum, of a record's head.
pub(super) fn head(head: [u8; HEAD]) -> (usize, u32) {
    let [a, b, c, d, e, f, g, h] = head;
    (u32::from_le_bytes([a, b, c, d]) as usize, u32::from_le_bytes([e, f, g, h]))
}

/// The delivery of a payload; `None` where the check sum or the form is not right.
pub(super) fn read(mut payload: Bytes, crc: u32) -> Option<Delivery> {
    if crc32c::crc32c(&payload) != crc {
        return None;
    }
    let source = Source::from_code(i16::from(payload.try_get_u8().ok()?))?;
    let received = Timestamp::from_microsecond(payload.try_get_i64_le().ok()?).ok()?;
    let sent = match payload.try_get_i64_le().ok()? {
        i64::MIN => None,
        micros => Some(Timestamp::from_microsecond(micros).ok()?),
    };
    let packet = match payload.try_get_u16_le().ok()? {
        0 => None,
        // Whether it was a redelivery was settled before it came here: the receive time is the first one's.
        id => Some(Packet { id, redelivered: false }),
    };
    let start = u16::try_from(payload.try_get_u32_le().ok()?).ok();
    let document = payload.try_get_u8().ok()? == 1;
    let channel = text(get(&mut payload)?)?;
    let format = text(get(&mut payload)?)?;
    let address = get(&mut payload)?.map(|bytes| text(Some(bytes))).map(Option::unwrap_or_default);
    let profile = get(&mut payload)?.map(|bytes| text(Some(bytes))).map(Option::unwrap_or_default);
    let bytes = get(&mut payload)??;
    let arrival = Arrival {
        source,
        channel,
        content: if document { Content::Document } else { Content::Frame(SmolStr::from(format)) },
        address: address.map(SmolStr::from),
        bytes,
        received,
        sent,
        profile: profile.map(SmolStr::from),
        start,
    };
    Some(Delivery { arrival, packet })
}

/// A field: outer `None` where the record is too short, inner `None` where the field is absent.
#[expect(clippy::option_option, reason = "cut short and absent are two things")]
fn get(payload: &mut Bytes) -> Option<Option<Bytes>> {
    match payload.try_get_u32_le().ok()? {
        NONE => Some(None),
        length => {
            let length = usize::try_from(length).ok()?;
            (length <= payload.len()).then(|| Some(payload.split_to(length)))
        }
    }
}

fn text(field: Option<Bytes>) -> Option<String> {
    String::from_utf8(field?.to_vec()).ok()
}

#[cfg(test)]
pub(super) fn sample(n: u64) -> Delivery {
    let arrival = Arrival {
        source: Source::Push,
        channel: format!("/push/frames {n}"),
        content: Content::Frame("cjt188".into()),
        address: n.is_multiple_of(2).then(|| SmolStr::from("0012")),
        bytes: Bytes::from(n.to_be_bytes().to_vec()),
        received: Timestamp::from_microsecond(1_700_000_000_123_456).unwrap(),
        sent: n.is_multiple_of(3).then_some(Timestamp::UNIX_EPOCH),
        profile: None,
        start: n.is_multiple_of(5).then_some(0),
    };
    Delivery { arrival, packet: n.is_multiple_of(7).then_some(Packet { id: 7, redelivered: false }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back_and_a_broken_one_does_not() {
        for n in 0..20 {
            let record = write(&sample(n));
            let (length, crc) = head(record[..HEAD].try_into().unwrap());
            assert_eq!(length, record.len() - HEAD);
            let payload = Bytes::from(record[HEAD..].to_vec());
            assert_eq!(format!("{:?}", read(payload.clone(), crc).unwrap()), format!("{:?}", sample(n)));
            for cut in 0..payload.len() {
                let cut = payload.slice(..cut);
                assert!(read(cut.clone(), crc).is_none());
                // Even with a right check sum a short payload is none, and never a panic.
                let _ = read(cut.clone(), crc32c::crc32c(&cut));
            }
        }
    }
}
