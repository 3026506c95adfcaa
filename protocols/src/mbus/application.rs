//! What a device answers instead of records: application errors and alarms.
//!
//! ```text
//! EN 13757-3, 10 (errors) and 9 (alarms)
//!
//! CI 70, 6E, 6F  application error: no, short, long header; then one byte of code
//! CI 71, 74, 75  alarm: likewise; then one byte of alarm bits
//! ```
//!
//! Deliberately absent: what the alarm bits mean, which is the maker's.

use metering::EventKind;

use super::cursor::Cursor;
use crate::{Answer, Frame, Warning, WarningKind};

/// The code of an application error as the frame's answer. Without a code the error is unspecified.
pub(crate) fn error(mut cursor: Cursor<'_>, frame: &mut Frame) {
    let code = match cursor.byte() {
        None | Some(0x00) => "unspecified",
        Some(0x01) => "ci_unimplemented",
        Some(0x02) => "buffer_too_long",
        Some(0x03) => "too_many_records",
        Some(0x04) => "premature_end",
        Some(0x05) => "too_many_dife",
        Some(0x06) => "too_many_vife",
        Some(0x08) => "busy",
        Some(0x09) => "too_many_readouts",
        Some(0x10) => "access_denied",
        Some(0x11) => "command_unknown",
        Some(0x12) => "parameter_invalid",
        Some(0x13) => "receiver_unknown",
        Some(0x14) => "decryption_failed",
        Some(0x15) => "encryption_unsupported",
        Some(0x16) => "signature_unsupported",
        Some(code) => {
            frame.answer = Some(Answer::Error(format!("{code:02x}")));
            return;
        }
    };
    frame.answer = Some(Answer::Error(code.to_owned()));
}

/// The alarm byte: an event, and the bits, whose meaning is the maker's, as a warning.
pub(crate) fn alarm(mut cursor: Cursor<'_>, frame: &mut Frame) {
    let at = cursor.offset();
    let bits = cursor.byte().unwrap_or(0);
    if bits != 0 {
        frame.events.push(EventKind::Alarm.into());
        frame.warnings.push(Warning { kind: WarningKind::UnknownStatus, offset: at, bytes: vec![bits] });
    }
    frame.answer = Some(Answer::Ack);
}
