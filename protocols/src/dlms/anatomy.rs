//! The parts of a notification: transport, ciphering, and each value of the list with its code and scaler.
//!
//! A message in several frames or blocks is put together, deciphered and cut; its parts then stand at their places
//! among the frames' heads and checks.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;

use metering::Obis;

use super::data::{Cursor, Data};
use super::security::{Keys, Sealed};
use super::{each_block, hdlc, is_notification, list, mbus};
use crate::anatomy::{Anatomy, Carrier, Field, Knife, Part};
use crate::{DecodeError, ErrorKind, Frame, Options};

/// Cuts the notifications of a buffer. Where a key is missing or wrong, what is encrypted is one part.
pub(crate) fn dissect<'a>(
    bytes: &'a [u8],
    results: &[Result<Frame, DecodeError>],
    options: &Options<'_>,
) -> Option<Anatomy<'a>> {
    let mut plain = Cow::Borrowed(bytes);
    let mut parts: Vec<Part> = Vec::new();
    let mut at = 0_usize;
    for (index, result) in results.iter().enumerate() {
        let rest = bytes.get(at..)?;
        // Behind a damaged frame nothing was read.
        let end = super::message(rest, at).map_or(bytes.len(), |(_, end)| end);
        let line = || Some(Carrier::new(bytes.get(at..end)?, at, index));
        let message = match result {
            Ok(frame) => message(line()?, Some(frame), options, &mut plain),
            Err(DecodeError { kind: ErrorKind::KeyMissing | ErrorKind::KeyWrong, .. }) => {
                message(line()?, None, options, &mut plain)
            }
            Err(_) => None,
        };
        parts.extend(message.map_or_else(|| line().map(|line| line.lay(&[], Field::Unknown)), Some)?);
        at = end;
    }
    Some(Anatomy { bytes: plain, parts, carried: Vec::new() })
}

/// The parts of a message on its line, and its bytes in the clear.
fn message(
    mut line: Carrier<'_>,
    frame: Option<&Frame>,
    options: &Options<'_>,
    plain: &mut Cow<'_, [u8]>,
) -> Option<Vec<Part>> {
    let carried = transport(&mut line)?;
    let mut blocks = Carrier::new(&carried.bytes, 0, 0);
    blocks.knife.cut(carried.llc, Field::Function)?;
    let mut apdu = joined(&mut blocks)?;
    let parts = application(&mut apdu, frame, options)?;
    let mut clear = Cow::Borrowed(carried.bytes.as_slice());
    blocks.put(&apdu, &mut clear)?;
    line.put(&clear, plain)?;
    Some(line.lay(&blocks.lay(&parts, Field::Unknown), Field::Unknown))
}

/// What the frames of a line carry.
struct Carried {
    bytes: Vec<u8>,
    /// How many of the bytes are the LLC header of HDLC.
    llc: usize,
}

/// Cuts what stands before, between and behind the pieces of a message, and puts these together.
fn transport(line: &mut Carrier<'_>) -> Option<Carried> {
    let mut bytes = Vec::new();
    let buffer = line.knife.rest();
    match buffer {
        [0x7E, ..] => {
            let mut frames = Vec::new();
            let at = line.knife.offset();
            hdlc::each(buffer, at, |begin, frame| {
                frames.push((begin, frame.header, frame.information.len(), frame.length));
            })
            .ok()?;
            for (begin, header, information, length) in frames {
                // The flag in front may be the last one of the frame before.
                line.knife.cut_to(at.checked_add(begin)?.checked_add(1)?, Field::Start)?;
                line.knife.cut(2, Field::Length)?;
                line.knife.cut(header.checked_sub(3)?, Field::Address)?;
                line.knife.cut(1, Field::Control)?;
                // Two flags and the check of the whole; the header has its own where information follows.
                let check = length.checked_sub(header)?.checked_sub(information)?.checked_sub(4)?;
                line.knife.cut(check, Field::Check)?;
                bytes.extend_from_slice(line.carry(information)?);
                line.knife.cut(2, Field::Check)?;
                line.knife.cut(1, Field::End)?;
            }
            return Some(Carried { bytes, llc: 3 });
        }
        [0x68, ..] => {
            let mut lengths = Vec::new();
            mbus::each(buffer, 0, |part| lengths.push(part.len())).ok()?;
            for length in lengths {
                line.knife.cut(4, Field::Start)?;
                line.knife.cut(1, Field::Control)?;
                line.knife.cut(1, Field::Address)?;
                line.knife.cut(1, Field::Function)?;
                line.knife.cut(2, Field::Address)?;
                bytes.extend_from_slice(line.carry(length)?);
                line.knife.cut(1, Field::Check)?;
                line.knife.cut(1, Field::End)?;
            }
        }
        [0x00, 0x01, ..] => {
            line.knife.cut(2, Field::Start)?;
            line.knife.cut(4, Field::Address)?;
            line.knife.cut(2, Field::Length)?;
            bytes.extend_from_slice(line.carry(line.knife.rest().len())?);
        }
        _ => bytes.extend_from_slice(line.carry(buffer.len())?),
    }
    Some(Carried { bytes, llc: 0 })
}

