//! Which bytes of a frame say what: for people who look at a frame beside its meaning.
//!
//! Every frame whose fields follow each other on the wire has an anatomy, a telegram of lines included. What a key
//! opened stands in the clear at its own place: no cipher here changes a length. A document has no anatomy, and a
//! damaged frame has none either: its lengths can't be believed.
//! What the parts say is [`crate::decode`]'s business; a part that became a record has its place among the records.

use std::borrow::Cow;

use crate::{Decoded, ErrorKind, Format, Frame, Options, auto};

/// A buffer and its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anatomy<'a> {
    /// The buffer, with what was encrypted in the clear where a key opened it.
    pub bytes: Cow<'a, [u8]>,
    /// Its parts in wire order and without gaps; none where the buffer has no anatomy.
    pub parts: Vec<Part>,
}

/// One part of a frame, at least a byte long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where its first byte stands in the buffer.
    pub offset: usize,
    /// How many bytes it has.
    pub len: usize,
    /// What it is. A record whose bytes a check of the radio link parts has several parts.
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

/// The anatomy of a buffer of one frame.
///
/// `asked` is the format that the caller decoded it in, `None` where it was to be found: a telegram without its key is
/// no frame, and still has parts.
pub fn of<'a>(
    bytes: &'a [u8],
    asked: Option<Format>,
    decoded: &Decoded,
    options: &Options<'_>,
) -> Anatomy<'a> {
    let (format, frame) = match decoded {
        Decoded::One(Ok(frame)) => (Some(frame.format), Some(frame)),
        Decoded::One(Err(error)) if matches!(error.kind, ErrorKind::KeyMissing | ErrorKind::KeyWrong) => {
            (asked.or_else(|| auto::candidates(bytes).first().copied()), None)
        }
        _ => (None, None),
    };
    let anatomy = match (format, frame) {
        (Some(Format::Wmbus), frame) => crate::wmbus::anatomy::dissect(bytes, frame, options),
        (Some(Format::P1), Some(frame)) => crate::p1::anatomy::dissect(bytes, frame, options),
        (Some(Format::DlmsPush), frame) => crate::dlms::anatomy::dissect(bytes, frame, options),
        (Some(Format::Lwm2m), Some(frame)) => {
            let mut knife = Knife::new(bytes);
            crate::lwm2m::anatomy::dissect(&mut knife, frame, options)
                .map(|()| Anatomy { bytes: Cow::Borrowed(bytes), parts: knife.finish(Field::Unknown) })
        }
        (Some(format), Some(frame)) => plain(bytes, format, frame),
        _ => None,
    };
    anatomy.unwrap_or_default()
}

/// The anatomy of a frame that is cut from its front to its end.
fn plain<'a>(bytes: &'a [u8], format: Format, frame: &Frame) -> Option<Anatomy<'a>> {
    let dissect: fn(&mut Knife<'_>, &Frame) -> Option<()> = match format {
        Format::Mbus => crate::mbus::anatomy::dissect,
        Format::Dlt645V2007 | Format::Dlt645V1997 => crate::dlt645::anatomy::dissect,
        Format::Cjt188 => crate::cjt188::anatomy::dissect,
        Format::Cjt188VendorPush => crate::vendor_push::anatomy::dissect_push,
        Format::Cat1NbPush => crate::vendor_push::anatomy::dissect_cat1,
        Format::ModbusRtu => crate::modbus::anatomy::dissect,
        _ => return None,
    };
    let mut knife = Knife::new(bytes);
    dissect(&mut knife, frame)?;
    Some(Anatomy { bytes: Cow::Borrowed(bytes), parts: knife.finish(Field::Preamble) })
}

/// Cuts a buffer into its parts, from its front on.
pub(crate) struct Knife<'a> {
    rest: &'a [u8],
    offset: usize,
    parts: Vec<Part>,
}

impl<'a> Knife<'a> {
    /// At the front of `bytes`.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0, parts: Vec::new() }
    }

    /// The parts, what was not cut being one more.
    pub(crate) fn finish(mut self, rest: Field) -> Vec<Part> {
        self.cut(self.rest.len(), rest);
        self.parts
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
            self.parts.push(Part { offset: self.offset, len, field, is_deciphered: false });
        }
        self.rest = rest;
        self.offset = self.offset.saturating_add(len);
        Some(part)
    }

    /// Cuts off what stands before the first `mark`.
    pub(crate) fn preamble(&mut self, mark: u8) -> Option<()> {
        let len = self.rest.iter().position(|byte| *byte == mark)?;
        self.cut(len, Field::Preamble).map(|_| ())
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
