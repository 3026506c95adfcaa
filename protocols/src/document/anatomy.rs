//! The parts of a push document: its fields, each with the record that it became, and the frames that it carries.
//!
//! A field became a record if their values are the same and its name says what the record says: the readers of the
//! platforms each have their own way through a document, and none of them needs a second one for this.

use std::collections::{HashSet, VecDeque};

use metering::{Medium, Quantity, Register};

use super::Json;
use super::outline::{self, Leaf};
use crate::anatomy::{Anatomy, Carried, Field, Knife};
use crate::envelope::{carried, fields};
use crate::{DecodeError, Decoded, Format, Frame, Options, Record, Value};

/// How many records that no field has told yet are compared with a field: names of the device stand behind its
/// readings.
const AHEAD: usize = 64;

/// Cuts a document that was read.
pub(crate) fn dissect<'a>(
    bytes: &'a [u8],
    results: &[Result<Frame, DecodeError>],
    options: &Options<'_>,
) -> Option<Anatomy<'a>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let leaves = outline::leaves(text);
    // Each element of a list is a frame, or may be several.
    let elements = leaves.last().map_or(0, |leaf| leaf.element).checked_add(1)?;
    let is_list = text.trim_start().starts_with('[') && elements == results.len();
    let mut told = Told::new(results, is_list);
    let mut inner = Vec::new();
    let mut knife = Knife::new(bytes);
    for leaf in &leaves {
        if is_list {
            told.frame = leaf.element;
        }
        knife.frame = told.frame;
        knife.cut_to(leaf.place.start, Field::Member)?;
        let field = match told.carried(leaf, knife.count(), options) {
            Some(found) => {
                inner.push(found);
                Field::Data
            }
            None => told.field(leaf),
        };
        knife.frame = told.frame;
        knife.cut_to(leaf.place.end, field)?;
    }
    Some(Anatomy { carried: inner, ..Anatomy::plain(bytes, knife.finish(Field::Member)) })
}

/// Which records have had their field.
struct Told<'r> {
    results: &'r [Result<Frame, DecodeError>],
    /// Frame and place of those that have not.
    left: VecDeque<(usize, usize)>,
    /// How many of each frame a payload has told.
    done: Vec<usize>,
    /// The fields that the readers did not know, with their frame.
    unknown: HashSet<(usize, &'r [u8])>,
    /// The frame that is being told.
    frame: usize,
    /// Whether it is known without its records: each element of the document is a frame.
    is_list: bool,
}

impl<'r> Told<'r> {
    fn new(results: &'r [Result<Frame, DecodeError>], is_list: bool) -> Self {
        let frames =
            || results.iter().enumerate().filter_map(|(index, result)| Some((index, result.as_ref().ok()?)));
        let records =
            |(index, frame): (usize, &'r Frame)| (0..frame.records.len()).map(move |record| (index, record));
        let names = |(index, frame): (usize, &'r Frame)| {
            let warnings = frame.warnings.iter();
            warnings
                .filter_map(move |warning| Some((index, warning.bytes.split(|byte| *byte == b'=').next()?)))
        };
        let (left, unknown) = (frames().flat_map(records).collect(), frames().flat_map(names).collect());
        Self { results, left, done: vec![0; results.len()], unknown, frame: 0, is_list }
    }

    fn frame_at(&self, index: usize) -> Option<&'r Frame> {
        self.results.get(index)?.as_ref().ok()
    }

    /// What a leaf that carries no frame is.
    fn field(&mut self, leaf: &Leaf<'_>) -> Field {
        let is_done =
            |(frame, record): &(usize, usize)| self.done.get(*frame).is_some_and(|done| record < done);
        while self.left.front().is_some_and(is_done) {
            self.left.pop_front();
        }
        let found = self.left.iter().take(AHEAD).position(|(index, record)| {
            (*index == self.frame || *index > self.frame && !self.is_list)
                && !is_done(&(*index, *record))
                && self.frame_at(*index).is_some_and(|frame| {
                    frame.records.get(*record).is_some_and(|record| became(leaf, record, frame.device.medium))
                })
        });
        if let Some((frame, record)) = found.and_then(|at| self.left.remove(at)) {
            self.frame = frame;
            return Field::Record(record);
        }
        let [name, holder] = &leaf.names;
        let name = name.as_deref().or(holder.as_deref()).unwrap_or_default();
        let Some(frame) = self.frame_at(self.frame) else { return Field::Unknown };
        let is_makers = || {
            carried::bytes(leaf.value.text()?).filter(|bytes| Some(bytes) == frame.manufacturer_data.as_ref())
        };
        let is_address = leaf.value.name().is_some() && frame.device.address.as_deref() == leaf.value.name();
        match name {
            _ if self.unknown.contains(&(self.frame, name.as_bytes())) => Field::Unknown,
            "time" | "timestamp" | "at" | "event_time" | "eventTime" | "event_time_ms" => Field::Clock,
            _ if is_address => Field::Address,
            _ if is_makers().is_some() => Field::ManufacturerData,
            _ => Field::Member,
        }
    }

