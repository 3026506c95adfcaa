//! A read position in a buffer, which knows its offset for errors and warnings.

use crate::DecodeError;

/// The bytes that remain, and where they stand in the caller's buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    /// `bytes`, the first of which stands at `offset` of the buffer.
    pub(crate) const fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { rest: bytes, offset }
    }

    /// Where the next byte stands in the buffer.
    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// What is left.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next byte.
    #[inline]
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        self.offset = self.offset.wrapping_add(1);
        Some(*first)
    }

    /// The next `n` bytes.
    #[inline]
    pub(crate) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        self.offset = self.offset.wrapping_add(n);
        Some(head)
    }

    /// The next `N` bytes as an array, or how many are missing.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let at = self.offset;
        let have = self.rest.len();
        self.take(N)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| DecodeError::truncated(at, N, have))
    }
}
