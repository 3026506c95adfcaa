//! The parts of a wired frame: link, header, and a record each with its blocks and data.

use std::borrow::Cow;
use std::ops::Range;

use super::cursor::Cursor;
use super::dib::Dib;
use super::link::{LONG_HEADER, Packet};
use super::pieces::{Piece, Pieces};
use super::vib::Vib;
use super::{header, layout, records as reader, value};
use crate::anatomy::{self, Anatomy, Field, Knife};
use crate::wmbus::security::Configuration;
use crate::{DecodeError, Frame, Options};

/// Cuts the frames of a buffer. Where a key is missing or wrong, what is encrypted is one part.
pub(crate) fn dissect<'a>(
    bytes: &'a [u8],
    results: &[Result<Frame, DecodeError>],
    options: &Options<'_>,
) -> Option<Anatomy<'a>> {
    let mut plain = Cow::Borrowed(bytes);
    let opened = if options.plaintext { Vec::new() } else { open(bytes, options, &mut plain) };
    let mut parts = anatomy::each(&plain, super::places(bytes), results, &mut |knife, frame| {
        packet(knife, frame, options.plaintext)
    })?;
    for part in &mut parts {
        let next = opened.partition_point(|range| range.end <= part.offset);
        part.is_deciphered = opened.get(next).is_some_and(|range| range.contains(&part.offset));
    }
    Some(Anatomy { bytes: plain, parts, carried: Vec::new() })
}

/// Puts what a key opens in the clear at its places, which it tells.
fn open(bytes: &[u8], options: &Options<'_>, plain: &mut Cow<'_, [u8]>) -> Vec<Range<usize>> {
    let mut opened = Vec::new();
    for piece in Pieces::of(bytes) {
        let Piece::Packet(Packet::Long { control, code, data, .. }, range) = piece else { continue };
        let mut cursor = Cursor::new(data, range.start.saturating_add(LONG_HEADER));
        let header = match code {
            // What a master sends is not opened.
            _ if control & 0x40 != 0 => continue,
            0x72 | 0x6F | 0x75 => header::long(&mut cursor),
            0x76 => header::long_high_first(&mut cursor),
            _ => continue,
        };
        let Ok((identity, status)) = header else { continue };
        let (begin, configuration) = (cursor.offset(), Configuration(status.configuration));
        if let Ok(Some(payload)) = super::opened(Some(identity), status, cursor, options.key)
            && let Some(place) = plain.to_mut().get_mut(begin..begin.saturating_add(payload.len()))
        {
            place.copy_from_slice(&payload);
            opened.push(begin..begin.saturating_add(configuration.encrypted()));
        }
    }
    opened
}

/// Cuts a frame.
fn packet(knife: &mut Knife<'_>, frame: Option<&Frame>, plaintext: bool) -> Option<()> {
    match knife.rest() {
        [0xE5, ..] => return knife.cut(1, Field::Control).map(|_| ()),
        [0x10, ..] => {
            knife.cut(1, Field::Start)?;
            knife.cut(1, Field::Control)?;
            knife.cut(1, Field::Address)?;
            knife.cut(1, Field::Check)?;
            return knife.cut(1, Field::End).map(|_| ());
        }
        [0x68, length, ..] => {
            let body = usize::from(*length).checked_sub(2)?;
            knife.cut(4, Field::Start)?;
            knife.cut(1, Field::Control)?;
            knife.cut(1, Field::Address)?;
            self::body(knife, body, frame, plaintext)?;
        }
        _ => return None,
    }
    knife.cut(1, Field::Check)?;
    knife.cut(1, Field::End).map(|_| ())
}

/// CI and what it announces, so many bytes in all.
fn body(knife: &mut Knife<'_>, len: usize, frame: Option<&Frame>, plaintext: bool) -> Option<()> {
    let end = knife.offset().checked_add(len)?;
    if len == 0 {
        return Some(());
    }
    let code = *knife.cut(1, Field::Function)?.first()?;
    let is_long = matches!(code, 0x72 | 0x76 | 0x6F | 0x75);
    if is_long {
        knife.cut(8, Field::Identity)?;
    }
    if is_long || matches!(code, 0x7A | 0x6E | 0x74) {
        let [_, _, low, high] = *knife.cut(4, Field::Status)? else { return None };
        let configuration = Configuration(u16::from_le_bytes([low, high]));
        if frame.is_none() && configuration.is_sealed() && !plaintext {
            knife.cut(configuration.encrypted(), Field::Encrypted)?;
        }
    }
    let left = end.checked_sub(knife.offset())?;
    let Some(frame) = frame.filter(|_| matches!(code, 0x72 | 0x76 | 0x78 | 0x7A)) else {
        return knife.cut(left, Field::Data).map(|_| ());
    };
    records(knife, left, frame)
}

