//! The parts of a radio telegram: link, layers, records in the clear, and the checks between them.

use std::borrow::Cow;
use std::ops::Range;

use super::link::{self, Telegram};
use super::open;
use super::security::Configuration;
use crate::anatomy::{Anatomy, Field, Knife, Part};
use crate::mbus;
use crate::{Frame, Options};

/// Cuts a telegram. Without a `frame` (its key is missing or wrong) what is encrypted is one part.
pub(crate) fn dissect<'a>(
    bytes: &'a [u8],
    frame: Option<&Frame>,
    options: &Options<'_>,
) -> Option<Anatomy<'a>> {
    let sealed = link::strip(bytes).ok()?;
    let mut opened = link::strip(bytes).ok()?;
    let frame = frame.filter(|_| open::open(&mut opened, options.key, options.plaintext).is_ok());
    let telegram = if frame.is_some() { opened } else { sealed };
    let mut knife = Knife::new(&telegram.bytes);
    let mut sealed = 0..0;
    // A layer that ends early leaves the rest as data.
    let _ = layers(&mut knife, frame, options.plaintext, &mut sealed);
    let mut parts = knife.finish(Field::Data);
    let plain = in_place(bytes, &telegram);
    for part in &mut parts {
        part.is_deciphered = sealed.contains(&part.offset) && plain != bytes;
    }
    let end = bytes.len().saturating_sub(telegram.appended.len());
    Some(Anatomy { bytes: plain, parts: spread(&parts, &telegram, end, bytes.len()), carried: Vec::new() })
}

/// The layers from L on. `sealed` becomes the range that is encrypted on the wire.
fn layers(
    knife: &mut Knife<'_>,
    frame: Option<&Frame>,
    plaintext: bool,
    sealed: &mut Range<usize>,
) -> Option<()> {
    knife.cut(1, Field::Length)?;
    let control = *knife.cut(1, Field::Control)?.first()?;
    knife.cut(8, Field::Identity)?;
    if open::is_request(control) {
        knife.cut(1, Field::Function)?;
        return None;
    }
    loop {
        match *knife.rest().first()? {
            code @ 0x8C..=0x8F => {
                knife.cut(1, Field::Function)?;
                knife.cut(2, Field::Link)?;
                if code & 0x02 != 0 {
                    knife.cut(8, Field::Identity)?;
                }
                if code & 0x01 != 0 {
                    let session = knife.cut(4, Field::Session)?;
                    let is_sealed = session.last()? >> 5 == 1 && !plaintext;
                    if is_sealed {
                        *sealed = knife.offset()..usize::MAX;
                    }
                    if is_sealed && frame.is_none() {
                        return knife.cut(knife.rest().len(), Field::Encrypted).map(|_| ());
                    }
                    knife.cut(2, Field::Check)?;
                }
            }
            0x90 => authentication(knife)?,
            _ => return transport(knife, frame, plaintext, sealed),
        }
    }
}

/// The authentication layer, field by field as its control says.
fn authentication(knife: &mut Knife<'_>) -> Option<()> {
    knife.cut(1, Field::Function)?;
    let length = usize::from(*knife.cut(1, Field::Length)?.first()?);
    let [low, high, ..] = *knife.rest() else { return None };
    let control = u16::from_le_bytes([low, high]);
    let has = |mask: u16| control & mask != 0;
    let fixed = [
        (true, 2, Field::Control),
        (has(0x2000), 1, Field::Control),
        (has(0x0200), 2, Field::Identifier),
        (has(0x0800), 4, Field::MessageCounter),
    ];
    let end = knife.offset().checked_add(length)?;
    for (_, len, field) in fixed.into_iter().filter(|(is_there, ..)| *is_there) {
        knife.cut(len, field)?;
    }
    let total = if has(0x1000) { 2 } else { 0 };
    let left = end.checked_sub(knife.offset())?.checked_sub(total)?;
    knife.cut(left, Field::Authenticator)?;
    knife.cut(total, Field::Length).map(|_| ())
}

/// The header of CI, then the payload.
fn transport(
    knife: &mut Knife<'_>,
    frame: Option<&Frame>,
    plaintext: bool,
    sealed: &mut Range<usize>,
) -> Option<()> {
    let code = *knife.cut(1, Field::Function)?.first()?;
    let (header, content) = open::transport(code)?;
    if header == open::Header::Long {
        knife.cut(8, Field::Identity)?;
    }
    if header != open::Header::None {
        let [_, _, low, high, ..] = *knife.rest() else { return None };
        let configuration = Configuration(u16::from_le_bytes([low, high]));
        knife.cut(if configuration.has_extension() { 5 } else { 4 }, Field::Status)?;
        let is_sealed = matches!(configuration.mode(), 5 | 7) && configuration.encrypted() > 0 && !plaintext;
        if is_sealed && content != open::Content::Nothing {
            let end = knife.offset().checked_add(configuration.encrypted())?;
            *sealed = knife.offset()..sealed.end.max(end);
            if frame.is_none() {
                knife.cut(configuration.encrypted(), Field::Encrypted)?;
            }
        }
    }
    match (content, frame) {
        (open::Content::Records, Some(frame)) => mbus::anatomy::payload(knife, frame),
        (open::Content::Compact, Some(_)) => {
            knife.cut(2, Field::Identifier)?;
            knife.cut(2, Field::Check).map(|_| ())
        }
        (open::Content::Manufacturer | open::Content::MakersMode, _) => {
            knife.cut(knife.rest().len(), Field::ManufacturerData).map(|_| ())
        }
        _ => None,
    }
}

/// The receiver's buffer with the telegram's bytes as they are in the clear.
fn in_place<'a>(bytes: &'a [u8], telegram: &Telegram<'_>) -> Cow<'a, [u8]> {
    let mut plain = Cow::Borrowed(bytes);
    // L is the wire's own: format B counts its checks.
    for (index, byte) in telegram.bytes.iter().enumerate().skip(1) {
        let at = telegram.buffer_offset(index);
        if bytes.get(at) != Some(byte)
            && let Some(place) = plain.to_mut().get_mut(at)
        {
            *place = *byte;
        }
    }
    plain
}

/// The parts of a telegram at their places in the receiver's buffer, with the link's checks between them.
fn spread(parts: &[Part], telegram: &Telegram<'_>, end: usize, whole: usize) -> Vec<Part> {
    let mut spread: Vec<Part> = Vec::new();
    let mut next = 0_usize;
    let between = |spread: &mut Vec<Part>, from: usize, to: usize, field| {
        if let Some(len) = to.checked_sub(from).filter(|len| *len > 0) {
            spread.push(Part { offset: from, len, frame: 0, field, is_deciphered: false });
        }
    };
    for part in parts {
        let mut begins = true;
        for index in part.offset..part.offset.saturating_add(part.len) {
            let at = telegram.buffer_offset(index);
            between(&mut spread, next, at, Field::Check);
            match spread.last_mut() {
                Some(last) if !begins && at == next => last.len = last.len.saturating_add(1),
                _ => spread.push(Part { offset: at, len: 1, ..*part }),
            }
            begins = false;
            next = at.saturating_add(1);
        }
    }
    between(&mut spread, next, end, Field::Check);
    between(&mut spread, end.max(next), whole, Field::Preamble);
    spread
}
