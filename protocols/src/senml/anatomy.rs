//! The parts of a pack: its records, each with what it became.

use super::{entries, is_json, put};
use crate::anatomy::{Anatomy, Field, Knife};
use crate::{Format, Options, cbor, document};

/// Cuts a pack that was read.
pub(crate) fn dissect<'a>(bytes: &'a [u8], options: &Options<'_>) -> Option<Anatomy<'a>> {
    let (format, brackets, places) = if is_json(bytes) {
        (Format::SenmlJson, Field::Member, document::outline::elements(std::str::from_utf8(bytes).ok()?))
    } else {
        (Format::SenmlCbor, Field::List, cbor::elements(bytes).ok()?)
    };
    let mut resolved = entries(bytes).ok()?.into_iter().peekable();
    let mut frames = Vec::new();
    let mut knife = Knife::new(bytes);
    for (index, place) in places.into_iter().enumerate() {
        knife.cut_to(place.start, brackets)?;
        let mut field = Field::Base;
        while let Some(entry) = resolved.next_if(|entry| entry.index == index) {
            let had = frames.len();
            let before = frames.last().map_or(0, |frame: &crate::Frame| frame.records.len());
            put(&mut frames, &entry, format, options);
            let first = if frames.len() > had { 0 } else { before };
            let is_record = frames.last()?.records.len() > first;
            field = if is_record { Field::Record(first) } else { Field::Unknown };
        }
        knife.frame = frames.len().saturating_sub(1);
        knife.cut_to(place.end, field)?;
    }
    Some(Anatomy::plain(bytes, knife.finish(brackets)))
}
