//! Compact frames: data without their blocks, which an earlier telegram of the same kind of meter has. EN 13757-3,
//! annex G; drawn above [`layout`].
//!
//! The blocks come from the caller's earlier telegrams (a full or a format frame among the last
//! [`REMEMBERED`]), or from [`known_layouts`](super::known_layouts). Whichever they are, their CRC must be the frame's
//! format signature, and the CRC of the full frame put together must come out: a wrong layout cannot pass.
//!
//! Deliberately absent: a memory of its own. Which telegrams are a meter's earlier ones, the caller knows.

use super::crc;
use super::known_layouts::KNOWN;
use super::link;
use super::open::{Content, open};
use crate::mbus::layout;
use crate::{DecodeError, ErrorKind, Options};

/// How many earlier telegrams are looked at, the latest ones.
pub(super) const REMEMBERED: usize = 16;

/// The full frame of a compact one.
pub(super) fn expand(payload: &[u8], offset: usize, options: &Options<'_>) -> Result<Vec<u8>, DecodeError> {
    let Some((&[s0, s1, c0, c1], data)) = payload.split_first_chunk::<4>() else {
        return Err(DecodeError::truncated(offset, 4, payload.len()));
    };
    let signature = u16::from_le_bytes([s0, s1]);
    let Some(blocks) = find(signature, options) else {
        let message = format!("compact frame of format {signature:04x}, whose full frame was not seen");
        return Err(DecodeError::new(ErrorKind::StateMissing, offset, message));
    };
    let full = layout::fill(&blocks, data).ok_or_else(|| {
        let message = format!("the data do not fit format {signature:04x}");
        DecodeError::new(ErrorKind::Structure, offset, message)
    })?;
    let (expected, got) = (crc::over(&[&full]), u16::from_le_bytes([c0, c1]));
    if expected == got {
        return Ok(full);
    }
    let message = format!("the full frame's CRC: expected {expected:04x}, got {got:04x}");
    Err(DecodeError::new(ErrorKind::Integrity, offset, message))
}

fn find(signature: u16, options: &Options<'_>) -> Option<Vec<u8>> {
    let latest = options.prior.iter().rev().take(REMEMBERED);
    latest
        .filter_map(|prior| blocks_of(prior, options))
        .find(|blocks| crc::over(&[blocks]) == signature)
        .or_else(|| KNOWN.iter().find(|(_, known)| *known == signature).map(|(blocks, _)| blocks.to_vec()))
}

/// The blocks that an earlier telegram tells.
fn blocks_of(prior: &[u8], options: &Options<'_>) -> Option<Vec<u8>> {
    let mut telegram = link::strip(prior).ok()?;
    // A prior given in clear is one whose layers do not open: it is tried as it is.
    let opened = open(&mut telegram, options.key, options.plaintext).ok()?;
    let payload = opened.whole.get(opened.offset..)?;
    match opened.content {
        Content::Records => layout::blocks(payload),
        // Length, signature, then the blocks.
        Content::Layout => payload.get(3..).map(<[u8]>::to_vec),
        _ => None,
    }
}
