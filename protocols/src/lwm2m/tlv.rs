//! The TLV structure.

use crate::{DecodeError, ErrorKind};

/// A resource's value, or one instance of a multiple resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resource<'a> {
    /// The object instance, where the payload names it.
    pub(super) instance: Option<u16>,
    pub(super) id: u16,
    pub(super) value: &'a [u8],
    /// Where the value begins in the payload.
    pub(super) offset: usize,
}

const OBJECT_INSTANCE: u8 = 0b00;
const MULTIPLE: u8 = 0b10;
const RESOURCE: u8 = 0b11;

/// The resources of a payload, in order.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Resource<'_>>, DecodeError> {
    let mut resources = Vec::new();
    walk(bytes, |(_, step)| {
        if let Visited::Resource(resource) = step {
            resources.push(resource);
        }
    })?;
    Ok(resources)
}

/// A step of the way through a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visited<'a> {
    /// The header of an entry that holds others: an object instance, a multiple resource.
    Head,
    /// A whole entry with its value.
    Resource(Resource<'a>),
}

/// Goes from the payload's first byte to its last and tells of each step how many bytes it has. Two levels of nesting
/// are all that the structure has.
pub(super) fn walk<'a>(
    bytes: &'a [u8],
    mut step: impl FnMut((usize, Visited<'a>)),
) -> Result<(), DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::truncated(0, 2, 0));
    }
    let mut rest = Cursor { bytes, at: 0 };
    while let Some(entry) = rest.next()? {
        if entry.kind == OBJECT_INSTANCE {
            step((entry.header, Visited::Head));
            let mut inner = Cursor { bytes: entry.value, at: entry.offset };
            while let Some(resource) = inner.next()? {
                tell(Some(entry.id), &resource, &mut step)?;
            }
        } else {
            tell(None, &entry, &mut step)?;
        }
    }
    Ok(())
}

fn tell<'a>(
    instance: Option<u16>,
    entry: &Tlv<'a>,
    step: &mut impl FnMut((usize, Visited<'a>)),
) -> Result<(), DecodeError> {
    let resource = |one: &Tlv<'a>| {
        let len = one.header.saturating_add(one.value.len());
        (len, Visited::Resource(Resource { instance, id: entry.id, value: one.value, offset: one.offset }))
    };
    match entry.kind {
        RESOURCE => step(resource(entry)),
        MULTIPLE => {
            step((entry.header, Visited::Head));
            let mut inner = Cursor { bytes: entry.value, at: entry.offset };
            while let Some(one) = inner.next()? {
                step(resource(&one));
            }
        }
        _ => return Err(DecodeError::new(ErrorKind::Structure, entry.offset, "a TLV out of its place")),
    }
    Ok(())
}

struct Tlv<'a> {
    kind: u8,
    id: u16,
    /// Bytes of type, identifier and length.
    header: usize,
    value: &'a [u8],
    /// Where the value begins.
    offset: usize,
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn next(&mut self) -> Result<Option<Tlv<'a>>, DecodeError> {
        let Some(kind) = self.bytes.first().copied() else { return Ok(None) };
        let begin = self.at;
        self.take(1)?;
        let id = self.number(if kind & 0x20 == 0 { 1 } else { 2 })?;
        let length = match (kind >> 3) & 0b11 {
            0 => u32::from(kind & 0b111),
            bytes => self.number(usize::from(bytes))?,
        };
        let offset = self.at;
        let value = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        let id = u16::try_from(id).unwrap_or(u16::MAX);
        Ok(Some(Tlv { kind: kind >> 6, id, header: offset.saturating_sub(begin), value, offset }))
    }

    fn number(&mut self, count: usize) -> Result<u32, DecodeError> {
        Ok(self.take(count)?.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.bytes.split_at_checked(count) else {
            return Err(DecodeError::truncated(self.at, count, self.bytes.len()));
        };
        self.bytes = rest;
        self.at = self.at.saturating_add(count);
        Ok(taken)
    }
}

/// A signed integer of 1, 2, 4 or 8 bytes, big-endian.
pub(super) fn integer(value: &[u8]) -> Option<i64> {
    Some(match value.len() {
        1 => i64::from(i8::from_be_bytes(value.try_into().ok()?)),
        2 => i64::from(i16::from_be_bytes(value.try_into().ok()?)),
        4 => i64::from(i32::from_be_bytes(value.try_into().ok()?)),
        8 => i64::from_be_bytes(value.try_into().ok()?),
        _ => return None,
    })
}
