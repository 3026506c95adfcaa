//! M-Bus on two wires, EN 13757-2 and -3.
//!
//! [`decode`] reads what meters and masters send: acknowledgements, short, control and long frames; variable data
//! (CI 72, 76, 78, 7A), fixed data (73, 77), application errors, alarms, selections. [`encode`] writes what a
//! master asks and what a simulated meter answers; [`secondary`] is the addressing by identification; [`readout`]
//! asks a device until it has told all.
//!
//! One file per part of the telegram, in the order of the wire: `link`, `header`, then `records` with `dib`, `vib`
//! (tables in `vif`, `vif_fb`, `vif_fd`, `vife`), `value`, `time`, `profile`; `obis` names the registers. Radio
//! telegrams ([`crate::wmbus`]) have the same records.
//!
//! Records in mode 5 (EN 13757-7, 9) are opened with their key, as by radio: [`crate::wmbus`] has the cipher.
//!
//! Deliberately absent: setting parameters in meters, image and key transfer (CI C0 to C5), the baud rate switch, and
//! decoding of what a master writes (CI 51, 55): such a frame is answered with "request". Compact frames on the wire
//! (CI 79, 7B): nobody has shown us one. DLMS in these frames is a format of its own
//! ([`crate::Format::DlmsPush`]).

pub(crate) mod anatomy;
pub(crate) mod application;
pub(crate) mod cursor;
mod dib;
pub mod encode;
mod fixed;
pub(crate) mod header;
mod hex;
pub(crate) mod layout;
mod link;
mod makers;
mod obis;
mod pieces;
mod profile;
pub mod readout;
pub(crate) mod records;
pub mod secondary;
pub(crate) mod time;
pub(crate) mod value;
mod vib;
mod vif;
mod vif_fb;
mod vif_fd;
mod vife;

use std::ops::Range;

use cursor::Cursor;
pub use header::{Identity, Status, maker_code};
pub(crate) use link::Wired;
use link::{LONG_HEADER, NoPacket, Packet};
use pieces::{Piece, Pieces};
use smol_str::format_smolstr;

use crate::stream::Place;
use crate::wmbus::security::{Configuration, Sealed};
use crate::{Answer, DecodeError, Decoded, ErrorKind, Format, Frame, Options, Warning, WarningKind};

/// Reads a buffer: one frame, or several with noise between them.
pub fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    match link::packet(bytes, 0) {
        Ok((packet, length)) if length == bytes.len() => Decoded::One(frame(packet, 0, options)),
        Err(NoPacket::Damaged(error, length)) if length >= bytes.len() => Decoded::One(Err(error)),
        _ => stream(bytes, options),
    }
}

/// Reads frame after frame. Bytes that begin none are noise, noted on the frame after them, or on the one before.
fn stream(bytes: &[u8], options: &Options<'_>) -> Decoded {
    let mut results: Vec<Result<Frame, DecodeError>> = Vec::new();
    let mut unread = None;
    for piece in Pieces::of(bytes) {
        match piece {
            Piece::Packet(packet, range) => {
                let mut result = frame(packet, range.start, options);
                if let (Some(range), Ok(frame)) = (unread.take(), &mut result) {
                    frame.warnings.push(noise(bytes, range));
                }
                results.push(result);
            }
            Piece::Damaged(error, _) => results.push(Err(error)),
            Piece::Noise(range) => unread = Some(range),
        }
    }
    if let (Some(range), Some(Ok(last))) = (unread, results.last_mut()) {
        last.warnings.push(noise(bytes, range));
    }
    if results.len() > 1 {
        return Decoded::Many(results);
    }
    Decoded::One(results.pop().unwrap_or_else(|| {
        let first = bytes.first().map_or_else(|| "nothing".to_owned(), |b| format!("{b:02x}"));
        if bytes.is_empty() {
            Err(DecodeError::truncated(0, 1, 0))
        } else {
            Err(DecodeError::new(ErrorKind::Structure, 0, format!("no frame begins with {first}")))
        }
    }))
}

fn noise(bytes: &[u8], range: Range<usize>) -> Warning {
    let offset = range.start;
    Warning { kind: WarningKind::Noise, offset, bytes: bytes.get(range).unwrap_or_default().to_vec() }
}

/// Where the results of [`decode`] stand in a buffer, with the noise between them.
pub(crate) fn places(bytes: &[u8]) -> Vec<Place> {
    let mut results = 0..;
    let place = |piece| match piece {
        Piece::Packet(_, range) | Piece::Damaged(_, range) => Place { range, result: results.next() },
        Piece::Noise(range) => Place { range, result: None },
    };
    Pieces::of(bytes).map(place).collect()
}

