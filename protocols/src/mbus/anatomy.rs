//! The parts of a wired frame: link, header, and a record each with its blocks and data.

use super::cursor::Cursor;
use super::dib::Dib;
use super::vib::Vib;
use super::{records, value};
use crate::anatomy::{Field, Knife};
use crate::{Frame, Record};

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
    let all = knife.rest().get(..left)?;
    let spans = spans(all);
    let records = spans.iter().filter(|(_, field)| matches!(field, Field::Record(_))).count();
    if records != frame.records.len() {
        return knife.cut(left, Field::Data).map(|_| ());
    }
    for (len, field) in spans {
        knife.cut(len, field)?;
    }
    Some(())
}

/// The records of a radio telegram's payload, which fills the rest: a part each, or one part where they can't be told
/// apart.
pub(crate) fn payload(knife: &mut Knife<'_>, frame: &Frame) -> Option<()> {
    let all = knife.rest();
    let mut read = Frame::new(frame.format);
    // What a driver read besides stands behind the records.
    let read_well = records::read(Cursor::new(all, 0), &mut read).is_ok();
    let spans = spans(all);
    let count = spans.iter().filter(|(_, field)| matches!(field, Field::Record(_))).count();
    let quantities = |records: &[Record]| records.iter().map(|r| r.quantity).collect::<Vec<_>>();
    let same = frame.records.get(..count).map(quantities) == Some(quantities(&read.records));
    if read_well && same {
        for (len, field) in spans {
            knife.cut(len, field)?;
        }
    }
    knife.cut(knife.rest().len(), Field::Data).map(|_| ())
}

/// The length of each record, filler and maker's block, as the reader passes over them.
fn spans(records: &[u8]) -> Vec<(usize, Field)> {
    let mut spans = Vec::new();
    let mut cursor = Cursor::new(records, 0);
    let mut record = 0_usize;
    loop {
        let begin = cursor.offset();
        let Some(dif) = cursor.byte() else { return spans };
        let field = match dif {
            0x2F => Field::Filler,
            0x0F | 0x1F => {
                let rest = cursor.rest().len();
                let _ = cursor.take(rest);
                Field::ManufacturerData
            }
            _ if dif & 0x0F == 0x0F => return spans,
            _ => {
                let data = Dib::read(dif, &mut cursor)
                    .and_then(|_| Vib::read(&mut cursor))
                    .and_then(|_| value::take(dif & 0x0F, &mut cursor));
                if data.is_err() {
                    return spans;
                }
                let field = Field::Record(record);
                record = record.saturating_add(1);
                field
            }
        };
        spans.push((cursor.offset().saturating_sub(begin), field));
    }
}
