//! Which bytes of a frame say what: for people who look at a frame beside its meaning.
//!
//! Only frames whose fields follow each other on the wire have an anatomy: M-Bus, DL/T 645, CJ/T 188, Modbus RTU. A
//! document or an encrypted telegram has none, and a damaged frame has none either: its lengths can't be believed.
//! What the parts say is [`crate::decode`]'s business; a part that became a record has its place among the records.

use crate::{Decoded, Format, Frame};

/// One part of a frame, at least a byte long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where its first byte stands in the buffer.
    pub offset: usize,
    /// How many bytes it has.
    pub len: usize,
    /// What it is.
    pub field: Field,
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
    /// Data that is no single record.
    Data;
    /// The device's clock.
    Clock;
    /// Filler.
    Filler;
    /// The maker's own.
    ManufacturerData;
    /// Sum or CRC.
    Check;
    /// End mark.
    End;
}

/// The parts of the first frame of a buffer, in wire order and without gaps; none where the format has no anatomy.
pub fn parts(bytes: &[u8], decoded: &Decoded) -> Vec<Part> {
    let Decoded::One(Ok(frame)) = decoded else { return Vec::new() };
    let dissect: fn(&mut Knife<'_>, &Frame) -> Option<()> = match frame.format {
        Format::Mbus => crate::mbus::anatomy::dissect,
        Format::Dlt645V2007 | Format::Dlt645V1997 => crate::dlt645::anatomy::dissect,
        Format::Cjt188 => crate::cjt188::anatomy::dissect,
        Format::ModbusRtu => crate::modbus::anatomy::dissect,
        _ => return Vec::new(),
    };
    let mut knife = Knife { rest: bytes, offset: 0, parts: Vec::new() };
    match dissect(&mut knife, frame) {
        Some(()) => {
            let rest = knife.rest.len();
            knife.cut(rest, Field::Preamble);
            knife.parts
        }
        None => Vec::new(),
    }
}

/// Cuts a buffer into its parts, from its front on.
pub(crate) struct Knife<'a> {
    rest: &'a [u8],
    offset: usize,
    parts: Vec<Part>,
}

impl<'a> Knife<'a> {
    /// What is not yet cut.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Cuts off the next bytes. `None` where there are not so many.
    pub(crate) fn cut(&mut self, len: usize, field: Field) -> Option<&'a [u8]> {
        let (part, rest) = self.rest.split_at_checked(len)?;
        if len > 0 {
            self.parts.push(Part { offset: self.offset, len, field });
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
