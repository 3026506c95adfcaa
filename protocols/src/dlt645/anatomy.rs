//! The parts of a frame: the fields around the data, the identifier, and a block's values.

use super::frame::{self, HEAD};
use crate::anatomy::{Field, Knife};
use crate::{Format, Frame};

/// Cuts a frame that was read. The bytes are those of the line: 33H more than what they say.
pub(crate) fn dissect(knife: &mut Knife<'_>, frame: &Frame) -> Option<()> {
    let head = frame::head(knife.rest()).filter(|_| knife.rest().len() >= HEAD)?;
    knife.cut(1, Field::Start)?;
    knife.cut(6, Field::Address)?;
    knife.cut(1, Field::Start)?;
    knife.cut(1, Field::Control)?;
    knife.cut(1, Field::Length)?;
    let identifier = if frame.format == Format::Dlt645V2007 { 4 } else { 2 };
    // A block of one quantity has parts of one length.
    let alike =
        frame.records.iter().all(|record| Some(record.quantity) == frame.records.first().map(|r| r.quantity));
    let records = if alike { frame.records.len() } else { 0 };
    // Answers to "read" (11H, 12H; 01H, 02H of the older edition) name what they carry.
    let names = matches!(head.control & 0x5F, 0x11 | 0x12 | 0x01 | 0x02);
    match head.shifted.len().checked_sub(identifier).filter(|_| names) {
        Some(data) => {
            knife.cut(identifier, Field::Identifier)?;
            knife.records(data, records)?;
        }
        None => knife.records(head.shifted.len(), records)?,
    }
    knife.cut(1, Field::Check)?;
    knife.cut(1, Field::End).map(|_| ())
}
