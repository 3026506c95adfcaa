//! The radio link: how a receiver's bytes become a telegram.
//!
//! ```text
//! EN 13757-4, 12
//!
//! block 1   L C M M A A A A A A      L counts what follows; maker, identification 4, version, medium
//! format A  block 1 + CRC, then blocks of 16 bytes + CRC each; L counts no CRC
//! format B  blocks 1 and 2 together up to 126 bytes + CRC, then one more block + CRC; L counts the CRCs
//! ```
//!
//! A receiver hands on the CRCs, or removes them, or (seen) only that of block 1, and may append one or two bytes
//! of signal strength. A buffer does not say which. It is taken for a format with CRCs when at least half of that
//! format's checks come out (most of them where the buffer ends early): then all must. Else the CRCs were removed.
//!
//! So of a format B telegram in one block, a flipped bit cannot be told from a removed CRC: who can should hand on
//! format A, or check at the receiver.
//!
//! Deliberately absent: what a receiver takes off before (preamble, synchronisation, the line code of a radio mode).

use std::borrow::Cow;

use super::crc;
use crate::{DecodeError, ErrorKind};

/// Bytes of block 1.
pub(super) const HEADER: usize = 10;

/// More bytes than this behind a telegram are not a receiver's additions.
const APPENDED_MAX: usize = 8;

/// A telegram without its link checks.
#[derive(Debug)]
pub(super) struct Telegram<'a> {
    /// L and all that it counts.
    pub(super) bytes: Cow<'a, [u8]>,
    /// What the receiver appended.
    pub(super) appended: &'a [u8],
    form: Form,
}

/// Where the checks stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Bare,
    A,
    /// Format A, the check of block 1 removed.
    AFromBlock2,
    B,
}

impl Telegram<'_> {
    /// Where byte `index` of the telegram stands in the receiver's buffer.
    pub(super) fn buffer_offset(&self, index: usize) -> usize {
        let later_blocks = index.saturating_sub(HEADER) / 16;
        let checks = match self.form {
            Form::Bare => 0,
            Form::A if index < HEADER => 0,
            Form::A => later_blocks.saturating_add(1),
            Form::AFromBlock2 => later_blocks,
            Form::B => usize::from(index >= 126),
        };
        index.saturating_add(checks.saturating_mul(2))
    }
}

/// Finds the telegram in what a receiver hands on.
pub(super) fn strip(buffer: &[u8]) -> Result<Telegram<'_>, DecodeError> {
    let Some(&length) = buffer.first() else {
        return Err(DecodeError::truncated(0, 1, 0));
    };
    let length = usize::from(length);
    if length < HEADER {
        return Err(DecodeError::new(
            ErrorKind::Structure,
            0,
            format!("length {length}: a telegram has at least 11 bytes"),
        ));
    }
    for form in [Form::A, Form::AFromBlock2, Form::B] {
        if fits(buffer, form, length) {
            return checked(buffer, form, length);
        }
    }
    let total = length.saturating_add(1);
    let Some((bytes, appended)) = buffer.split_at_checked(total) else {
        return Err(DecodeError::truncated(0, total, buffer.len()));
    };
    // As many bytes too many as format A has checks: a telegram with all of them wrong.
    let checks = 2_usize.saturating_add(length.saturating_sub(9).div_ceil(16).saturating_mul(2));
    if appended.len() > APPENDED_MAX || appended.len() == checks {
        let message = format!("{} bytes behind the {total} that the length promises", appended.len());
        return Err(DecodeError::new(ErrorKind::Structure, total, message));
    }
    Ok(Telegram { bytes: Cow::Borrowed(bytes), appended, form: Form::Bare })
}

/// Whether the buffer looks as if it had this format's checks.
fn fits(buffer: &[u8], form: Form, length: usize) -> bool {
    let (mut good, mut bad, mut cut) = (0_usize, 0_usize, false);
    for block in Blocks::new(buffer, form, length) {
        match block.check {
            Check::None => {}
            Check::Cut => cut = true,
            Check::Bytes(got) if crc::over(&[block.data]) == got => good = good.saturating_add(1),
            Check::Bytes(_) => bad = bad.saturating_add(1),
        }
    }
    good > 0 && if cut { good > bad } else { good >= bad }
}

/// Removes the checks, all of which must come out.
fn checked(buffer: &[u8], form: Form, length: usize) -> Result<Telegram<'_>, DecodeError> {
    let mut bytes = Vec::with_capacity(length.saturating_add(1));
    let mut end = 0_usize;
    for block in Blocks::new(buffer, form, length) {
        let begin = end;
        end = block.end;
        match block.check {
            Check::None => {}
            Check::Cut => {
                let need = block.end;
                return Err(DecodeError::truncated(0, need, buffer.len()));
            }
            Check::Bytes(got) => {
                let expected = crc::over(&[block.data]);
                if expected != got {
                    let message =
                        format!("checksum: expected {expected:04x}, got {got:04x} in the block at {begin}");
                    return Err(DecodeError::new(ErrorKind::Checksum, block.end.saturating_sub(2), message));
                }
            }
        }
        bytes.extend_from_slice(block.data);
    }
    // Format B's length counts its checks.
    if form == Form::B
        && let Some(counted) = bytes.len().checked_sub(1).and_then(|l| u8::try_from(l).ok())
        && let Some(first) = bytes.first_mut()
    {
        *first = counted;
    }
    Ok(Telegram { bytes: Cow::Owned(bytes), appended: buffer.get(end..).unwrap_or_default(), form })
}

