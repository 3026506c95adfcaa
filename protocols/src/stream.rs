//! Frames out of a stream of bytes: preambles, echoes, noise, two frames in one read, a frame in two reads.
//!
//! ```text
//!  FE FE 00 68 1 0 … 16 | 68 … 16 | 68 10 0
//!  └ noise ┘└ frame ───┘ └ frame ┘ └ begun: more bytes needed, which is no error
//! ```
//!
//! A [`Framing`] tells what the bytes at the front of a buffer are; everything else is the same for all formats.
//! Lengths decide, never the look of a byte: an address or a value may hold a 68 or a 16. What only looks like a
//! frame (a check fails, or it would end past the buffer) gives way to a whole frame that begins inside it.
//!
//! Deliberately absent: time. That a line fell silent is known to the caller, who then calls [`crate::decode`]
//! on what is left, and gets the reason why it is no frame.

use std::ops::Range;

use crate::{DecodeError, Decoded, ErrorKind, Frame, Warning, WarningKind};

/// What the bytes at the front of a buffer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// A whole frame of so many bytes, whose checks come out.
    Frame(usize),
    /// What has the form of a frame of so many bytes, and a check that does not come out.
    Damaged(usize, Fault),
    /// What may become a frame of at least so many bytes; the buffer ends before.
    Partial(usize),
    /// No frame begins here.
    Nothing,
}

/// What is wrong with a damaged frame. Offsets count from the frame's first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The check byte.
    Sum {
        /// Where it stands.
        at: usize,
        /// What the bytes give.
        expected: u8,
        /// What stands there.
        got: u8,
    },
    /// The two check bytes.
    Crc {
        /// Where they stand.
        at: usize,
        /// What the bytes give.
        expected: u16,
        /// What stands there.
        got: u16,
    },
    /// The end mark.
    End {
        /// Where it should stand.
        at: usize,
        /// What stands there.
        got: u8,
    },
}

impl Fault {
    fn into_error(self, begin: usize) -> DecodeError {
        match self {
            Self::Sum { at, expected, got } => DecodeError::checksum(begin.saturating_add(at), expected, got),
            Self::Crc { at, expected, got } => DecodeError::new(
                ErrorKind::Checksum,
                begin.saturating_add(at),
                format!("checksum: expected {expected:04x}, got {got:04x}"),
            ),
            Self::End { at, got } => DecodeError::new(
                ErrorKind::Structure,
                begin.saturating_add(at),
                format!("structure: expected the end mark 16, got {got:02x}"),
            ),
        }
    }
}

/// How one format's frames begin and end.
pub trait Framing {
    /// What the bytes at the front are. Its time is bounded by the longest frame, not by the buffer.
    fn front(&self, bytes: &[u8]) -> Front;

    /// What the bytes inside a frame that is not whole, or damaged, are. A frame so short that data look like it is
    /// none there.
    fn inside(&self, bytes: &[u8]) -> Front {
        self.front(bytes)
    }

    /// The byte that every frame begins with, where there is one.
    fn start(&self) -> Option<u8> {
        None
    }

    /// The byte that wakes the line before a frame and means nothing.
    fn filler(&self) -> Option<u8> {
        None
    }

    /// The fewest bytes of a begun frame at a buffer's end that are taken for one, not for noise.
    fn shortest(&self) -> usize {
        1
    }
}

/// What a buffer of a running stream holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Where the frames are, the damaged ones too: each is to be decoded, a damaged one gives its error.
    pub frames: Vec<Range<usize>>,
    /// So many bytes of the front are done with. What stands behind them is the beginning of a frame.
    pub consumed: usize,
    /// How many bytes of those were noise (preambles not counted).
    pub noise: usize,
    /// How many bytes are missing at least, where a frame has begun.
    pub need: Option<usize>,
}

/// Splits what has been read so far. Call again with the rest and what came after it.
///
/// ```
/// use protocols::{Format, framing, stream};
/// let framing = framing(Format::Cjt188).unwrap();
/// let read = hex::decode("fefe6810aaaaaaaaaaaaaa0303810a01b01668").unwrap();
/// let split = stream::split(framing, &read);
/// assert_eq!((split.frames, split.consumed), (vec![2..18], 18));
/// assert!(split.need.is_some());
/// ```
pub fn split(framing: &dyn Framing, buffer: &[u8]) -> Split {
    let mut split = Split::default();
    let mut pieces = Pieces { framing, buffer, at: 0, ends: false };
    while let Some(piece) = pieces.next() {
        match piece {
            Stretch::Frame(range) | Stretch::Damaged(range, _) => {
                split.consumed = range.end;
                split.frames.push(range);
            }
            Stretch::Noise(range) => {
                split.consumed = range.end;
                split.noise = split.noise.saturating_add(unfilled(framing, buffer, &range));
            }
            Stretch::Partial(begin, missing) => {
                split.consumed = begin;
                split.need = Some(missing);
                break;
            }
        }
    }
    split
}

