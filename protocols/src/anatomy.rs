//! Which bytes of a frame say what: for people who look at a frame beside its meaning.
//!
//! Every buffer that was read has an anatomy: frames of fields, telegrams of lines, documents. What a key opened stands
//! in the clear at its own place: no cipher here changes a length. What a document carries has an anatomy of its own.
//! A damaged frame is one part: its lengths can't be believed.
//! What the parts say is [`crate::decode`]'s business; a part that became a record has its place among the records.

mod carrier;

use std::borrow::Cow;

pub(crate) use carrier::Carrier;

use crate::{DecodeError, ErrorKind, Format, Frame, stream};

/// A buffer and its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anatomy<'a> {
    /// The buffer, with what was encrypted in the clear where a key opened it.
    pub bytes: Cow<'a, [u8]>,
    /// Its parts in wire order and without gaps; none where the buffer has no anatomy.
    pub parts: Vec<Part>,
    /// What its parts carry: the frames that stand in a document as base64 or hex.
    pub carried: Vec<Carried>,
}

impl<'a> Anatomy<'a> {
    /// The parts of a buffer that is in the clear and carries nothing.
    pub(crate) const fn plain(bytes: &'a [u8], parts: Vec<Part>) -> Self {
        Self { bytes: Cow::Borrowed(bytes), parts, carried: Vec::new() }
    }

    /// Its frames are those of a document from `first` on.
    pub(crate) fn put_off(&mut self, first: usize) {
        for part in &mut self.parts {
            part.frame = part.frame.saturating_add(first);
        }
        self.carried.iter_mut().for_each(|carried| carried.anatomy.put_off(first));
    }

    /// The same with the bytes for its own.
    pub(crate) fn into_owned(self) -> Anatomy<'static> {
        Anatomy { bytes: Cow::Owned(self.bytes.into_owned()), parts: self.parts, carried: self.carried }
    }
}

/// A frame inside a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Which of the parts carries it.
    pub part: usize,
    /// What it was read as.
    pub format: Format,
    /// Its bytes and their parts, of the frames of the document.
    pub anatomy: Anatomy<'static>,
}

/// One part of a frame, at least a byte long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where its first byte stands in the buffer.
    pub offset: usize,
    /// How many bytes it has.
    pub len: usize,
    /// Which of the buffer's frames it belongs to.
    pub frame: usize,
    /// What it is. A record whose bytes stand in several frames or blocks of what carries it has several parts.
    pub field: Field,
    /// Whether its bytes were encrypted on the wire.
    pub is_deciphered: bool,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident;)*) => {
        /// What a part of a frame is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Field {
            $($(#[$doc])* $variant,)*
            /// The record at this place of the frame's records.
            Record(usize),
        }

        impl Field {
            /// Every field but the records.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
        }
    };
}

fields! {
    /// Bytes that wake the line, or belong to no frame.
    Preamble;
    /// Start marks, with the length that stands between them.
    Start;
    /// What the frame wants or answers.
    Control;
    /// Whom it is for, or whom it is from.
    Address;
    /// What kind of meter.
    MeterType;
    /// How many bytes follow.
    Length;
    /// Which layout follows (CI), or which function (Modbus).
    Function;
    /// Identification, maker, version, medium.
    Identity;
    /// Access number, status, configuration.
    Status;
    /// Which data.
    Identifier;
    /// The number that request and answer share.
    Sequence;
    /// How the link is to be used, and which telegram it is: CC and access number of a radio link.
    Link;
    /// Session number: encryption, time and counter.
    Session;
    /// Counts the messages under a key.
    MessageCounter;
    /// What shows that the message is the meter's.
    Authenticator;
    /// Who encrypted: maker and number.
    Title;
    /// A list or structure begins: its tag and how many elements it has.
    List;
    /// What holds for all records behind it.
    Base;
    /// What of a document is no record: names, brackets.
    Member;
    /// What no key has opened.
    Encrypted;
    /// Data that is no single record.
    Data;
    /// The device's clock.
    Clock;
    /// An alarm, raised or not.
    Flag;
    /// What is said of the values beside it: their unit, how good they are.
    Qualifier;
    /// Filler.
    Filler;
    /// What was not understood.
    Unknown;
    /// The maker's own.
    ManufacturerData;
    /// Sum or CRC.
    Check;
    /// End mark.
    End;
}

