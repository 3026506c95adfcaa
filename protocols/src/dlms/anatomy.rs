//! The parts of a notification: transport, ciphering, and each value of the list with its code and scaler.
//!
//! Deliberately absent: the parts of a message in several frames or blocks, whose values may begin in one and end in
//! the next. Such a message has no anatomy.

use std::borrow::Cow;
use std::collections::VecDeque;

use metering::Obis;

use super::data::{Cursor, Data};
use super::security::{Keys, Sealed};
use super::{hdlc, is_notification, list};
use crate::anatomy::{Anatomy, Field, Knife};
use crate::{Frame, Options};

/// Cuts a notification. Without a `frame` (its key is missing or wrong) what is encrypted is one part.
pub(crate) fn dissect<'a>(
    bytes: &'a [u8],
    frame: Option<&Frame>,
    options: &Options<'_>,
) -> Option<Anatomy<'a>> {
    let (begin, end) = extent(bytes)?;
    let apdu = bytes.get(begin..end)?;
    let mut opened = 0..0;
    let mut plain = Cow::Borrowed(bytes);
    if let [0xDB | 0xDC, ..] = apdu {
        let (sealed, _) = Sealed::read(apdu, 0).ok()?;
        let (content, tag) = sealed.extent();
        let content_end = end.checked_sub(tag)?;
        let content_begin = content_end.checked_sub(content)?;
        if frame.is_some() && sealed.is_encrypted() {
            let (text, _) = sealed.open(&Keys::new(options.key).ok()?, is_notification).ok()?;
            plain.to_mut().get_mut(content_begin..content_end)?.copy_from_slice(&text);
            opened = content_begin..content_end;
        }
    }
    let mut knife = Knife::new(&plain);
    transport(&mut knife, begin)?;
    match apdu {
        [0xDB | 0xDC, ..] => ciphered(&mut knife, apdu, frame)?,
        _ => body(&mut knife, apdu.len(), frame?)?,
    }
    behind(&mut knife)?;
    let mut parts = knife.finish(Field::Preamble);
    for part in &mut parts {
        part.is_deciphered = opened.contains(&part.offset);
    }
    Some(Anatomy { bytes: plain, parts, carried: Vec::new() })
}

/// Where the APDU of a message in a single frame begins and ends.
fn extent(bytes: &[u8]) -> Option<(usize, usize)> {
    let (begin, end) = match bytes {
        // The S bit: another frame follows.
        [0x7E, high, low, content @ ..] if high & 0x08 == 0 => {
            let length = usize::from(u16::from_be_bytes([high & 0x07, *low]));
            let header = hdlc::header_bytes(&[&[*high, *low], content].concat())?;
            // The flag in front, then header, its check and LLC; the check behind.
            (header.checked_add(6)?, length.checked_sub(1)?)
        }
        [0x68, length, _, 0x68, _, _, control, ..] if control & 0x10 != 0 => {
            (9, usize::from(*length).checked_add(4)?)
        }
        [0x00, 0x01, _, _, _, _, high, low, ..] => {
            (8, usize::from(u16::from_be_bytes([*high, *low])).checked_add(8)?)
        }
        [0x7E | 0x68 | 0xE0, ..] => return None,
        _ => (0, bytes.len()),
    };
    // A block of a general block transfer.
    (bytes.get(begin..end)?.first() != Some(&0xE0)).then_some((begin, end))
}

/// What stands before the APDU.
fn transport(knife: &mut Knife<'_>, begin: usize) -> Option<()> {
    match knife.rest().first()? {
        0x7E => {
            knife.cut(1, Field::Start)?;
            knife.cut(2, Field::Length)?;
            // Two addresses up to the control byte, which check and LLC follow.
            knife.cut(begin.checked_sub(9)?, Field::Address)?;
            knife.cut(1, Field::Control)?;
            knife.cut(2, Field::Check)?;
            knife.cut(3, Field::Function)?;
        }
        0x68 => {
            knife.cut(4, Field::Start)?;
            knife.cut(1, Field::Control)?;
            knife.cut(1, Field::Address)?;
            knife.cut(1, Field::Function)?;
            knife.cut(2, Field::Address)?;
        }
        0x00 if begin > 0 => {
            knife.cut(2, Field::Start)?;
            knife.cut(4, Field::Address)?;
            knife.cut(2, Field::Length)?;
        }
        _ => {}
    }
    Some(())
}

/// What stands behind it.
fn behind(knife: &mut Knife<'_>) -> Option<()> {
    match knife.rest() {
        [_, _, 0x7E, ..] => {
            knife.cut(2, Field::Check)?;
            knife.cut(1, Field::End).map(|_| ())
        }
        [_, 0x16, ..] => {
            knife.cut(1, Field::Check)?;
            knife.cut(1, Field::End).map(|_| ())
        }
        _ => Some(()),
    }
}