/// Where the frames are whose checks come out. What has the form of a frame and a wrong check may be damaged, or half of
/// a frame of another format.
pub fn whole<'a>(framing: &'a dyn Framing, buffer: &'a [u8]) -> impl Iterator<Item = Range<usize>> + 'a {
    let is_whole = |range: &Range<usize>| {
        let bytes = buffer.get(range.clone()).unwrap_or_default();
        framing.front(bytes) == Front::Frame(bytes.len())
    };
    split(framing, buffer).frames.into_iter().filter(is_whole)
}

/// Reads each frame of a buffer that ends here: nothing more will come.
pub(crate) fn decode_each<F: Framing + ?Sized>(
    framing: &F,
    buffer: &[u8],
    mut one: impl FnMut(&[u8], usize) -> Result<Frame, DecodeError>,
) -> Decoded {
    // The rule: one frame, nothing around it but its preamble.
    let preamble = buffer.iter().take_while(|byte| Some(**byte) == framing.filler()).count();
    let rest = buffer.get(preamble..).unwrap_or_default();
    if framing.front(rest) == Front::Frame(rest.len()) {
        return Decoded::One(one(rest, preamble));
    }
    let mut results = Results { first: None, more: Vec::new() };
    let mut noise: Option<Range<usize>> = None;
    let mut pieces = Pieces { framing, buffer, at: 0, ends: true };
    while let Some(piece) = pieces.next() {
        match piece {
            Stretch::Frame(range) => {
                let bytes = buffer.get(range.clone()).unwrap_or_default();
                let mut result = one(bytes, range.start);
                if let (Some(noise), Ok(frame)) = (noise.take(), &mut result) {
                    warn(frame, buffer, noise);
                }
                results.push(result);
            }
            Stretch::Damaged(range, fault) => results.push(Err(fault.into_error(range.start))),
            Stretch::Partial(begin, missing) => {
                let have = buffer.len().saturating_sub(begin);
                if is_tail_noise(framing, have, results.first.is_some()) {
                    noise = Some(begin..buffer.len());
                } else {
                    let need = have.saturating_add(missing);
                    results.push(Err(DecodeError::truncated(begin, need, have)));
                }
            }
            Stretch::Noise(range) => {
                if unfilled(framing, buffer, &range) > 0 {
                    noise = Some(range);
                }
            }
        }
    }
    if let (Some(noise), Some(frame)) = (noise, results.last_frame()) {
        warn(frame, buffer, noise);
    }
    results.into_decoded(buffer)
}

/// Whether so few bytes of a begun frame at the end are taken for noise.
fn is_tail_noise<F: Framing + ?Sized>(framing: &F, have: usize, any_result: bool) -> bool {
    have < framing.shortest() && any_result
}

/// A stretch of a buffer, and which of [`decode_each`]'s results it became; noise became none.
pub(crate) struct Place {
    pub(crate) range: Range<usize>,
    pub(crate) result: Option<usize>,
}

/// Where the results of [`decode_each`] stand in the buffer, with the noise between them: all of it, in order.
pub(crate) fn places<F: Framing + ?Sized>(framing: &F, buffer: &[u8]) -> Vec<Place> {
    let (mut places, mut results) = (Vec::new(), 0_usize);
    let mut pieces = Pieces { framing, buffer, at: 0, ends: true };
    while let Some(piece) = pieces.next() {
        let (range, is_result) = match piece {
            Stretch::Frame(range) | Stretch::Damaged(range, _) => (range, true),
            Stretch::Partial(begin, _) => {
                let range = begin..buffer.len();
                let is_noise = is_tail_noise(framing, range.len(), results > 0);
                (range, !is_noise)
            }
            Stretch::Noise(range) => (range, false),
        };
        places.push(Place { range, result: is_result.then_some(results) });
        results = results.saturating_add(usize::from(is_result));
    }
    places
}

/// What was read so far. One frame in one buffer is the rule, and needs no list.
struct Results {
    first: Option<Result<Frame, DecodeError>>,
    more: Vec<Result<Frame, DecodeError>>,
}

impl Results {
    fn push(&mut self, result: Result<Frame, DecodeError>) {
        match self.first {
            None => self.first = Some(result),
            Some(_) => self.more.push(result),
        }
    }

    fn last_frame(&mut self) -> Option<&mut Frame> {
        self.more.last_mut().or(self.first.as_mut())?.as_mut().ok()
    }

