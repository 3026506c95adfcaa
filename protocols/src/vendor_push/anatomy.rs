//! The parts of the two pushes: the fields around the data, and each field of their layouts.

use super::{cat1, half_hour};
use crate::anatomy::{Field, Knife};
use crate::{Frame, cjt188};

/// Cuts a frame of `cjt188-vendor-push` that was read.
pub(crate) fn dissect_push(knife: &mut Knife<'_>, frame: &Frame) -> Option<()> {
    let data = data(knife.rest(), half_hour::HEAD, 10)?;
    let Some(items) = half_hour::fields(data) else { return cjt188::anatomy::dissect(knife, frame) };
    knife.cut(1, Field::Start)?;
    knife.cut(1, Field::MeterType)?;
    knife.cut(7, Field::Address)?;
    knife.cut(1, Field::Control)?;
    knife.cut(1, Field::Length)?;
    fields(knife, data.len(), items.iter().map(|item| (item.len(), item.part())))?;
    knife.cut(1, Field::Check)?;
    knife.cut(1, Field::End).map(|_| ())
}

/// Cuts a frame of `cat1-nb-push` that was read.
pub(crate) fn dissect_cat1(knife: &mut Knife<'_>, frame: &Frame) -> Option<()> {
    let data = data(knife.rest(), cat1::HEAD, 15)?;
    knife.cut(1, Field::Start)?;
    knife.cut(1, Field::MeterType)?;
    knife.cut(7, Field::Address)?;
    // Which of the maker's devices, and what it wants.
    knife.cut(1, Field::Function)?;
    knife.cut(1, Field::Control)?;
    knife.cut(4, Field::Identifier)?;
    knife.cut(1, Field::Length)?;
    match cat1::fields(data).filter(|_| !frame.records.is_empty()) {
        Some(items) => fields(knife, data.len(), items.iter().map(|item| (item.len(), item.part())))?,
        None => knife.cut(data.len(), Field::Data).map(|_| ())?,
    }
    knife.cut(1, Field::Check)?;
    knife.cut(1, Field::End).map(|_| ())
}

/// The data behind a head, at the end of which their length stands at `length_at`.
fn data(frame: &[u8], head: usize, length_at: usize) -> Option<&[u8]> {
    let len = usize::from(*frame.get(length_at)?);
    frame.get(head..)?.get(..len)
}

/// Cuts fields with their lengths out of `len` bytes; what has no part of its own is a record. What stands behind them
/// is the maker's.
fn fields(
    knife: &mut Knife<'_>,
    len: usize,
    fields: impl Iterator<Item = (usize, Option<Field>)>,
) -> Option<()> {
    let mut records = 0..;
    let mut left = len;
    for (len, part) in fields {
        let part = part.or_else(|| records.next().map(Field::Record))?;
        knife.cut(len, part)?;
        left = left.checked_sub(len)?;
    }
    knife.cut(left, Field::ManufacturerData).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decoded, Format, Options, Value, bcd, decode};

    /// A water meter's frame: what stands behind its address, and the check.
    fn framed(head: &[u8], data: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x68, 0x10, 0x04, 0, 0, 0, 0x26, 0x10, 0x20];
        frame.extend(head);
        frame.push(data.len().try_into().unwrap());
        frame.extend(data);
        frame.push(frame.iter().fold(0, |sum, byte| sum.wrapping_add(*byte)));
        frame.push(0x16);
        frame
    }

    /// The bytes of each record, by its quantity and storage or subunit.
    fn records(format: Format, bytes: &[u8]) -> Vec<(String, String, Value)> {
        let decoded = decode(format, bytes, &Options::default());
        let anatomy = crate::dissect(bytes, Some(format), &decoded, &Options::default());
        let Decoded::One(Ok(frame)) = decoded else { panic!("{decoded:?}") };
        let parts = anatomy.parts.iter().filter_map(|part| match part.field {
            Field::Record(record) => Some((&frame.records[record], &bytes[part.offset..][..part.len])),
            _ => None,
        });
        let shown: Vec<_> = parts
            .map(|(record, bytes)| {
                (record.quantity.name().to_owned(), hex::encode(bytes), record.value.clone())
            })
            .collect();
        assert_eq!(shown.len(), frame.records.len());
        shown
    }

    #[test]
    fn each_value_of_a_daily_push_stands_beside_its_bytes() {
        // Every field another number: 5 amounts, temperature, 4 unread, clock, ST, 3 words, ICCID, IMEI, 6 unread.
        let mut data = vec![0x90, 0x97, 0x00];
        for number in 1..=5 {
            data.push(0x2B);
            data.extend(bcd::write::<4>(number));
        }
        data.extend(bcd::write::<3>(2150));
        data.extend([0; 4 + 7 + 2]);
        data.extend([0, 6, 0, 7, 0, 8]);
        data.extend([0x89; 10]);
        data.extend([0x08; 8]);
        data.extend([0; 6]);
        data.extend(bcd::write::<4>(9));
        data.extend([0; 94]);
        let shown = records(Format::Cjt188VendorPush, &framed(&[0x81], &data));
        for (place, (quantity, bytes)) in [
            (0, ("volume", "2b01000000")),
            (4, ("volume_flow", "2b05000000")),
            (5, ("temperature", "502100")),
            (9, ("access_number", "0008")),
            (11, ("identification", "0808080808080808")),
            (12, ("volume", "09000000")),
        ] {
            assert_eq!((shown[place].0.as_str(), shown[place].1.as_str()), (quantity, bytes));
        }
        // Another identifier is an answer of CJ/T 188.
        let mut water = vec![0x90, 0x1F, 0x00, 0x78, 0x56, 0x34, 0x12, 0x2C, 0, 0, 0, 0, 0x2C];
        water.extend([0x00, 0x30, 0x02, 0x25, 0x10, 0x26, 0x20, 0x04, 0x00]);
        assert_eq!(records(Format::Cjt188VendorPush, &framed(&[0x81], &water))[0].1, "785634122c");
    }

    #[test]
    fn each_value_of_a_report_stands_beside_its_bytes() {
        let data: Vec<u8> = std::iter::once(0x03).chain(1..=63).collect();
        let frame = framed(&[0x03, 0x97, 0, 0, 0, 1], &data);
        let shown = records(Format::Cat1NbPush, &frame);
        assert_eq!((shown[4].0.as_str(), shown[4].1.as_str()), ("battery_voltage", "1b1c"));
        assert_eq!((shown[11].0.as_str(), shown[11].1.as_str()), ("volume", "2c2d2e2f"));
        assert_eq!(shown[11].2, Value::Number(0x2C2D_2E2F_i64.into()));
    }

    #[test]
    fn what_is_no_report_has_parts_and_no_records() {
        let frame = framed(&[0x03, 0x17, 0, 0, 0, 1], &[0x03, 0xAF]);
        assert_eq!(records(Format::Cat1NbPush, &frame), []);
        let decoded = decode(Format::Cat1NbPush, &frame, &Options::default());
        let parts = crate::dissect(&frame, None, &decoded, &Options::default()).parts;
        assert!(parts.iter().any(|part| (part.field, part.len) == (Field::Data, 2)), "{parts:?}");
    }
}
