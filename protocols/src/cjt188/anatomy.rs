//! The parts of a frame: the fields around the data, and each field of the layout.

use metering::Quantity;

use super::frame::{self, HEAD};
use super::identifier;
use super::kind::MeterType;
use super::layout::{self, Field as Layout};
use crate::Frame;
use crate::anatomy::{Field, Knife};

/// Cuts a frame that was read.
pub(crate) fn dissect(knife: &mut Knife<'_>, frame: &Frame) -> Option<()> {
    let head = frame::head(knife.rest()).filter(|_| knife.rest().len() >= HEAD)?;
    knife.cut(1, Field::Start)?;
    knife.cut(1, Field::MeterType)?;
    knife.cut(7, Field::Address)?;
    knife.cut(1, Field::Control)?;
    knife.cut(1, Field::Length)?;
    match head.data {
        [first, second, _ser, body @ ..] => {
            knife.cut(2, Field::Identifier)?;
            knife.cut(1, Field::Sequence)?;
            let identifier = identifier::read([*first, *second]).0;
            fields(knife, body.len(), identifier, MeterType(head.meter_type), frame)?;
        }
        data => {
            knife.cut(data.len(), Field::Data)?;
        }
    }
    knife.cut(1, Field::Check)?;
    knife.cut(1, Field::End).map(|_| ())
}

/// The fields of the layout, where each but the clock has become a record.
fn fields(knife: &mut Knife<'_>, len: usize, identifier: u16, kind: MeterType, frame: &Frame) -> Option<()> {
    let readings = frame.records.len();
    let Some((layout, _)) = layout::of(identifier, kind.family()).filter(|_| readings > 0) else {
        return knife.cut(len, Field::Data).map(|_| ());
    };
    // The short answer to 901F has the digits of one volume and ST.
    if let [volume, status] = frame.records.as_slice()
        && (volume.quantity, status.quantity, len) == (Quantity::Volume, Quantity::Status, 6)
    {
        knife.cut(4, Field::Record(0))?;
        return knife.cut(2, Field::Record(1)).map(|_| ());
    }
    let (mut left, mut record) = (len, 0_usize);
    for field in layout {
        let Some(behind) = left.checked_sub(field.len()) else { break };
        left = behind;
        if *field == Layout::Clock {
            knife.cut(field.len(), Field::Clock)?;
        } else {
            knife.cut(field.len(), Field::Record(record))?;
            record = record.saturating_add(1);
        }
    }
    knife.cut(left, Field::ManufacturerData).map(|_| ())
}
