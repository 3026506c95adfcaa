//! The parts of a wired frame: link, header, and a record each with its blocks and data.

use super::cursor::Cursor;
use super::dib::Dib;
use super::vib::Vib;
use super::{layout, records as reader, value};
use crate::Frame;
use crate::anatomy::{Field, Knife};

/// Cuts a frame that was read.
pub(crate) fn dissect(knife: &mut Knife<'_>, frame: &Frame) -> Option<()> {
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
            self::body(knife, body, frame)?;
        }
        _ => return None,
    }
    knife.cut(1, Field::Check)?;
    knife.cut(1, Field::End).map(|_| ())
}

/// CI and what it announces, so many bytes in all.
fn body(knife: &mut Knife<'_>, len: usize, frame: &Frame) -> Option<()> {
    let Some(left) = len.checked_sub(1) else { return Some(()) };
    let code = *knife.cut(1, Field::Function)?.first()?;
    let left = match code {
        0x72 | 0x76 => {
            knife.cut(8, Field::Identity)?;
            knife.cut(4, Field::Status)?;
            left.checked_sub(12)?
        }
        0x7A => {
            knife.cut(4, Field::Status)?;
            left.checked_sub(4)?
        }
        0x78 => left,
        _ => return knife.cut(left, Field::Data).map(|_| ()),
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
