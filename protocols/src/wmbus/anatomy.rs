//! The parts of a radio telegram: link, layers, records in the clear, and the checks between them.

use std::borrow::Cow;
use std::ops::Range;

use super::compact;
use super::drivers::{self, Cut, MakersPlace};
use super::link::{self, Telegram};
use super::open::{self, Content, Header, Opened};
use super::security::Configuration;
use crate::anatomy::{Anatomy, Carrier, Field, Knife};
use crate::mbus::{self, Identity};
use crate::{Frame, Options};

/// Cuts a telegram. Without a `frame` (its key is missing or wrong) what is encrypted is one part.
pub(crate) fn dissect<'a>(
    bytes: &'a [u8],
    frame: Option<&Frame>,
    options: &Options<'_>,
) -> Option<Anatomy<'a>> {
    let sealed = link::strip(bytes).ok()?;
    let mut opened = link::strip(bytes).ok()?;
    let payload = match (frame, open::open(&mut opened, options.key, options.plaintext)) {
        (Some(frame), Ok(Opened { identity, content, offset, .. })) => {
            Some(Payload { frame, identity, content, offset })
        }
        _ => None,
    };
    let mut telegram = if payload.is_some() { opened } else { sealed };
    let mut walk = Walk::new(&telegram.bytes, payload, options);
    // A layer that ends early leaves the rest as data.
    let _ = walk.layers();
    let Walk { knife, mut sealed, makers, .. } = walk;
    let mut parts = knife.finish(Field::Data);
    let mut record = payload.map_or(0, |payload| payload.frame.records.len());
    for cut in makers.into_iter().rev() {
        record = record.checked_sub(cut.count)?;
        let scrambled = cut.unscramble(telegram.bytes.to_mut());
        sealed = scrambled.clone().unwrap_or(sealed);
        parts = cut.lay_over(&parts, record, scrambled);
    }
    let end = bytes.len().saturating_sub(telegram.appended.len());
    let carrier = carrier(bytes, &telegram, end)?;
    let mut message = telegram.bytes.into_owned();
    // L is the wire's own: format B counts its checks.
    *message.first_mut()? = *bytes.first()?;
    let mut plain = Cow::Borrowed(bytes);
    carrier.put(&message, &mut plain)?;
    for part in &mut parts {
        part.is_deciphered = sealed.contains(&part.offset) && plain != bytes;
    }
    Some(Anatomy { bytes: plain, parts: carrier.lay(&parts, Field::Preamble), carried: Vec::new() })
}

/// The receiver's buffer: the telegram up to `end` with the link's checks between, then what the receiver appended.
fn carrier<'a>(bytes: &'a [u8], telegram: &Telegram<'_>, end: usize) -> Option<Carrier<'a>> {
    let mut carrier = Carrier::new(bytes, 0, 0);
    for index in 0..telegram.bytes.len() {
        carrier.knife.cut_to(telegram.buffer_offset(index), Field::Check)?;
        carrier.carry(1)?;
    }
    carrier.knife.cut_to(end, Field::Check)?;
    Some(carrier)
}

/// What the layers open.
#[derive(Clone, Copy)]
struct Payload<'a> {
    frame: &'a Frame,
    identity: Identity,
    content: Content,
    /// Where it begins in the telegram.
    offset: usize,
}

/// A way through the layers from L on.
struct Walk<'a> {
    telegram: &'a [u8],
    knife: Knife<'a>,
    /// `None` where no key has opened it.
    payload: Option<Payload<'a>>,
    options: &'a Options<'a>,
    /// What is encrypted on the wire.
    sealed: Range<usize>,
    /// What drivers read, in the order of their records.
    makers: Vec<Cut>,
}

impl<'a> Walk<'a> {
    const fn new(telegram: &'a [u8], payload: Option<Payload<'a>>, options: &'a Options<'a>) -> Self {
        let knife = Knife::new(telegram);
        Self { telegram, knife, payload, options, sealed: 0..0, makers: Vec::new() }
    }

