//! Reading a device to its end, which may take several telegrams.
//!
//! ```text
//! The M-Bus: A Documentation, 5.5 (FCB) and 7.2 (FCB and selection); EN 13757-2 has the bit from EN 60870-5-2
//!
//! master                                            device
//! SND_NKE 10 40 A, or its selection   ───────────►  forgets the last bit
//!                                     ◄───────────  E5
//! REQ_UD2 10 7B A, FCB set            ───────────►
//!                                     ◄───────────  RSP_UD … 1F, the first telegram
//! REQ_UD2 10 5B A, toggled            ───────────►
//!                             lost  x ◄───────────  RSP_UD … 1F, the second
//! REQ_UD2 10 5B A, as before          ───────────►
//!                                     ◄───────────  RSP_UD … 1F, the second again
//! REQ_UD2 10 7B A, toggled            ───────────►
//!                                     ◄───────────  RSP_UD …, the last
//! ```
//!
//! A master that hears nothing cannot know whether its request or the answer was lost. It need not: the bit says
//! which telegram it wants. So it is toggled by an answer that came whole, and by nothing else.
//!
//! Deliberately absent: time, and how often to ask in vain, which depend on the line; a bound of the number of
//! telegrams, which the caller sets for a device that never says that it has done. Two answers to one request can't
//! be told from two telegrams: who asks again first reads the line empty.

use super::Wired;
use super::encode::{self, FrameCount};
use super::link::{self, Packet};
use super::secondary::SELECTED;
use crate::{DecodeError, Decoded, Frame, Options, WarningKind, stream};

/// The address that every device answers to: good where there is one.
const ANYONE: u8 = 0xFE;

/// The readout of one device, from its first telegram to its last.
///
/// ```
/// use protocols::{Options, mbus::readout::Readout};
/// let mut readout = Readout::new(1);
/// assert_eq!(readout.request(), [0x10, 0x7B, 0x01, 0x7C, 0x16]);
/// assert!(readout.take(&[0xE5], &Options::default()).is_none()); // no answer to this: ask the same again
/// assert_eq!(readout.request(), [0x10, 0x7B, 0x01, 0x7C, 0x16]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readout {
    address: u8,
    count: FrameCount,
}

/// A telegram that came whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Telegram {
    /// What it says, or why it can't be read: asking again would bring the same.
    pub frame: Result<Frame, DecodeError>,
    /// Whether nothing follows it. What can't be read is taken for the last.
    pub is_last: bool,
}

impl Readout {
    /// Of the device at `address`, which has just acknowledged SND_NKE; of the one that has just acknowledged its
    /// selection at [`SELECTED`].
    pub const fn new(address: u8) -> Self {
        Self { address, count: FrameCount::AFTER_RESET }
    }

    /// The request to send next, the same as before where that was not answered.
    pub fn request(&self) -> [u8; 5] {
        encode::request(self.address, self.count)
    }

    /// The telegram in what came in on the request, where one came whole.
    pub fn answer<'r>(&self, read: &'r [u8]) -> Option<&'r [u8]> {
        let frames = stream::split(&Wired, read).frames;
        frames.into_iter().find_map(|range| read.get(range).filter(|frame| self.is_answer(frame)))
    }

    /// Takes what came in on the request, an echo of it included. `None` where no answer of this device came whole.
    pub fn take(&mut self, read: &[u8], options: &Options<'_>) -> Option<Telegram> {
        let answer = self.answer(read)?;
        self.count = self.count.next();
        let frame = match super::decode(answer, options) {
            Decoded::One(frame) => frame,
            // What was split off as one frame is one.
            Decoded::Many(frames) => frames.into_iter().next()?,
        };
        let more =
            |frame: &Frame| frame.warnings.iter().any(|warning| warning.kind == WarningKind::MoreFollows);
        Some(Telegram { is_last: !frame.as_ref().is_ok_and(more), frame })
    }

    /// Whether a frame is RSP_UD of the device. A selected device answers with its own address.
    fn is_answer(&self, frame: &[u8]) -> bool {
        match link::packet(frame, 0) {
            Ok((Packet::Long { control, address, .. }, _)) => {
                control & 0x4F == 0x08
                    && (matches!(self.address, SELECTED | ANYONE) || address == self.address)
            }
            _ => false,
        }
    }
}