    fn into_decoded(mut self, buffer: &[u8]) -> Decoded {
        match self.first {
            None => Decoded::One(Err(DecodeError::new(
                ErrorKind::Structure,
                0,
                format!("structure: no frame in {} bytes", buffer.len()),
            ))),
            Some(only) if self.more.is_empty() => Decoded::One(only),
            Some(first) => {
                self.more.insert(0, first);
                Decoded::Many(self.more)
            }
        }
    }
}

fn warn(frame: &mut Frame, buffer: &[u8], range: Range<usize>) {
    let (offset, bytes) = (range.start, buffer.get(range).unwrap_or_default().to_vec());
    frame.warnings.push(Warning { kind: WarningKind::Noise, offset, bytes });
}

/// How many bytes of a range are not the filler.
fn unfilled<F: Framing + ?Sized>(framing: &F, buffer: &[u8], range: &Range<usize>) -> usize {
    let bytes = buffer.get(range.clone()).unwrap_or_default();
    bytes.iter().filter(|&&byte| Some(byte) != framing.filler()).count()
}

/// A part of a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stretch {
    Frame(Range<usize>),
    Damaged(Range<usize>, Fault),
    /// Where it begins, how many bytes are missing.
    Partial(usize, usize),
    Noise(Range<usize>),
}

/// Walks a buffer. Each byte is looked at as a possible beginning at most twice, so that the time is linear.
struct Pieces<'a, F: ?Sized> {
    framing: &'a F,
    buffer: &'a [u8],
    at: usize,
    /// Whether nothing will come after the buffer: else a damaged frame in which another may begin is held back.
    ends: bool,
}

impl<F: Framing + ?Sized> Pieces<'_, F> {
    fn next(&mut self) -> Option<Stretch> {
        let begin = self.at;
        let mut at = begin;
        loop {
            at = self.candidate(at);
            let Some(rest) = self.buffer.get(at..).filter(|rest| !rest.is_empty()) else {
                return self.noise(begin..self.buffer.len());
            };
            let piece = match self.framing.front(rest) {
                Front::Nothing => {
                    at = at.saturating_add(1);
                    continue;
                }
                Front::Frame(len) => Stretch::Frame(at..at.saturating_add(len)),
                Front::Damaged(len, fault) => match self.inside(at, len) {
                    Inside::Frame(inner) => {
                        self.at = inner;
                        return Some(Stretch::Noise(begin..inner));
                    }
                    Inside::Partial(missing) if !self.ends => Stretch::Partial(at, missing),
                    Inside::Partial(_) | Inside::Nothing => {
                        Stretch::Damaged(at..at.saturating_add(len), fault)
                    }
                },
                Front::Partial(len) => match self.inside(at, rest.len()) {
                    Inside::Frame(inner) => {
                        self.at = inner;
                        return Some(Stretch::Noise(begin..inner));
                    }
                    Inside::Partial(_) | Inside::Nothing => {
                        Stretch::Partial(at, len.saturating_sub(rest.len()).max(1))
                    }
                },
            };
            if at > begin {
                self.at = at;
                return Some(Stretch::Noise(begin..at));
            }
            self.at = match &piece {
                Stretch::Frame(range) | Stretch::Damaged(range, _) | Stretch::Noise(range) => range.end,
                Stretch::Partial(..) => self.buffer.len(),
            };
            return Some(piece);
        }
    }

    fn noise(&mut self, range: Range<usize>) -> Option<Stretch> {
        self.at = self.buffer.len();
        (!range.is_empty()).then_some(Stretch::Noise(range))
    }

    /// The next place from `at` on where a frame can begin.
    fn candidate(&self, at: usize) -> usize {
        let Some(start) = self.framing.start() else { return at };
        let rest = self.buffer.get(at..).unwrap_or_default();
        match rest.iter().position(|&byte| byte == start) {
            Some(ahead) => at.saturating_add(ahead),
            None => self.buffer.len(),
        }
    }

    /// What begins behind the first byte of a doubtful frame of `len` bytes.
    fn inside(&self, begin: usize, len: usize) -> Inside {
        let end = begin.saturating_add(len);
        let mut at = begin.saturating_add(1);
        let mut found = Inside::Nothing;
        loop {
            at = self.candidate(at);
            if at >= end {
                return found;
            }
            match self.framing.inside(self.buffer.get(at..).unwrap_or_default()) {
                Front::Frame(_) => return Inside::Frame(at),
                Front::Partial(len) if matches!(found, Inside::Nothing) => {
                    let have = self.buffer.len().saturating_sub(at);
                    found = Inside::Partial(len.saturating_sub(have).max(1));
                }
                Front::Partial(_) | Front::Damaged(..) | Front::Nothing => {}
            }
            at = at.saturating_add(1);
        }
    }
}

enum Inside {
    Frame(usize),
    /// How many bytes are missing.
    Partial(usize),
    Nothing,
}
