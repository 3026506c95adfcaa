//! The parts of a telegram: its lines, each with the objects that it became.

use std::borrow::Cow;

use super::{next_start, objects, sealed, telegram::Telegram};
use crate::anatomy::{Anatomy, Field, Knife};
use crate::{Frame, Options};

/// Cuts a telegram that was read.
pub(crate) fn dissect<'a>(bytes: &'a [u8], frame: &Frame, options: &Options<'_>) -> Option<Anatomy<'a>> {
    if bytes.first() != Some(&0xDB) {
        let mut knife = Knife::new(bytes);
        lines(&mut knife, frame)?;
        return Some(Anatomy { bytes: Cow::Borrowed(bytes), parts: knife.finish(Field::Filler) });
    }
    // The text has the place of the ciphertext, between a header of 18 bytes and the tag.
    let text = sealed::open(bytes, options.key).ok()?;
    let begin = bytes.len().checked_sub(text.len())?.checked_sub(TAG)?;
    let mut plain = bytes.to_vec();
    plain.get_mut(begin..)?.get_mut(..text.len())?.copy_from_slice(&text);
    let mut knife = Knife::new(&plain);
    knife.cut(1, Field::Function)?;
    knife.cut(9, Field::Title)?;
    knife.cut(begin.checked_sub(15)?, Field::Length)?;
    knife.cut(1, Field::Control)?;
    knife.cut(4, Field::MessageCounter)?;
    let end = begin.checked_add(text.len())?;
    let mut inner = Knife::new(&text);
    lines(&mut inner, frame)?;
    for part in inner.finish(Field::Filler) {
        knife.cut(part.len, part.field)?;
    }
    let mut parts = knife.finish(Field::Authenticator);
    for part in parts.iter_mut().filter(|part| (begin..end).contains(&part.offset)) {
        part.is_deciphered = true;
    }
    Some(Anatomy { bytes: Cow::Owned(plain), parts })
}

/// Bytes of the tag.
const TAG: usize = 12;

/// Identification, a line an object, and the check.
fn lines(knife: &mut Knife<'_>, frame: &Frame) -> Option<()> {
    let start = next_start(knife.rest(), 0)?;
    let telegram = Telegram::cut(knife.rest(), start).ok()?;
    knife.cut(start, Field::Preamble)?;
    let lines = telegram.lines();
    let body = lines.first().map_or(telegram.crc_at.checked_sub(1)?, |(offset, _)| *offset);
    let identification = telegram.identification.len().checked_add(1)?;
    knife.cut(identification, Field::Identity)?;
    knife.cut(body.checked_sub(knife.offset())?, Field::Filler)?;
    let ends = lines.iter().skip(1).map(|(offset, _)| *offset).chain([telegram.crc_at.checked_sub(1)?]);
    let mut read = Frame::new(frame.format);
    let mut reader = objects::Reader::new(&mut read);
    for ((offset, line), end) in lines.iter().zip(ends) {
        let before = reader.count();
        reader.line(*offset, line);
        let field = match line.split_once('(') {
            _ if reader.count() > before => Field::Record(before),
            Some(("0-0:1.0.0", _)) => Field::Clock,
            Some((code, _)) if code.ends_with(":24.1.0") => Field::MeterType,
            _ => Field::Unknown,
        };
        knife.cut(end.checked_sub(*offset)?, field)?;
    }
    knife.cut(1, Field::End)?;
    knife.cut(telegram.end.checked_sub(telegram.crc_at)?, Field::Check).map(|_| ())
}
