//! The parts of a telegram: its lines, each with the objects that it became.

use std::borrow::Cow;

use super::{next_start, objects, sealed, telegram::Telegram};
use crate::anatomy::{Anatomy, Field, Knife};
use crate::{DecodeError, Format, Frame, Options};

/// Cuts telegrams that were read, and damaged ones between them.
pub(crate) fn dissect<'a>(
    bytes: &'a [u8],
    results: &[Result<Frame, DecodeError>],
    options: &Options<'_>,
) -> Option<Anatomy<'a>> {
    if bytes.first() != Some(&0xDB) {
        let mut knife = Knife::new(bytes);
        telegrams(&mut knife, results)?;
        return Some(Anatomy::plain(bytes, knife.finish(Field::Filler)));
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
    telegrams(&mut inner, results)?;
    for part in inner.finish(Field::Filler) {
        knife.frame = part.frame;
        knife.cut(part.len, part.field)?;
    }
    let mut parts = knife.finish(Field::Authenticator);
    for part in parts.iter_mut().filter(|part| (begin..end).contains(&part.offset)) {
        part.is_deciphered = true;
    }
    Some(Anatomy { bytes: Cow::Owned(plain), parts, carried: Vec::new() })
}

/// Bytes of the tag.
const TAG: usize = 12;

/// Each telegram, a damaged one as one part.
fn telegrams(knife: &mut Knife<'_>, results: &[Result<Frame, DecodeError>]) -> Option<()> {
    let buffer = knife.rest();
    for (index, result) in results.iter().enumerate() {
        let start = next_start(buffer, knife.offset())?;
        knife.cut_to(start, Field::Preamble)?;
        knife.frame = index;
        match (Telegram::cut(buffer, start), result) {
            (Ok(telegram), Ok(_)) => lines(knife, &telegram)?,
            (Ok(Telegram { end, .. }) | Err((_, end)), _) => knife.cut_to(end, Field::Unknown)?,
        }
    }
    Some(())
}

/// Identification, a line an object, and the check.
fn lines(knife: &mut Knife<'_>, telegram: &Telegram<'_>) -> Option<()> {
    let end = telegram.crc_at.checked_sub(1)?;
    let lines = telegram.lines();
    let identification = telegram.identification.len().checked_add(1)?;
    knife.cut(identification, Field::Identity)?;
    knife.cut_to(lines.first().map_or(end, |(offset, _)| *offset), Field::Filler)?;
    let ends = lines.iter().skip(1).map(|(offset, _)| *offset).chain([end]);
    let mut read = Frame::new(Format::P1);
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
        knife.cut_to(end, field)?;
    }
    knife.cut(1, Field::End)?;
    knife.cut_to(telegram.end, Field::Check)
}
