//! The parts of a pack: its records, each with what it became.

use super::{Content, Entry, entries, is_json, put};
use crate::anatomy::{Anatomy, Field, Knife};
use crate::envelope::carried;
use crate::{Format, Frame, Options, cbor, document};

/// Cuts a pack that was read. Where it has been read for the `opaque` bytes that one of its records holds, the others
/// say nothing.
pub(crate) fn dissect<'a>(
    bytes: &'a [u8],
    opaque: Option<&[u8]>,
    options: &Options<'_>,
) -> Option<Anatomy<'a>> {
    let (format, brackets, places) = if is_json(bytes) {
        (Format::SenmlJson, Field::Member, document::outline::elements(std::str::from_utf8(bytes).ok()?))
    } else {
        (Format::SenmlCbor, Field::List, cbor::elements(bytes).ok()?)
    };
    let mut resolved = entries(bytes).ok()?.into_iter().peekable();
    let mut frames = Vec::new();
    let mut carried = None;
    let mut knife = Knife::new(bytes);
    for (index, place) in places.into_iter().enumerate() {
        knife.cut_to(place.start, brackets)?;
        let mut field = Field::Base;
        while let Some(entry) = resolved.next_if(|entry| entry.index == index) {
            field = match (&entry.content, opaque) {
                (Some(Content::Data(data)), Some(opaque)) if data == opaque && carried.is_none() => {
                    carried = carried::dissect(knife.count(), data, options);
                    Field::ManufacturerData
                }
                (_, Some(_)) => Field::Unknown,
                (_, None) => told(&mut frames, &entry, format, options)?,
            };
        }
        knife.frame = frames.len().saturating_sub(1);
        knife.cut_to(place.end, field)?;
    }
    let carried = carried.map(|(carried, _)| carried).into_iter().collect();
    Some(Anatomy { carried, ..Anatomy::plain(bytes, knife.finish(brackets)) })
}

/// What a record of the pack becomes, which is the reader's to say.
fn told(frames: &mut Vec<Frame>, entry: &Entry, format: Format, options: &Options<'_>) -> Option<Field> {
    let (had, before) = (frames.len(), frames.last().map_or(0, |frame| frame.records.len()));
    put(frames, entry, format, options);
    let first = if frames.len() > had { 0 } else { before };
    let is_record = frames.last()?.records.len() > first;
    Some(if is_record { Field::Record(first) } else { Field::Unknown })
}