/// The APDU, put together where it is in blocks, which are cut.
fn joined(blocks: &mut Carrier<'_>) -> Option<Vec<u8>> {
    let apdu = blocks.knife.rest();
    if apdu.first() != Some(&0xE0) {
        return blocks.carry(apdu.len()).map(<[u8]>::to_vec);
    }
    let mut heads = Vec::new();
    each_block(apdu, 0, |head, part| heads.push((head, part.len()))).ok()?;
    let mut joined = Vec::new();
    for (head, part) in heads {
        blocks.knife.cut(1, Field::Function)?;
        blocks.knife.cut(1, Field::Control)?;
        blocks.knife.cut(4, Field::Sequence)?;
        blocks.knife.cut(head.checked_sub(6)?, Field::Length)?;
        joined.extend_from_slice(blocks.carry(part)?);
    }
    Some(joined)
}

/// The parts of an APDU, whose content is put in the clear.
fn application(apdu: &mut [u8], frame: Option<&Frame>, options: &Options<'_>) -> Option<Vec<Part>> {
    let [0xDB | 0xDC, ..] = apdu else {
        let mut knife = Knife::new(apdu);
        body(&mut knife, apdu.len(), frame?)?;
        return Some(knife.finish(Field::Data));
    };
    let (sealed, _) = Sealed::read(apdu, 0).ok()?;
    let (content, tag) = sealed.extent();
    let end = apdu.len().checked_sub(tag)?;
    let content = end.checked_sub(content)?..end;
    let is_opened = frame.is_some() && sealed.is_encrypted();
    if is_opened {
        let (text, _) = sealed.open(&Keys::new(options.key).ok()?, is_notification).ok()?;
        apdu.get_mut(content.clone())?.copy_from_slice(&text);
    }
    let mut knife = Knife::new(apdu);
    ciphered(&mut knife, &content, frame)?;
    let mut parts = knife.finish(Field::Authenticator);
    for part in &mut parts {
        part.is_deciphered = is_opened && content.contains(&part.offset);
    }
    Some(parts)
}

/// A ciphered APDU up to its tag.
fn ciphered(knife: &mut Knife<'_>, content: &Range<usize>, frame: Option<&Frame>) -> Option<()> {
    knife.cut(1, Field::Function)?;
    knife.cut(9, Field::Title)?;
    // Security control and frame counter stand between the length and the content.
    knife.cut_to(content.start.checked_sub(5)?, Field::Length)?;
    knife.cut(1, Field::Control)?;
    knife.cut(4, Field::MessageCounter)?;
    match frame {
        Some(frame) => body(knife, content.len(), frame),
        None => knife.cut(content.len(), Field::Encrypted).map(|_| ()),
    }
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
    let mut walk =
        Walk { frame, next: 0, described: VecDeque::new(), heads: Vec::new(), before: Before::Other };
    let mut rest = data;
    while !rest.is_empty() {
        let (taken, field, before) = walk.element(rest)?;
        walk.before = before;
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
    before: Before,
}

/// What was passed over last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The head of a list.
    Head,
    /// A value with scaler and unit.
    Scaler,
    Other,
}

impl Walk<'_> {
    /// What begins the rest of the data: an element that became a record (from its code to its scaler, where it has
    /// them), an entry of a description, a value, or the head of a list. How long it is, what it is, and what the next
    /// one has before it.
    fn element(&mut self, data: &[u8]) -> Option<(usize, Field, Before)> {
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
            let mut before = Before::Other;
            if let [0x02, 2, 0x0F, _, 0x16, _, ..] = cursor.rest() {
                cursor.take(6).ok()?;
                before = Before::Scaler;
            }
            return Some((cursor.at(), field, before));
        }
        let mut cursor = Cursor::new(data, 0);
        let value = cursor.data().ok()?;
        if let Some(obis) = list::described_code(&value) {
            self.described.push_back(obis);
            return Some((cursor.at(), Field::Identifier, Before::Other));
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
            return Some((head.at(), Field::List, Before::Head));
        }
        let is_first = self.before == Before::Head && self.heads.len() == 1;
        self.heads.clear();
        let field = match (self.described.pop_front(), &value) {
            (Some(obis), _) => self.record(obis),
            (None, Data::Octets(octets)) if list::code_of(octets).is_some() => Some(Field::Identifier),
            (None, Data::Octets(octets)) if is_first && octets.len() == 12 => self.placed(list::CLOCK),
            (None, Data::Octets(_) | Data::Text(_))
                if self.before == Before::Scaler && cursor.is_at_end() =>
            {
                self.placed(list::NUMBER)
            }
            _ => None,
        };
        Some((cursor.at(), field.unwrap_or(Field::Data), Before::Other))
    }

    /// The record of a value whose place in the list stands for its code: it comes behind all others.
    fn placed(&self, obis: Obis) -> Option<Field> {
        let record = self.frame.records.iter().rposition(|record| record.obis == Some(obis))?;
        let is_behind = self.frame.records.len().saturating_sub(record) <= 2;
        (is_behind && record >= self.next).then_some(Field::Record(record))
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