/// The parts of frames that `cut` cuts from their front to their end, with what stands between them. There is no frame
/// where a key is missing or wrong.
pub(crate) fn each(
    bytes: &[u8],
    places: Vec<stream::Place>,
    results: &[Result<Frame, DecodeError>],
    cut: &mut dyn FnMut(&mut Knife<'_>, Option<&Frame>) -> Option<()>,
) -> Option<Vec<Part>> {
    if places.iter().filter(|place| place.result.is_some()).count() != results.len() {
        return None;
    }
    let mut parts: Vec<Part> = Vec::new();
    for place in places {
        let frame = place.result.or_else(|| parts.last().map(|part| part.frame)).unwrap_or(0);
        let mut knife =
            Knife { offset: place.range.start, frame, ..Knife::new(bytes.get(place.range.clone())?) };
        let rest = match place.result.and_then(|result| results.get(result)) {
            Some(Ok(frame)) => {
                // A layout that turns out otherwise leaves the rest as data.
                let _ = cut(&mut knife, Some(frame));
                Field::Data
            }
            Some(Err(DecodeError { kind: ErrorKind::KeyMissing | ErrorKind::KeyWrong, .. })) => {
                let _ = cut(&mut knife, None);
                Field::Data
            }
            Some(Err(_)) => Field::Unknown,
            None => Field::Preamble,
        };
        parts.extend(knife.finish(rest));
    }
    Some(parts)
}

/// Cuts a buffer into its parts, from its front on.
pub(crate) struct Knife<'a> {
    rest: &'a [u8],
    offset: usize,
    parts: Vec<Part>,
    /// Which frame the next parts belong to.
    pub(crate) frame: usize,
}

impl<'a> Knife<'a> {
    /// At the front of `bytes`.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0, parts: Vec::new(), frame: 0 }
    }

    /// The parts, what was not cut being one more.
    pub(crate) fn finish(mut self, rest: Field) -> Vec<Part> {
        self.cut(self.rest.len(), rest);
        self.parts
    }

    /// How many parts are cut.
    pub(crate) const fn count(&self) -> usize {
        self.parts.len()
    }

    /// Where the next byte stands.
    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// What is not yet cut.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Cuts off the next bytes. `None` where there are not so many.
    pub(crate) fn cut(&mut self, len: usize, field: Field) -> Option<&'a [u8]> {
        let (part, rest) = self.rest.split_at_checked(len)?;
        if len > 0 {
            self.parts.push(Part {
                offset: self.offset,
                len,
                frame: self.frame,
                field,
                is_deciphered: false,
            });
        }
        self.rest = rest;
        self.offset = self.offset.saturating_add(len);
        Some(part)
    }

    /// Cuts up to `offset`; nothing where that is behind.
    pub(crate) fn cut_to(&mut self, offset: usize, field: Field) -> Option<()> {
        self.cut(offset.saturating_sub(self.offset), field).map(|_| ())
    }

    /// Cuts `len` bytes into as many equal parts as there are records, if they can be; else they are one part.
    pub(crate) fn records(&mut self, len: usize, records: usize) -> Option<()> {
        let each =
            len.checked_div(records).filter(|each| *each > 0 && each.checked_mul(records) == Some(len));
        let Some(each) = each else { return self.cut(len, Field::Data).map(|_| ()) };
        for record in 0..records {
            self.cut(each, Field::Record(record))?;
        }
        Some(())
    }
}
