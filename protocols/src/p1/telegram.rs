//! One telegram: its extent, its check, its lines.

use std::borrow::Cow;

use crate::{DecodeError, ErrorKind, crc};

/// A telegram of the buffer.
pub(super) struct Telegram<'a> {
    bytes: &'a [u8],
    /// What stands behind the slash.
    pub(super) identification: &'a str,
    /// The lines between identification and `!`.
    body: &'a str,
    /// Where the body begins in the buffer.
    body_at: usize,
    /// The hex digits behind `!`.
    crc: Option<u16>,
    /// Where the telegram begins and its CRC stands in the buffer.
    start: usize,
    pub(super) crc_at: usize,
    /// Where it ends.
    pub(super) end: usize,
}

impl<'a> Telegram<'a> {
    /// The telegram that begins with the slash at `start`; with the error goes where to look for the next one.
    pub(super) fn cut(buffer: &'a [u8], start: usize) -> Result<Self, (DecodeError, usize)> {
        let rest = buffer.get(start..).unwrap_or_default();
        let bang = end_mark(rest).ok_or_else(|| {
            let have = rest.len();
            (DecodeError::truncated(start, have.saturating_add(1), have), buffer.len())
        })?;
        let crc_at = start.saturating_add(bang).saturating_add(1);
        let tail = buffer.get(crc_at..).unwrap_or_default();
        let digits = tail.iter().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let end = crc_at.saturating_add(digits);
        let wrong = |offset, what| (DecodeError::new(ErrorKind::Structure, offset, what), end);
        // A damaged digit can become a `!` at the beginning of a line, but not one with a line's end behind it.
        if buffer.get(end).is_some_and(|byte| !byte.is_ascii_whitespace()) {
            return Err(wrong(end, "no end of line behind the end mark"));
        }
        let crc = std::str::from_utf8(tail.get(..digits).unwrap_or_default()).unwrap_or_default();
        let text = std::str::from_utf8(rest.get(1..bang).unwrap_or_default()).map_err(|error| {
            wrong(start.saturating_add(error.valid_up_to()), "a byte in a telegram that is no text")
        })?;
        let (identification, body) =
            text.split_once('\n').ok_or_else(|| wrong(start, "no line after the identification"))?;
        let body_at = start.saturating_add(1).saturating_add(text.len().saturating_sub(body.len()));
        let crc = u16::from_str_radix(crc, 16).ok();
        let bytes = rest.get(..=bang).unwrap_or_default();
        let identification = identification.trim_end_matches('\r');
        Ok(Self { bytes, identification, body, body_at, crc, start, crc_at, end })
    }

    /// Compares the CRC. A telegram of version 4 or later without one is cut off.
    pub(super) fn check(&self) -> Result<(), DecodeError> {
        match self.crc {
            Some(crc) if crc == crc::arc(self.bytes) || crc == crc::x25(self.bytes) => Ok(()),
            Some(crc) => {
                let message = format!("checksum: expected {:04x}, got {crc:04x}", crc::arc(self.bytes));
                Err(DecodeError::new(ErrorKind::Checksum, self.crc_at, message))
            }
            None if self.says_its_version() => {
                let have = self.crc_at.saturating_sub(self.start);
                Err(DecodeError::truncated(self.crc_at, have.saturating_add(4), have))
            }
            None => Ok(()),
        }
    }

    /// DSMR 4 and 5 send `1-3:0.2.8`, the Belgian and Hungarian profiles `0-0:96.1.4`; both came with the CRC.
    fn says_its_version(&self) -> bool {
        ["1-3:0.2.8(", "0-0:96.1.4("].iter().any(|object| self.body.contains(object))
    }

    /// The objects with their offsets; a line that begins with a bracket goes on the one above it.
    pub(super) fn lines(&self) -> Vec<(usize, Cow<'a, str>)> {
        let mut lines: Vec<(usize, Cow<'a, str>)> = Vec::new();
        let mut at = self.body_at;
        for line in self.body.split_inclusive('\n') {
            let text = line.trim();
            match lines.last_mut() {
                Some((_, above)) if text.starts_with('(') => above.to_mut().push_str(text),
                _ if !text.is_empty() => lines.push((at, Cow::Borrowed(text))),
                _ => {}
            }
            at = at.saturating_add(line.len());
        }
        lines
    }
}

/// The first `!` that begins a line.
fn end_mark(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| matches!(pair, [b'\n', b'!'])).map(|at| at.saturating_add(1))
}
