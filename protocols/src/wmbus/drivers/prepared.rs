//! A maker's bytes in the form that a driver's pieces count from, and where on the wire they stood.

use std::borrow::Cow;
use std::ops::Range;

/// Bytes of the wire, and behind them what was made of some.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    bytes: Cow<'a, [u8]>,
    /// Where the first of the kept bytes stands among the maker's own.
    place: usize,
    /// How many bytes stand on the wire one by one: as they are here, or scrambled.
    kept: usize,
    /// How many bytes each of the others has, and the place of what it was made of.
    made: Vec<(usize, Range<usize>)>,
}

impl<'a> Prepared<'a> {
    /// Bytes that stand at `place` of the maker's own, in the clear.
    pub(super) fn kept(place: usize, bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        let bytes = bytes.into();
        Self { kept: bytes.len(), bytes, place, made: Vec::new() }
    }

    /// Nothing of the wire as it is.
    pub(super) const fn blank() -> Self {
        Self { bytes: Cow::Borrowed(&[]), place: 0, kept: 0, made: Vec::new() }
    }

    /// Adds what was made of the maker's bytes at these places.
    pub(super) fn make(&mut self, of: Range<usize>, bytes: &[u8]) {
        self.bytes.to_mut().extend_from_slice(bytes);
        self.made.push((bytes.len(), of));
    }

    /// All bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of the wire in the clear, and where the first of them stands.
    pub(super) fn in_clear(&self) -> (usize, &[u8]) {
        (self.place, self.bytes.get(..self.kept).unwrap_or_default())
    }

    /// The places of what became the byte at `index`.
    pub(super) fn places(&self, index: usize) -> Range<usize> {
        if index < self.kept {
            let place = self.place.saturating_add(index);
            return place..place.saturating_add(1);
        }
        let mut end = self.kept;
        let mut made = self.made.iter();
        let found = made.find(|(len, _)| {
            end = end.saturating_add(*len);
            index < end
        });
        found.map_or(0..0, |(_, of)| of.clone())
    }
}
