//! Wireless M-Bus and OMS: EN 13757-4 and -7, with the records of EN 13757-3.
//!
//! ```text
//! link     L C maker address                     format A, B, checks removed or not   (link)
//! ELL      8C to 8F: access number, session, CTR                                       (layers)
//! AFL      90: message counter, MAC                                                    (layers, security)
//! TPL      72, 7A, 78 …: identity, access number, status, security mode                (open, security)
//! payload  records | compact frame | the maker's own                                   (mbus, compact, drivers)
//! ```
//!
//! An encrypted telegram needs its key, or [`Options::plaintext`] when it was decrypted before; which of the two is
//! never guessed from the bytes (but for ELL's CRC, see `security`). [`Options::prior`] holds the meter's earlier telegrams: compact frames are read
//! with their layouts, and a telegram that does not come after the latest of them is marked `replay`.
//!
//! Deliberately absent: fragments, DES, TLS, ELL 86, image transfer.

pub(crate) mod anatomy;
mod compact;
mod crc;
mod crypto;
mod drivers;
pub mod encode;
mod known_layouts;
mod layers;
mod link;
mod open;
pub(crate) mod security;

pub use crypto::Key;
use drivers::MakersPlace;
use open::{Content, Counters, Opened};

use crate::mbus::cursor::Cursor;
use crate::mbus::{application, records};
use crate::{Answer, DecodeError, Decoded, Frame, Options, Warning, WarningKind};

/// Reads one telegram as a receiver hands it on.
pub fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    Decoded::One(telegram(bytes, options))
}

fn telegram(bytes: &[u8], options: &Options<'_>) -> Result<Frame, DecodeError> {
    let mut telegram = link::strip(bytes)?;
    let appended = telegram.appended;
    let appended_at = bytes.len().saturating_sub(appended.len());
    let outcome =
        open::open(&mut telegram, options.key, options.plaintext).and_then(|opened| read(opened, options));
    match outcome {
        Ok(mut frame) => {
            for warning in &mut frame.warnings {
                warning.offset = telegram.buffer_offset(warning.offset);
            }
            if !appended.is_empty() {
                let bytes = appended.to_vec();
                frame.warnings.push(Warning { kind: WarningKind::Noise, offset: appended_at, bytes });
            }
            Ok(frame)
        }
        Err(error) => Err(DecodeError { offset: telegram.buffer_offset(error.offset), ..error }),
    }
}

/// Reads the payload.
fn read(opened: Opened<'_>, options: &Options<'_>) -> Result<Frame, DecodeError> {
    let Opened { mut frame, identity, content, whole, offset, .. } = opened;
    let payload = whole.get(offset..).unwrap_or_default();
    let telegram = drivers::Telegram { bytes: whole, key: options.key };
    let by_driver = |place: MakersPlace, own: &[u8], frame: &mut Frame| {
        drivers::read(identity, place, own, offset, &telegram, frame)
    };
    if repeats(&opened.counters, &frame, options) {
        let bytes = opened.counters.access.into_iter().collect();
        frame.warnings.push(Warning { kind: WarningKind::Replay, offset, bytes });
    }
    let body = Cursor::new(payload, offset);
    match content {
        Content::Records => {
            if !by_driver(MakersPlace::Payload, payload, &mut frame)? {
                let outcome = records::read(body, &mut frame);
                records::tolerate(outcome, body, &mut frame)?;
                by_driver(MakersPlace::Beside, payload, &mut frame)?;
                if let Some(tail) = frame.manufacturer_data.take() {
                    by_driver(MakersPlace::Tail, &tail, &mut frame)?;
                    frame.manufacturer_data = Some(tail);
                }
            }
        }
        Content::MakersMode => {
            if !by_driver(MakersPlace::Payload, payload, &mut frame)? {
                frame.warnings.push(Warning { kind: WarningKind::Encrypted, offset, bytes: Vec::new() });
                frame.manufacturer_data = Some(payload.to_vec());
            }
        }
        Content::Compact => {
            let full = compact::expand(payload, offset, options)?;
            records::read(Cursor::new(&full, offset), &mut frame)?;
        }
        Content::Layout | Content::Nothing => frame.answer = Some(Answer::Ack),
        Content::ApplicationError => application::error(body, &mut frame),
        Content::Alarm => application::alarm(body, &mut frame),
        Content::Request => frame.answer = Some(Answer::Request),
        Content::Manufacturer => {
            if !by_driver(MakersPlace::Code, payload, &mut frame)? {
                frame.manufacturer_data = Some(payload.to_vec());
            }
        }
    }
    Ok(frame)
}

/// Whether the telegram does not come after the same meter's latest one: the same access number (a repeater's
/// copy), or a session number or message counter that has not grown (a replay).
fn repeats(now: &Counters, frame: &Frame, options: &Options<'_>) -> bool {
    let Some(prior) = options.prior.last() else {
        return false;
    };
    let Ok(mut telegram) = link::strip(prior) else {
        return false;
    };
    let Ok(earlier) = open::open(&mut telegram, options.key, options.plaintext) else {
        return false;
    };
    if earlier.frame.device.address != frame.device.address {
        return false;
    }
    match (earlier.counters, *now) {
        (Counters { message: Some(earlier), .. }, Counters { message: Some(now), .. }) => now <= earlier,
        (Counters { session: Some(earlier), .. }, Counters { session: Some(now), .. }) => {
            now & 0x1FFF_FFFF <= earlier & 0x1FFF_FFFF
        }
        (Counters { access: Some(earlier), .. }, Counters { access: Some(now), .. }) => now == earlier,
        _ => false,
    }
}
