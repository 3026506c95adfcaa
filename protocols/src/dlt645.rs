//! DL/T 645-2007 and -1997: electricity meters on RS-485, power line and radio.
//!
//! The frame is drawn in `frame.rs`; the tables of data identifiers are `v2007.rs` and `v1997.rs`, in the words of
//! `layout.rs`; status bits are in `status.rs`, the load profile in `load.rs`.
//!
//! The function code tells the edition, frame by frame: a meter may answer a master of 2007 in 1997.
//!
//! **Numbers**: FF in every byte is "no value", whatever the sign; a digit above 9 loses the value and not the
//! frame. The top bit of a signed number is its sign. What is current has its OBIS code (combined active energy is
//! group C 15); so has a value that carries its own time, in the load profile. A value of a settlement day or a
//! freeze carries none, so it is named by storage number and subunit (`layout.rs`, [`Series::subunit`]).
//!
//! **Deliberately doesn't**: write parameters; open the encrypted part of relay commands (the grid companies' ESAM);
//! read the event records beyond their times, harmonics of one order (020A, 020B), and the block DI2 = FF of all
//! energies. All of those come out as `manufacturer_data`, the identifier as a warning.
//!
//! How sure: energies, variables, clock, address, relay and error answers stand on real frames; freezes on the
//! standard's layout confirmed by users; load profile, status bits beyond the relay's and most of 1997 on the
//! standard alone.

mod address;
pub(crate) mod anatomy;
mod encode;
mod frame;
mod layout;
mod load;
mod reader;
mod status;
mod v1997;
mod v2007;

use metering::{Medium, Quantity, Unit};
use rust_decimal::Decimal;

use crate::stream::{self, Framing};
use crate::{
    Answer, DecodeError, Decoded, ErrorKind, Format, Frame, Options, Record, Value, Warning, WarningKind,
    digits,
};

pub use address::{Address, AddressError};
pub use encode::{Command, Content, NumbersError, RelayAction, Reply, Request, numbers};

use frame::{Data, Dlt645, HEAD, Head};
#[cfg(doc)]
use layout::Series;

/// How frames of both editions are found in a stream.
pub(crate) const FRAMING: &dyn Framing = &Dlt645;

/// An edition of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edition {
    /// DL/T 645-1997: identifiers of two bytes.
    V1997,
    /// DL/T 645-2007: identifiers of four bytes.
    V2007,
}

impl Edition {
    const fn format(self) -> Format {
        match self {
            Self::V1997 => Format::Dlt645V1997,
            Self::V2007 => Format::Dlt645V2007,
        }
    }

    /// The identifier's bytes on the wire.
    fn identifier(self, identifier: u32) -> impl Iterator<Item = u8> {
        let count = match self {
            Self::V1997 => 2,
            Self::V2007 => 4,
        };
        identifier.to_le_bytes().into_iter().take(count)
    }

    /// The function that the edition of 2007 calls so.
    const fn function(self, function: u8) -> u8 {
        match (self, function) {
            (Self::V1997, 0x11) => 0x01,
            (Self::V1997, 0x12) => 0x02,
            (_, function) => function,
        }
    }
}

/// What the outside of a whole frame says: whom an answer is from, and what it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The edition, as the function code tells.
    pub edition: Edition,
    /// The address.
    pub address: Address,
    /// C.
    pub control: u8,
    /// The identifier, where the frame reads or answers one.
    pub identifier: Option<u32>,
}

/// The envelope of a frame as [`stream::split`] has cut it out.
pub fn envelope(frame: &[u8]) -> Option<Envelope> {
    let head = frame::head(frame)?;
    let edition = edition(head.control)?;
    let data = Data::of(head.shifted);
    let identifier = match edition {
        Edition::V2007 => data.bytes().first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes)),
        Edition::V1997 => data.bytes().first_chunk::<2>().map(|bytes| u32::from(u16::from_le_bytes(*bytes))),
    };
    let refused = head.control & 0xC0 == 0xC0;
    let reads = matches!(head.control & 0x1F, 0x01 | 0x02 | 0x11 | 0x12);
    let identifier = identifier.filter(|_| reads && !refused);
    Some(Envelope { edition, address: head.address, control: head.control, identifier })
}

/// The edition that knows a function. 08, the clock, is in both, and alike.
pub(crate) const fn edition(control: u8) -> Option<Edition> {
    match control & 0x1F {
        0x01 | 0x02 | 0x04 | 0x0A | 0x0C | 0x0F | 0x10 => Some(Edition::V1997),
        // 1D to 1F are the grid companies' additions: outputs, tests, more of the clock.
        0x03 | 0x08 | 0x11..=0x1F => Some(Edition::V2007),
        _ => None,
    }
}

/// Reads a buffer of either edition.
pub(crate) fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    let mut following = None;
    for prior in options.prior {
        stream::decode_each(&Dlt645, prior, |bytes, offset| one(bytes, offset, &mut following));
    }
    stream::decode_each(&Dlt645, bytes, |bytes, offset| one(bytes, offset, &mut following))
}

/// The longest payload that is put together from follow-ups: each is read anew from its front, so that without a
/// bound the time would grow with the square of their number.
const MAX_PAYLOAD: usize = 4096;

/// An answer that announced follow-ups: whose, of what, what it has brought and how many records that gave.
struct Following {
    address: Address,
    identifier: u32,
    payload: Vec<u8>,
    given: usize,
}

