//! Compact profiles: a series of values in one record of variable length.
//!
//! ```text
//! EN 13757-3, annex F: DIF xD … VIFE 1F (1E, 13)
//!
//! LVAR | spacing control | spacing value | element | element | …
//!
//! spacing control  7-6 values: 0 absolute, 1 increments, 2 decrements, 3 signed differences
//!                  5-4 unit of the spacing | 3-0 coding of an element, as in a DIF
//! ```
//!
//! The n-th element is the value of storage number + n. Increments and decrements become `interval_usage`, the
//! usage of one spacing; they aren't added up: their base is another record, and adding up a series with a hole in
//! it would invent an index. Signed differences of control 3 are the same.
//!
//! Deliberately absent: the times of the elements (the spacing isn't read), and register numbers (VIFE 1E) as such.

use metering::Quantity;

use super::cursor::Cursor;
use super::dib::Dib;
use super::hex;
use super::records::{assemble, warn};
use super::value::{self, Reading};
use super::vib::{Profile, Vib};
use crate::{DecodeError, ErrorKind, Frame, State, Value, WarningKind};

/// Reads the series into records of the frame.
pub(super) fn read(
    dib: &Dib,
    vib: &Vib,
    cursor: &mut Cursor<'_>,
    frame: &mut Frame,
) -> Result<(), DecodeError> {
    let at = *cursor;
    let cut =
        || DecodeError::new(ErrorKind::Structure, at.offset(), "the frame ends within a compact profile");
    let length = usize::from(cursor.byte().ok_or_else(cut)?);
    let bytes = cursor.take(length).ok_or_else(cut)?;
    let [control, _spacing, elements @ ..] = bytes else {
        warn(frame, WarningKind::InvalidValue, at, length.saturating_add(1));
        return Ok(());
    };
    let coding = control & 0x0F;
    let size = value::element(coding).unwrap_or(0);
    if size == 0 {
        let text = Value::Text(hex::in_order(bytes));
        frame.records.push(assemble(dib, vib, Reading::new(text, State::Valid), frame.device.medium));
        return Ok(());
    }
    let mut element = *dib;
    for bytes in elements.chunks_exact(size) {
        element.storage = match vib.profile {
            Profile::Inverse => element.storage.saturating_sub(1),
            Profile::Compact | Profile::None => element.storage.saturating_add(1),
        };
        let reading = value::fixed(coding, vib, bytes);
        let mut record = assemble(&element, vib, reading, frame.device.medium);
        if control >> 6 != 0 {
            (record.quantity, record.obis) = (Quantity::IntervalUsage, None);
        }
        frame.records.push(record);
    }
    Ok(())
}