fn ciphered(knife: &mut Knife<'_>, apdu: &[u8], frame: Option<&Frame>) -> Option<()> {
    let (sealed, _) = Sealed::read(apdu, 0).ok()?;
    let (content, tag) = sealed.extent();
    knife.cut(1, Field::Function)?;
    knife.cut(9, Field::Title)?;
    // Security control and frame counter stand between the length and the content.
    knife.cut(apdu.len().checked_sub(content)?.checked_sub(tag)?.checked_sub(15)?, Field::Length)?;
    knife.cut(1, Field::Control)?;
    knife.cut(4, Field::MessageCounter)?;
    match frame {
        Some(frame) => body(knife, content, frame)?,
        None => knife.cut(content, Field::Encrypted).map(|_| ())?,
    }
    knife.cut(tag, Field::Authenticator).map(|_| ())
}

/// A notification in the clear: `0F`, the invoke id, a date-time, the data.
fn body(knife: &mut Knife<'_>, len: usize, frame: &Frame) -> Option<()> {
    let apdu = knife.rest().get(..len)?;
    let time = match apdu {
        [_, _, _, _, _, 0x09, length, ..] => usize::from(*length).checked_add(2)?,
        [_, _, _, _, _, length, ..] => usize::from(*length).checked_add(1)?,
        _ => return None,
    };
    knife.cut(1, Field::Function)?;
    knife.cut(4, Field::Sequence)?;
    knife.cut(time, Field::Clock)?;
    let data = knife.rest().get(..len.checked_sub(time)?.checked_sub(5)?)?;
    let mut walk = Walk { frame, next: 0, described: VecDeque::new(), heads: Vec::new() };
    let mut rest = data;
    while !rest.is_empty() {
        let (taken, field) = walk.element(rest)?;
        knife.cut(taken, field)?;
        rest = rest.get(taken..)?;
    }
    Some(())
}

/// A way through the data that knows which records have had their part.
struct Walk<'f> {
    frame: &'f Frame,
    next: usize,
    /// The codes of a description, whose values follow it.
    described: VecDeque<Obis>,
    /// How many elements the lists have that began before a description ended.
    heads: Vec<usize>,
}

impl Walk<'_> {
    /// What begins the rest of the data: an element that became a record (from its code to its scaler, where it has
    /// them), an entry of a description, a value, or the head of a list.
    fn element(&mut self, data: &[u8]) -> Option<(usize, Field)> {
        let mut cursor = Cursor::new(data, 0);
        // A structure of a code, its value and a scaler begins before the code.
        if let [0x02, 2 | 3, 0x09, 6, ..] = data {
            cursor.take(2).ok()?;
        }
        if let Ok(Data::Octets(octets)) = cursor.data()
            && let Some(obis) = list::code_of(octets)
            && let Ok(value) = cursor.data()
            && !matches!(value, Data::List(_))
            && let Some(field) = self.record(obis)
        {
            if let [0x02, 2, 0x0F, _, 0x16, _, ..] = cursor.rest() {
                cursor.take(6).ok()?;
            }
            return Some((cursor.at(), field));
        }
        let mut cursor = Cursor::new(data, 0);
        let value = cursor.data().ok()?;
        if let Some(obis) = list::described_code(&value) {
            self.described.push_back(obis);
            return Some((cursor.at(), Field::Identifier));
        }
        // A description that stands in its own list describes itself first.
        if self.heads.first() == Some(&self.described.len()) && !self.described.is_empty() {
            self.described.pop_front();
        }
        if let Data::List(items) = &value
            && self.described.is_empty()
        {
            self.heads.push(items.len());
            let mut head = Cursor::new(data, 0);
            head.byte().ok()?;
            head.length().ok()?;
            return Some((head.at(), Field::List));
        }
        self.heads.clear();
        let field = match (self.described.pop_front(), &value) {
            (Some(obis), _) => self.record(obis),
            (None, Data::Octets(octets)) if list::code_of(octets).is_some() => Some(Field::Identifier),
            _ => None,
        };
        Some((cursor.at(), field.unwrap_or(Field::Data)))
    }

    /// The next record of this code.
    fn record(&mut self, obis: Obis) -> Option<Field> {
        let mut near = self.frame.records.iter().enumerate().skip(self.next).take(AHEAD);
        let (record, _) = near.find(|(_, record)| record.obis == Some(obis))?;
        self.next = record.saturating_add(1);
        Some(Field::Record(record))
    }
}

/// How many records may have come from elsewhere before the one that is looked for: the clock of a list that names
/// no code for it.
const AHEAD: usize = 4;