fn one(bytes: &[u8], offset: usize, following: &mut Option<Following>) -> Result<Frame, DecodeError> {
    let head = frame::head(bytes).ok_or_else(|| DecodeError::truncated(offset, HEAD, bytes.len()))?;
    let Some(edition) = edition(head.control) else {
        let message = format!("unsupported: control code {:02x}", head.control);
        return Err(DecodeError::new(ErrorKind::Unsupported, offset.saturating_add(8), message));
    };
    let mut frame = Frame::new(edition.format());
    frame.device.address = Some(head.address.to_smol_str());
    frame.device.medium = Some(Medium::Electricity);
    let data = Data::of(head.shifted);
    let at = offset.saturating_add(HEAD);
    match (head.control & 0x80 != 0, head.control & 0x40 != 0) {
        (false, _) => frame.answer = Some(Answer::Request),
        (true, true) => {
            let code = data.bytes().get(..data.bytes().len().min(11)).unwrap_or_default();
            frame.answer = Some(Answer::Error(digits::reversed(code).to_string()));
        }
        (true, false) => answer(&mut frame, &head, edition, data.bytes(), at, following)?,
    }
    Ok(frame)
}

fn answer(
    frame: &mut Frame,
    head: &Head<'_>,
    edition: Edition,
    data: &[u8],
    at: usize,
    following: &mut Option<Following>,
) -> Result<(), DecodeError> {
    match head.control & 0x1F {
        0x01 | 0x02 | 0x11 | 0x12 => {}
        0x13 => {
            let record = Record::new(Quantity::BusAddress, Decimal::ZERO, Unit::One);
            let address = digits::reversed(data.get(..6).unwrap_or_default());
            frame.records.push(Record { value: Value::Text(address), unit: None, ..record });
            return Ok(());
        }
        _ => {
            frame.answer = Some(Answer::Ack);
            if !data.is_empty() {
                frame.manufacturer_data = Some(data.to_vec());
            }
            return Ok(());
        }
    }
    let split = match edition {
        Edition::V2007 => data.split_first_chunk::<4>().map(|(di, rest)| (u32::from_le_bytes(*di), rest)),
        Edition::V1997 => {
            data.split_first_chunk::<2>().map(|(di, rest)| (u32::from(u16::from_le_bytes(*di)), rest))
        }
    };
    let Some((identifier, payload)) = split else {
        let message = format!("structure: an answer of {} data bytes has no identifier", data.len());
        return Err(DecodeError::new(ErrorKind::Structure, at, message));
    };
    let payload_at = at.saturating_add(data.len().saturating_sub(payload.len()));
    let more = head.control & 0x20 != 0;
    if more {
        let bytes = identifier.to_be_bytes().to_vec();
        frame.warnings.push(Warning { kind: WarningKind::MoreFollows, offset: at, bytes });
    }
    if head.control & 0x1F == edition.function(0x12) {
        follow_up(frame, head.address, edition, identifier, payload, payload_at, following);
        return Ok(());
    }
    read(frame, edition, identifier, payload, payload_at);
    *following = more.then(|| Following {
        address: head.address,
        identifier,
        payload: payload.to_vec(),
        given: frame.records.len(),
    });
    Ok(())
}

/// What stands behind an identifier.
fn read(frame: &mut Frame, edition: Edition, identifier: u32, payload: &[u8], at: usize) {
    let layout = match edition {
        Edition::V2007 => v2007::layout(identifier),
        Edition::V1997 => u16::try_from(identifier).ok().and_then(v1997::layout),
    };
    if let Some(layout) = layout {
        reader::read(frame, layout, payload, at);
        return;
    }
    let wire: Vec<u8> = edition.identifier(identifier).collect();
    let offset = at.saturating_sub(wire.len());
    let bytes = wire.into_iter().rev().collect();
    frame.warnings.push(Warning { kind: WarningKind::UnknownIdentifier, offset, bytes });
    if !payload.is_empty() {
        frame.manufacturer_data = Some(payload.to_vec());
    }
}

/// A part of a payload whose front came before: the whole is read, and what the parts before gave is left out. The
/// last byte of a part is its number (2007).
fn follow_up(
    frame: &mut Frame,
    address: Address,
    edition: Edition,
    identifier: u32,
    payload: &[u8],
    at: usize,
    following: &mut Option<Following>,
) {
    let part = match (edition, payload) {
        (Edition::V2007, [part @ .., _sequence]) => part,
        (_, part) => part,
    };
    let fits = |front: &&mut Following| {
        let len = front.payload.len().saturating_add(part.len());
        front.address == address && front.identifier == identifier && len <= MAX_PAYLOAD
    };
    let Some(front) = following.as_mut().filter(fits) else {
        frame.manufacturer_data = Some(part.to_vec());
        return;
    };
    // The offsets of what is read count from where the whole payload would begin.
    let begin = at.saturating_sub(front.payload.len());
    front.payload.extend_from_slice(part);
    let mut whole = Frame::new(frame.format);
    read(&mut whole, edition, identifier, &front.payload, begin);
    frame.records = whole.records.split_off(front.given.min(whole.records.len()));
    front.given = front.given.saturating_add(frame.records.len());
    frame.events = whole.events;
    frame.manufacturer_data = whole.manufacturer_data;
    frame.warnings.extend(whole.warnings.into_iter().filter(|warning| warning.offset >= at));
}