/// The records of a radio telegram's payload, which fills the rest: a part each, or one part where they can't be told
/// apart.
pub(crate) fn payload(knife: &mut Knife<'_>, frame: &Frame) -> Option<()> {
    records(knife, knife.rest().len(), frame)
}

/// Records, so many bytes in all.
fn records(knife: &mut Knife<'_>, len: usize, frame: &Frame) -> Option<()> {
    let end = knife.offset().checked_add(len)?;
    let spans = spans(knife.rest().get(..len)?, frame);
    let rest = if spans.is_some() { Field::Unknown } else { Field::Data };
    for span in spans.unwrap_or_default() {
        knife.cut(span.len(), span.field)?;
    }
    knife.cut(end.checked_sub(knife.offset())?, rest).map(|_| ())
}

/// The data of records whose blocks stand elsewhere, which fill the rest; `full` has both.
pub(crate) fn compact(knife: &mut Knife<'_>, full: &[u8], frame: &Frame) -> Option<()> {
    for span in spans(full, frame)? {
        knife.cut(span.data, span.field)?;
    }
    knife.cut(knife.rest().len(), Field::Filler).map(|_| ())
}

/// The blocks of records without their data, which fill the rest: a part each.
pub(crate) fn blocks(knife: &mut Knife<'_>) -> Option<()> {
    for len in layout::lengths(knife.rest())? {
        knife.cut(len, Field::Identifier)?;
    }
    Some(())
}

/// What the reader passes over at once: a record, a run of fillers, the maker's block.
struct Span {
    /// Bytes of the two information blocks.
    blocks: usize,
    /// Bytes of the data.
    data: usize,
    field: Field,
}

impl Span {
    const fn len(&self) -> usize {
        self.blocks.saturating_add(self.data)
    }
}

/// The spans of `bytes`, up to where they can't be told apart. `None` where they aren't the records that the frame
/// begins with (others stand behind them when a driver has read the maker's bytes).
fn spans(bytes: &[u8], frame: &Frame) -> Option<Vec<Span>> {
    let mut read = Frame::new(frame.format);
    read.device = frame.device.clone();
    let mut spans = Vec::new();
    let mut cursor = Cursor::new(bytes, 0);
    loop {
        let start = cursor;
        let Some(mut span) = span(&mut cursor) else { break };
        if matches!(span.field, Field::Record(_)) {
            let first = read.records.len();
            reader::read(Cursor::new(start.rest().get(..span.len())?, 0), &mut read).ok()?;
            // A series of values in one record becomes a record each, or none.
            span.field = if read.records.len() > first { Field::Record(first) } else { Field::Data };
        }
        spans.push(span);
    }
    let first = frame.records.get(..read.records.len())?;
    let is_same = first.iter().map(|record| record.quantity).eq(read.records.iter().map(|r| r.quantity));
    is_same.then_some(spans)
}

/// The next span. `None` at the end, and where the reader gives up.
fn span(cursor: &mut Cursor<'_>) -> Option<Span> {
    let begin = cursor.offset();
    let dif = cursor.byte()?;
    let mut blocks = 1;
    let field = match dif {
        0x2F => {
            cursor.take(cursor.rest().iter().take_while(|byte| **byte == 0x2F).count())?;
            Field::Filler
        }
        0x0F | 0x1F => {
            cursor.take(cursor.rest().len())?;
            Field::ManufacturerData
        }
        _ if dif & 0x0F == 0x0F => return None,
        _ => {
            Dib::read(dif, cursor).ok()?;
            Vib::read(cursor).ok()?;
            blocks = cursor.offset().checked_sub(begin)?;
            value::take(dif & 0x0F, cursor).ok()?;
            Field::Record(0)
        }
    };
    let data = cursor.offset().checked_sub(begin)?.checked_sub(blocks)?;
    Some(Span { blocks, data, field })
}