/// A block of a telegram.
struct Block<'a> {
    data: &'a [u8],
    check: Check,
    /// Where its check ends in the buffer.
    end: usize,
}

enum Check {
    /// The format has none here.
    None,
    Bytes(u16),
    /// The buffer ends before it.
    Cut,
}

/// The blocks of a telegram in one of the formats with checks.
struct Blocks<'a> {
    buffer: &'a [u8],
    form: Form,
    at: usize,
    /// Bytes of data still to come.
    left: usize,
    first: bool,
}

impl<'a> Blocks<'a> {
    fn new(buffer: &'a [u8], form: Form, length: usize) -> Self {
        let total = length.saturating_add(1);
        let left = match form {
            // One check up to 128 bytes, two beyond.
            Form::B if total > 128 => total.saturating_sub(4),
            Form::B => total.saturating_sub(2),
            _ => total,
        };
        Self { buffer, form, at: 0, left, first: true }
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        if self.left == 0 {
            return None;
        }
        let size = match (self.form, self.first) {
            (Form::B, true) => 126,
            (Form::B, false) => usize::MAX,
            (_, true) => HEADER,
            (_, false) => 16,
        }
        .min(self.left);
        let unchecked = self.first && self.form == Form::AFromBlock2;
        let begin = self.at;
        let data_end = begin.saturating_add(size);
        let end = if unchecked { data_end } else { data_end.saturating_add(2) };
        self.first = false;
        self.at = end;
        self.left = self.left.saturating_sub(size);
        let check = match self.buffer.get(data_end..end) {
            Some([]) => Check::None,
            Some(&[high, low]) => Check::Bytes(u16::from_be_bytes([high, low])),
            _ => Check::Cut,
        };
        if matches!(check, Check::Cut) {
            self.left = 0;
        }
        let data = self.buffer.get(begin..data_end).unwrap_or_default();
        Some(Block { data, check, end })
    }
}

/// Adds the checks of format A, as a meter sends it.
pub(super) fn with_checks(telegram: &[u8]) -> Vec<u8> {
    let (first, rest) = telegram.split_at_checked(HEADER).unwrap_or((telegram, &[]));
    let mut bytes = Vec::with_capacity(telegram.len().saturating_mul(2));
    for block in std::iter::once(first).chain(rest.chunks(16)) {
        bytes.extend_from_slice(block);
        bytes.extend_from_slice(&crc::over(&[block]).to_be_bytes());
    }
    bytes
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small lengths")]
mod tests {
    use super::*;

    fn telegram(payload: usize) -> Vec<u8> {
        let mut bytes = vec![u8::try_from(payload + 9).unwrap(), 0x44, 0x2D, 0x2C, 1, 2, 3, 4, 5, 7];
        bytes.extend((0..payload).map(|i| u8::try_from(i).unwrap()));
        bytes
    }

    fn format_b(telegram: &[u8]) -> Vec<u8> {
        let blocks: Vec<&[u8]> = telegram.chunks(126).collect();
        let mut whole = telegram.to_vec();
        whole[0] = u8::try_from(telegram.len() - 1 + 2 * blocks.len()).unwrap();
        let mut bytes = Vec::new();
        let mut at = 0;
        for block in blocks {
            let block = &whole[at..at + block.len()];
            bytes.extend_from_slice(block);
            bytes.extend_from_slice(&crc::over(&[block]).to_be_bytes());
            at += block.len();
        }
        bytes
    }

    #[test]
    fn every_format_gives_the_same_telegram() {
        for payload in [1, 6, 15, 16, 17, 33, 116, 150] {
            let bare = telegram(payload);
            let a = with_checks(&bare);
            let from_block_2: Vec<u8> = [&a[..10], &a[12..]].concat();
            for form in [bare.clone(), a, from_block_2, format_b(&bare)] {
                let stripped = strip(&form).unwrap();
                assert_eq!(stripped.bytes, bare, "{payload}");
                assert!(stripped.appended.is_empty());
                let with_rssi: Vec<u8> = [&form[..], &[0x85]].concat();
                assert_eq!(strip(&with_rssi).unwrap().appended, [0x85]);
            }
        }
    }

    #[test]
    fn every_flipped_bit_of_format_a_is_seen() {
        let good = with_checks(&telegram(40));
        for bit in 8..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(strip(&bytes).unwrap_err().kind, ErrorKind::Checksum, "bit {bit}");
        }
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[0] ^= 1 << bit;
            strip(&bytes).unwrap_err();
        }
    }

    #[test]
    fn every_truncation_is_seen() {
        let bare = telegram(40);
        for form in [bare.clone(), with_checks(&bare), format_b(&bare)] {
            for length in 0..form.len() {
                assert_eq!(strip(&form[..length]).unwrap_err().kind, ErrorKind::Truncated, "{length}");
            }
        }
    }

    #[test]
    fn offsets_are_those_of_the_buffer() {
        let a = with_checks(&telegram(40));
        let stripped = strip(&a).unwrap();
        for (index, byte) in stripped.bytes.iter().enumerate() {
            assert_eq!(a[stripped.buffer_offset(index)], *byte);
        }
    }
}
