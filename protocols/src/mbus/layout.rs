//! Records taken apart into their blocks and their data, and put together again: what compact frames leave out.
//!
//! ```text
//! EN 13757-3, annex G
//!
//! full frame     DIB VIB data DIB VIB data …
//! format frame   DIB VIB DIB VIB …            its CRC is the format signature
//! compact frame  signature 2 | CRC of the full frame 2 | data data …
//! ```

use super::cursor::Cursor;
use super::dib::Dib;
use super::value;
use super::vib::Vib;

/// The blocks of a full frame without their data. `None` where it can't be taken apart.
pub(crate) fn blocks(full: &[u8]) -> Option<Vec<u8>> {
    let mut blocks = Vec::new();
    let mut cursor = Cursor::new(full, 0);
    while let Some((block, coding)) = block(&mut cursor)? {
        blocks.extend_from_slice(block);
        data(coding, &mut cursor)?;
    }
    Some(blocks)
}

/// The full frame of these blocks with these data. `None` where they don't fit together.
pub(crate) fn fill(blocks: &[u8], data_bytes: &[u8]) -> Option<Vec<u8>> {
    let mut full = Vec::with_capacity(blocks.len().saturating_add(data_bytes.len()));
    let mut cursor = Cursor::new(blocks, 0);
    let mut values = Cursor::new(data_bytes, 0);
    while let Some((block, coding)) = block(&mut cursor)? {
        full.extend_from_slice(block);
        full.extend_from_slice(data(coding, &mut values)?);
    }
    values.rest().iter().all(|byte| *byte == 0x2F).then_some(full)
}

/// The same records, where the data of each stand high byte first (CI 76), low byte first. What can't be taken apart
/// stays as it is.
pub(crate) fn mirrored(full: &[u8]) -> Vec<u8> {
    let mut bytes = full.to_vec();
    let mut cursor = Cursor::new(full, 0);
    while let Some(Some((_, coding))) = block(&mut cursor) {
        // The length of variable data stands before them.
        let begin = cursor.offset().saturating_add(usize::from(coding == 0x0D));
        if data(coding, &mut cursor).is_none() {
            break;
        }
        if coding != 0x0F {
            bytes.get_mut(begin..cursor.offset()).unwrap_or_default().reverse();
        }
    }
    bytes
}

/// How many bytes each of these blocks has.
pub(crate) fn lengths(blocks: &[u8]) -> Option<Vec<usize>> {
    let mut lengths = Vec::new();
    let mut cursor = Cursor::new(blocks, 0);
    while let (begin, Some(_)) = (cursor.offset(), block(&mut cursor)?) {
        lengths.push(cursor.offset().checked_sub(begin)?);
    }
    Some(lengths)
}

/// The next DIB and VIB, past fillers; `Some(None)` at the end.
#[expect(clippy::option_option, reason = "the end of the records is not a failure to read them")]
fn block<'a>(cursor: &mut Cursor<'a>) -> Option<Option<(&'a [u8], u8)>> {
    loop {
        let start = *cursor;
        let Some(dif) = cursor.byte() else { return Some(None) };
        match dif {
            0x2F => continue,
            0x0F | 0x1F => {
                return Some(Some((start.rest().get(..1)?, 0x0F)));
            }
            _ if dif & 0x0F == 0x0F => return None,
            _ => {}
        }
        Dib::read(dif, cursor).ok()?;
        Vib::read(cursor).ok()?;
        let length = cursor.offset().checked_sub(start.offset())?;
        return Some(Some((start.rest().get(..length)?, dif & 0x0F)));
    }
}

/// The data of that coding; the maker's own reach to the end.
fn data<'a>(coding: u8, cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let length = match coding {
        0x0F => cursor.rest().len(),
        _ => value::length(coding, cursor.rest())?,
    };
    cursor.take(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_apart_fits_together() {
        let full = [0x04, 0x06, 1, 2, 3, 4, 0x0D, 0x78, 2, b'A', b'B', 0x02, 0xFD, 0x17, 5, 6, 0x0F, 9, 9];
        let blocks = blocks(&full).unwrap();
        assert_eq!(blocks, [0x04, 0x06, 0x0D, 0x78, 0x02, 0xFD, 0x17, 0x0F]);
        let data = [1, 2, 3, 4, 2, b'A', b'B', 5, 6, 9, 9];
        assert_eq!(fill(&blocks, &data).unwrap(), full);
        assert_eq!(fill(&blocks, &data[..4]), None);
        assert_eq!(fill(&[0x04, 0x06], &data), None);
    }

    #[test]
    fn only_data_are_mirrored() {
        let high_first =
            [0x04, 0x06, 4, 3, 2, 1, 0x2F, 0x0D, 0x78, 2, b'A', b'B', 0x02, 0xFD, 0x17, 6, 5, 0x0F, 9, 8];
        let low_first =
            [0x04, 0x06, 1, 2, 3, 4, 0x2F, 0x0D, 0x78, 2, b'B', b'A', 0x02, 0xFD, 0x17, 5, 6, 0x0F, 9, 8];
        assert_eq!(mirrored(&high_first), low_first);
        assert_eq!(mirrored(&[0x04, 0x06, 1]), [0x04, 0x06, 1]);
    }
}
