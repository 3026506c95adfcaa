//! A message that came in pieces: in frames of a line, in blocks of a transfer, in blocks of a radio link with checks
//! between them.
//!
//! The message is cut put together, and its parts are then laid at the places of its bytes, among the parts of what
//! carried them. A part over the end of a piece becomes several.

use std::borrow::Cow;
use std::ops::Range;

use super::{Field, Knife, Part};

/// What carries a message.
pub(crate) struct Carrier<'a> {
    /// Cuts heads, checks and ends.
    pub(crate) knife: Knife<'a>,
    /// Where the pieces of the message stand in the buffer.
    pieces: Vec<Range<usize>>,
}

impl<'a> Carrier<'a> {
    /// At the front of `bytes`, which are the frame number `frame` of a buffer and stand at `offset` in it.
    pub(crate) const fn new(bytes: &'a [u8], offset: usize, frame: usize) -> Self {
        let knife = Knife { rest: bytes, offset, parts: Vec::new(), frame };
        Self { knife, pieces: Vec::new() }
    }

    /// Passes over the next bytes, which are a piece of the message. `None` where there are not so many.
    pub(crate) fn carry(&mut self, len: usize) -> Option<&'a [u8]> {
        let (piece, rest) = self.knife.rest.split_at_checked(len)?;
        let begin = self.knife.offset;
        (self.knife.rest, self.knife.offset) = (rest, begin.saturating_add(len));
        match self.pieces.last_mut() {
            Some(last) if last.end == begin => last.end = self.knife.offset,
            _ => self.pieces.push(begin..self.knife.offset),
        }
        Some(piece)
    }

    /// Puts the message as it is in the clear at its places in the buffer.
    pub(crate) fn put(&self, message: &[u8], buffer: &mut Cow<'_, [u8]>) -> Option<()> {
        let mut rest = message;
        for place in &self.pieces {
            let (piece, behind) = rest.split_at_checked(place.len())?;
            if buffer.get(place.clone())? != piece {
                buffer.to_mut().get_mut(place.clone())?.copy_from_slice(piece);
            }
            rest = behind;
        }
        Some(())
    }

    /// The parts of what carries the message, with those of the message at their places; what was not cut is `rest`.
    pub(crate) fn lay(self, message: &[Part], rest: Field) -> Vec<Part> {
        let frame = self.knife.frame;
        let mut parts = self.knife.finish(rest);
        let (mut begin, mut message) = (0_usize, message);
        let end_of = |part: &Part| part.offset.saturating_add(part.len);
        for piece in self.pieces {
            let end = begin.saturating_add(piece.len());
            for part in message.iter().take_while(|part| part.offset < end) {
                let from = part.offset.max(begin);
                let offset = piece.start.saturating_add(from.saturating_sub(begin));
                let len = end_of(part).min(end).saturating_sub(from);
                parts.push(Part { offset, len, frame, ..*part });
            }
            let done = message.partition_point(|part| end_of(part) <= end);
            message = message.get(done..).unwrap_or_default();
            begin = end;
        }
        parts.sort_by_key(|part| part.offset);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_over_the_end_of_a_piece_becomes_two() {
        let buffer = [b'<', 1, 2, b'|', 3, 4, b'>'];
        let mut carrier = Carrier::new(&buffer, 0, 3);
        let mut message = Vec::new();
        for (head, piece) in [(Field::Start, 2), (Field::Check, 2)] {
            carrier.knife.cut(1, head).unwrap();
            message.extend_from_slice(carrier.carry(piece).unwrap());
        }
        assert_eq!(message, [1, 2, 3, 4]);
        let mut clear = Cow::Borrowed(buffer.as_slice());
        carrier.put(&[1, 5, 6, 4], &mut clear).unwrap();
        assert_eq!(*clear, [b'<', 1, 5, b'|', 6, 4, b'>']);
        let mut knife = Knife::new(&message);
        knife.cut(1, Field::Function).unwrap();
        knife.cut(2, Field::Record(0)).unwrap();
        let parts = carrier.lay(&knife.finish(Field::Data), Field::End);
        let told: Vec<_> = parts.iter().map(|part| (part.offset, part.len, part.field, part.frame)).collect();
        let expect = [
            (0, 1, Field::Start, 3),
            (1, 1, Field::Function, 3),
            (2, 1, Field::Record(0), 3),
            (3, 1, Field::Check, 3),
            (4, 1, Field::Record(0), 3),
            (5, 1, Field::Data, 3),
            (6, 1, Field::End, 3),
        ];
        assert_eq!(told, expect);
    }
}