/// What one frame of the link, the first byte of which stands at `at`, says.
fn frame(packet: Packet<'_>, at: usize, options: &Options<'_>) -> Result<Frame, DecodeError> {
    let mut frame = Frame::new(Format::Mbus);
    match packet {
        Packet::Acknowledgement => frame.answer = Some(Answer::Ack),
        Packet::Short { control, address } => {
            frame.device.address = Some(format_smolstr!("{address}"));
            // Only masters send short frames, apart from meters that acknowledge with one.
            frame.answer = Some(if control & 0x40 == 0 { Answer::Ack } else { Answer::Request });
        }
        Packet::Long { control, address, code, data } => {
            let cursor = Cursor::new(data, at.saturating_add(LONG_HEADER));
            if control & 0x40 == 0 {
                answer(code, address, cursor, options, &mut frame)?;
            } else {
                request(code, address, cursor, &mut frame);
            }
        }
    }
    Ok(frame)
}

fn request(code: u8, address: u8, cursor: Cursor<'_>, frame: &mut Frame) {
    frame.answer = Some(Answer::Request);
    frame.device.address = match secondary::Selection::read(code, cursor.rest()) {
        Some(selection) => Some(selection.address()),
        None => Some(format_smolstr!("{address}")),
    };
}

fn answer(
    code: u8,
    address: u8,
    mut cursor: Cursor<'_>,
    options: &Options<'_>,
    frame: &mut Frame,
) -> Result<(), DecodeError> {
    let by_address = |frame: &mut Frame| frame.device.address = Some(format_smolstr!("{address}"));
    let mut header = (None, None);
    match code {
        0x72 | 0x76 | 0x6F | 0x75 => {
            let status_at = cursor.offset().saturating_add(9);
            let (identity, status) =
                if code == 0x76 { header::long_high_first(&mut cursor)? } else { header::long(&mut cursor)? };
            frame.device = identity.device();
            status.note(status_at, frame);
            header = (Some(identity), Some(status));
        }
        0x7A | 0x6E | 0x74 => {
            by_address(frame);
            let status_at = cursor.offset().saturating_add(1);
            let status = Status::read(&mut cursor)?;
            status.note(status_at, frame);
            header.1 = Some(status);
        }
        0x78 | 0x70 | 0x71 => by_address(frame),
        0x73 | 0x77 => return fixed::read(cursor, code == 0x77, frame),
        _ => {
            let message = format!("no reader for control information {code:02x}");
            let at = cursor.offset().saturating_sub(1);
            return Err(DecodeError::new(ErrorKind::Unsupported, at, message));
        }
    }
    let opened = match header {
        (identity, Some(status)) if !options.plaintext => opened(identity, status, cursor, options.key)?,
        _ => None,
    };
    let mut body = opened.as_ref().map_or(cursor, |payload| Cursor::new(payload, cursor.offset()));
    if opened.is_some() && code != 0x72 && code != 0x76 {
        // The check bytes, which are fillers among records.
        let _ = body.take(2);
    }
    match code {
        0x6E..=0x70 => application::error(body, frame),
        0x71 | 0x74 | 0x75 => application::alarm(body, frame),
        0x76 => records::read(Cursor::new(&layout::mirrored(body.rest()), body.offset()), frame)?,
        _ => records::read(body, frame)?,
    }
    Ok(())
}

/// What stands behind a header, in the clear. `None` where it is so on the wire. A configuration of other modes than
/// 5 and 7 is passed over: old meters have a signature of their own there.
fn opened(
    identity: Option<Identity>,
    status: Status,
    cursor: Cursor<'_>,
    key: Option<&[u8]>,
) -> Result<Option<Vec<u8>>, DecodeError> {
    let configuration = Configuration(status.configuration);
    let offset = cursor.offset();
    if !configuration.is_sealed() {
        return Ok(None);
    }
    let Some(identity) = identity else {
        let message = "encrypted behind a short header, which does not name the meter";
        return Err(DecodeError::new(ErrorKind::Unsupported, offset, message));
    };
    let sealed = Sealed {
        configuration,
        access: status.access,
        address: identity.maker_first(),
        authentication: None,
        header: &[],
        offset,
    };
    let mut payload = cursor.rest().to_vec();
    sealed.open(key, &mut payload)?;
    Ok(Some(payload))
}