    /// What a text carries. `part` is the part that it becomes.
    fn carried(&mut self, leaf: &Leaf<'_>, part: usize, options: &Options<'_>) -> Option<Carried> {
        let text = leaf.value.text()?;
        self.frames_in(text, part, options).or_else(|| self.document_in(text, part, options))
    }

    /// A payload, if its records are those that the document became.
    fn frames_in(&mut self, text: &str, part: usize, options: &Options<'_>) -> Option<Carried> {
        let bytes = carried::bytes(text).unwrap_or_else(|| text.as_bytes().to_vec());
        let (mut carried, decoded) = carried::dissect(part, &bytes, options)?;
        let told = self.same(decoded)?;
        for (done, count) in self.done.iter_mut().skip(self.frame).zip(told) {
            *done = count.max(*done);
        }
        carried.anatomy.put_off(self.frame);
        Some(carried)
    }

    /// A document that stands in another as a text: the message of a OneNET push.
    fn document_in(&mut self, text: &str, part: usize, options: &Options<'_>) -> Option<Carried> {
        self.frame_at(self.frame).filter(|frame| frame.format == Format::Onenet)?;
        Json::parse(text.as_bytes()).ok().filter(|inner| !inner.members().is_empty())?;
        let anatomy = dissect(text.as_bytes(), self.results, options)?.into_owned();
        self.left.clear();
        Some(Carried { part, format: Format::Onenet, anatomy })
    }

    /// How many records the frames of a payload have, if they are those that the document became.
    fn same(&self, decoded: Decoded) -> Option<Vec<usize>> {
        let frames: Vec<Frame> = decoded.into_results().into_iter().collect::<Result<_, _>>().ok()?;
        let is_same = |(index, inner): (usize, &Frame)| {
            let outer = self.frame_at(self.frame.saturating_add(index));
            let begin = outer.and_then(|outer| outer.records.get(..inner.records.len()));
            let quantities =
                |records: &[Record]| records.iter().map(|record| record.quantity).collect::<Vec<_>>();
            begin.is_some_and(|begin| quantities(begin) == quantities(&inner.records))
        };
        let told = || frames.iter().map(|frame| frame.records.len()).collect();
        frames.iter().enumerate().all(is_same).then(told)
    }
}

/// Whether a field became a record.
fn became(leaf: &Leaf<'_>, record: &Record, medium: Option<Medium>) -> bool {
    let is_value = match &record.value {
        Value::None => leaf.value == Json::Null,
        Value::Number(number) => leaf.value.decimal() == Some(*number),
        Value::Text(text) => leaf.value.name() == Some(text.as_str()),
    };
    is_value && leaf.names.iter().flatten().any(|name| names(name, leaf, record, medium))
}

/// Whether a name says what a record says.
fn names(name: &str, leaf: &Leaf<'_>, record: &Record, medium: Option<Medium>) -> bool {
    let facts = |record: &Record| (record.quantity, record.function, record.storage, record.tariff);
    match (record.quantity, name) {
        // A data stream is named by the field beside its value.
        (_, "value") | (Quantity::SignalStrength, "rssi") | (Quantity::SignalQuality, "snr") => true,
        (Quantity::Identification, _) if matches!(record.value, Value::Text(_)) => true,
        _ => {
            name.parse::<Register>().is_ok_and(|register| register == record.register())
                || fields::record(name, &leaf.value, medium).is_some_and(|told| facts(&told) == facts(record))
        }
    }
}
