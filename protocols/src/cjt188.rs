//! CJ/T 188-2004 and -2018: water, heat, cooling and gas meters on M-Bus, RS-485, radio and NB-IoT.
//!
//! The frame is drawn in `frame.rs`, the data in `layout.rs`, the status bytes in `status.rs`.
//!
//! **Reads** requests and answers in both orders of the identifier; a checksum that comes out isn't enough: many
//! look-alikes carry one. The layout must have a unit of the right kind wherever the standard has one, and a frame
//! in which it hasn't is refused whole, since every value behind a shifted byte would be wrong.
//!
//! **Deliberately doesn't**: match an answer with its request (the line's master knows what it asked); convert
//! units; call a settlement value dated, since no frame says which day that was.
//!
//! How sure: the 2004 layouts of 901F, short answers, read and valve requests stand on real frames. Flow rates
//! have four decimals by the standard, and in all real frames that we know they are zero.

mod address;
pub(crate) mod anatomy;
mod clock;
mod encode;
mod frame;
mod identifier;
mod kind;
mod layout;
mod profile;
mod reading;
mod status;
mod unit;

use crate::stream::{self, Framing};
use crate::{Answer, DecodeError, Decoded, ErrorKind, Format, Frame, Options, digits};

pub use address::{Address, AddressError};
pub use encode::{Amount, AmountError, Command, Data, Reply, Request};
pub use identifier::{CLOCK, CURRENT, CURRENT_HEAT_COOLING, DiOrder};
pub use kind::MeterType;
pub use profile::names as profile_names;

use frame::{Cjt188, HEAD, Head};
use profile::Profile;

/// How frames of this format are found in a stream.
pub(crate) const FRAMING: &dyn Framing = &Cjt188;

/// Reads a buffer.
pub(crate) fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    stream::decode_each(&Cjt188, bytes, |bytes, offset| one(bytes, offset, options))
}

/// What the outside of a whole frame says: whom an answer is from, and which request it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// T.
    pub meter_type: MeterType,
    /// The address.
    pub address: Address,
    /// C.
    pub control: u8,
    /// DI, where the frame has one.
    pub identifier: Option<u16>,
    /// SER, where the frame has one.
    pub ser: Option<u8>,
}

/// The envelope of a frame as [`stream::split`] has cut it out.
pub fn envelope(frame: &[u8]) -> Option<Envelope> {
    let Head { meter_type, address, control, data } = frame::head(frame)?;
    let (identifier, ser) = match data {
        [first, second, rest @ ..] => (Some(identifier::read([*first, *second]).0), rest.first().copied()),
        _ => (None, None),
    };
    Some(Envelope { meter_type: MeterType(meter_type), address, control, identifier, ser })
}

/// The events of ST as the standard has it.
pub(crate) fn read_status(bytes: [u8; 2], offset: usize, frame: &mut Frame) {
    status::read(bytes, offset, frame, &profile::STANDARD);
}

/// The civil time of the seven clock bytes; `None` where they say none.
pub(crate) fn civil_time(bytes: [u8; 7]) -> Option<jiff::civil::DateTime> {
    match clock::read(bytes) {
        clock::Clock::Set(time) => Some(time),
        clock::Clock::Absent | clock::Clock::Invalid => None,
    }
}

/// Reads a whole frame.
pub(crate) fn one(bytes: &[u8], offset: usize, options: &Options<'_>) -> Result<Frame, DecodeError> {
    let profile = profile::named(options.profile)?;
    let head = frame::head(bytes).ok_or_else(|| DecodeError::truncated(offset, HEAD, bytes.len()))?;
    let meter_type = MeterType(head.meter_type);
    let mut frame = Frame::new(Format::Cjt188);
    frame.device.address = Some(head.address.to_smol_str());
    frame.device.medium = meter_type.medium();
    let data_at = offset.saturating_add(HEAD);
    match (head.control & 0x80 != 0, head.control & 0x40 != 0) {
        (false, _) => frame.answer = Some(Answer::Request),
        (true, true) => refusal(&mut frame, head.data, data_at, profile),
        (true, false) => answer(&mut frame, &head, data_at, profile)?,
    }
    Ok(frame)
}

/// An answer without the error bit.
fn answer(frame: &mut Frame, head: &Head<'_>, at: usize, profile: &Profile) -> Result<(), DecodeError> {
    let meter_type = MeterType(head.meter_type);
    let (identifier, body) = match head.data {
        [first, second, _ser, body @ ..] => (identifier::read([*first, *second]).0, body),
        [] if head.control != 0x81 => {
            frame.answer = Some(Answer::Ack);
            return Ok(());
        }
        short => {
            let message = format!("structure: an answer of {} data bytes has no identifier", short.len());
            return Err(DecodeError::new(ErrorKind::Structure, at, message));
        }
    };
    let body_at = at.saturating_add(3);
    match head.control & 0x3F {
        // Read data, read address, read key version.
        0x01 | 0x03 | 0x09 => reading::read(frame, meter_type, identifier, body, body_at, profile),
        // Write data, write address, synchronise the motor: some answers close with ST.
        0x04 | 0x15 | 0x16 => {
            frame.answer = Some(Answer::Ack);
            if let [.., first, second] = *body {
                let at = body_at.saturating_add(body.len()).saturating_sub(2);
                status::read([first, second], at, frame, profile);
            }
            Ok(())
        }
        other => Err(DecodeError::new(
            ErrorKind::Unsupported,
            at.saturating_sub(2),
            format!("unsupported: control code {other:02x} answered"),
        )),
    }
}

/// An answer with the error bit: SER and ST, or DI, SER and a status of one or two bytes.
fn refusal(frame: &mut Frame, data: &[u8], at: usize, profile: &Profile) {
    let (status, status_at) = match data {
        [first, second, _ser, status @ ..]
            if !status.is_empty() && identifier::is_known(identifier::read([*first, *second]).0) =>
        {
            (status, at.saturating_add(3))
        }
        [_ser, status @ ..] => (status, at.saturating_add(1)),
        [] => (data, at),
    };
    if let [first, second] = *status {
        status::read([first, second], status_at, frame, profile);
    }
    frame.answer = Some(Answer::Error(digits::forward(status.get(..11).unwrap_or(status)).to_string()));
}
