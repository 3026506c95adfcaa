//! A buffer taken apart into frames and what is none.

use std::ops::Range;

use super::link::{NoPacket, Packet, packet};
use crate::DecodeError;

/// A stretch of a buffer.
pub(super) enum Piece<'a> {
    Packet(Packet<'a>, Range<usize>),
    Damaged(DecodeError, Range<usize>),
    Noise(Range<usize>),
}

/// Walks a buffer.
pub(super) struct Pieces<'a> {
    bytes: &'a [u8],
    at: usize,
    noise_from: Option<usize>,
    /// What stands behind the noise that was just told.
    next: Option<Piece<'a>>,
}

impl<'a> Pieces<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, noise_from: None, next: None }
    }

    /// The next `length` bytes.
    fn pass(&mut self, length: usize) -> Range<usize> {
        let begin = self.at;
        self.at = begin.saturating_add(length.max(1)).min(self.bytes.len());
        begin..self.at
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(next) = self.next.take() {
            return Some(next);
        }
        while let Some(rest) = self.bytes.get(self.at..).filter(|rest| !rest.is_empty()) {
            match packet(rest, self.at) {
                // After noise, E5 and 10 may be anything.
                Ok((found, length)) if self.noise_from.is_none() || matches!(found, Packet::Long { .. }) => {
                    let range = self.pass(length);
                    let noise = self.noise_from.take().map(|from| Piece::Noise(from..range.start));
                    let packet = Piece::Packet(found, range);
                    return Some(match noise {
                        Some(noise) => {
                            self.next = Some(packet);
                            noise
                        }
                        None => packet,
                    });
                }
                Err(NoPacket::Damaged(error, length)) if self.noise_from.is_none() => {
                    let range = self.pass(length);
                    // What follows a damaged frame may still be part of it.
                    self.noise_from = Some(self.at).filter(|at| *at < self.bytes.len());
                    return Some(Piece::Damaged(error, range));
                }
                _ => {
                    let range = self.pass(1);
                    self.noise_from = self.noise_from.or(Some(range.start));
                }
            }
        }
        self.noise_from.take().map(|from| Piece::Noise(from..self.bytes.len()))
    }
}