    fn layers(&mut self) -> Option<()> {
        let knife = &mut self.knife;
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
                        let is_sealed = session.last()? >> 5 == 1 && !self.options.plaintext;
                        if is_sealed {
                            self.sealed = knife.offset()..usize::MAX;
                        }
                        if is_sealed && self.payload.is_none() {
                            return knife.cut(knife.rest().len(), Field::Encrypted).map(|_| ());
                        }
                        knife.cut(2, Field::Check)?;
                    }
                }
                0x90 => authentication(knife)?,
                _ => return self.transport(),
            }
        }
    }

    /// CI and its header, then the payload.
    fn transport(&mut self) -> Option<()> {
        let knife = &mut self.knife;
        let code = *knife.cut(1, Field::Function)?.first()?;
        let (header, content) = open::transport(code)?;
        if header == Header::Long {
            knife.cut(8, Field::Identity)?;
        }
        if header != Header::None {
            let [_, _, low, high, ..] = *knife.rest() else { return None };
            let configuration = Configuration(u16::from_le_bytes([low, high]));
            knife.cut(if configuration.has_extension() { 5 } else { 4 }, Field::Status)?;
            let is_sealed = configuration.is_sealed() && !self.options.plaintext;
            if is_sealed && content != Content::Nothing {
                let end = knife.offset().checked_add(configuration.encrypted())?;
                self.sealed = knife.offset()..self.sealed.end.max(end);
                if self.payload.is_none() {
                    knife.cut(configuration.encrypted(), Field::Encrypted)?;
                }
            }
        }
        let payload = self.payload?;
        // Check bytes.
        knife.cut(payload.offset.checked_sub(knife.offset())?, Field::Filler)?;
        self.content(payload)
    }

    /// The payload, which reaches to the end.
    fn content(&mut self, Payload { frame, identity, content, offset }: Payload<'_>) -> Option<()> {
        let knife = &mut self.knife;
        let payload = knife.rest();
        let telegram = drivers::Telegram { bytes: self.telegram, key: self.options.key };
        let driver = |place, own: &[u8]| Cut::find(identity, place, own, &telegram);
        match content {
            Content::Records => {
                if let Some(cut) = driver(MakersPlace::Payload, payload) {
                    self.makers.push(cut);
                    return knife.cut(payload.len(), Field::ManufacturerData).map(|_| ());
                }
                let tail = frame.manufacturer_data.as_deref();
                self.makers.extend(driver(MakersPlace::Beside, payload));
                self.makers.extend(tail.and_then(|tail| driver(MakersPlace::Tail, tail)));
                mbus::anatomy::payload(knife, frame)
            }
            Content::Compact => {
                let full = compact::expand(payload, offset, self.options).ok()?;
                knife.cut(2, Field::Identifier)?;
                knife.cut(2, Field::Check)?;
                mbus::anatomy::compact(knife, &full, frame)
            }
            Content::Layout => {
                knife.cut(1, Field::Length)?;
                knife.cut(2, Field::Identifier)?;
                mbus::anatomy::blocks(knife)
            }
            Content::Manufacturer | Content::MakersMode => {
                let place =
                    if content == Content::Manufacturer { MakersPlace::Code } else { MakersPlace::Payload };
                self.makers.extend(driver(place, payload));
                knife.cut(payload.len(), Field::ManufacturerData).map(|_| ())
            }
            Content::ApplicationError | Content::Alarm | Content::Request | Content::Nothing => None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decoded, Format, decode};

    /// The parts of a water meter's telegram behind its link layer: length and field.
    fn parts(behind: &[u8], options: &Options<'_>) -> Vec<(usize, Field)> {
        let mut bytes = vec![0, 0x44, 0x2D, 0x2C, 0x78, 0x56, 0x34, 0x12, 0x1B, 0x07];
        bytes.extend_from_slice(behind);
        bytes[0] = u8::try_from(bytes.len()).unwrap().checked_sub(1).unwrap();
        let frame = match decode(Format::Wmbus, &bytes, options) {
            Decoded::One(Ok(frame)) => frame,
            other => panic!("{other:?}"),
        };
        let parts = dissect(&bytes, Some(&frame), options).unwrap().parts;
        parts.iter().skip(3).map(|part| (part.len, part.field)).collect()
    }

    /// Behind the layers: flow, volume, maximum flow, in a layout that is known of all such meters.
    fn compact() -> Vec<u8> {
        let full = [0x02, 0xFF, 0x20, 0, 0, 0x04, 0x13, 1, 2, 3, 4, 0x52, 0x3B, 5, 6];
        let crc = crate::wmbus::crc::over(&[&full]).to_le_bytes();
        [&[0x0E, 0x7C][..], &crc, &[0, 0, 1, 2, 3, 4, 5, 6]].concat()
    }

    #[test]
    fn a_compact_frame_is_cut_by_the_layout_of_its_full_frame() {
        let bytes = [&[0x79][..], &compact()].concat();
        let expect = [
            (1, Field::Function),
            (2, Field::Identifier),
            (2, Field::Check),
            (2, Field::Record(0)),
            (4, Field::Record(1)),
            (2, Field::Record(2)),
        ];
        assert_eq!(parts(&bytes, &Options::default()), expect);
    }

    #[test]
    fn check_bytes_stand_before_what_was_encrypted() {
        let key = [7; 16];
        let mut payload = [&[0x2F, 0x2F][..], &compact(), &[0x2F, 0x2F]].concat();
        let vector = [0x2D, 0x2C, 0x78, 0x56, 0x34, 0x12, 0x1B, 0x07, 4, 4, 4, 4, 4, 4, 4, 4];
        crate::wmbus::crypto::cbc_encrypt(&key, &vector, &mut payload);
        let bytes = [&[0x7B, 4, 0, 0x10, 0x05][..], &payload].concat();
        let parts = parts(&bytes, &Options { key: Some(&key), ..Options::default() });
        let expect = [(2, Field::Filler), (2, Field::Identifier), (2, Field::Check), (2, Field::Record(0))];
        assert_eq!(parts.get(2..6).unwrap(), expect);
    }

    #[test]
    fn a_format_frame_is_cut_into_its_blocks() {
        let bytes = [0x69, 0x09, 0x0E, 0x7C, 0x02, 0xFF, 0x20, 0x04, 0x13, 0x52, 0x3B];
        let expect = [
            (1, Field::Function),
            (1, Field::Length),
            (2, Field::Identifier),
            (3, Field::Identifier),
            (2, Field::Identifier),
            (2, Field::Identifier),
        ];
        assert_eq!(parts(&bytes, &Options::default()), expect);
    }

    #[test]
    fn a_series_in_one_record_is_one_part_and_the_next_record_has_its_own() {
        // A compact profile of three elements, and a volume.
        let series = [0x8D, 0x01, 0x93, 0x1F, 0x05, 0x61, 0xFE, 1, 2, 3];
        let bytes = [&[0x78][..], &series, &[0x0C, 0x13, 1, 0, 0, 0]].concat();
        let expect = [(1, Field::Function), (10, Field::Record(0)), (6, Field::Record(3))];
        assert_eq!(parts(&bytes, &Options::default()), expect);
    }
}
