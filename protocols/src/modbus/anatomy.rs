//! The parts of an answer with registers, an exception or a request.

use crate::Frame;
use crate::anatomy::{Field, Knife};

/// Cuts a frame that was read.
pub(crate) fn dissect(knife: &mut Knife<'_>, frame: &Frame) -> Option<()> {
    let len = knife.rest().len();
    let [_, function, counted, ..] = *knife.rest() else { return None };
    let data = len.checked_sub(4)?;
    knife.cut(1, Field::Address)?;
    knife.cut(1, Field::Function)?;
    match data.checked_sub(1) {
        Some(registers) if function < 0x80 && usize::from(counted) == registers => {
            knife.cut(1, Field::Length)?;
            // With a register map the values need not lie side by side.
            let whole = frame.records.len().checked_mul(2) == Some(registers);
            knife.records(registers, if whole { frame.records.len() } else { 0 })?;
        }
        _ => {
            knife.cut(data, Field::Data)?;
        }
    }
    knife.cut(2, Field::Check).map(|_| ())
}
