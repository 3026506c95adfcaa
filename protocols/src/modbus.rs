//! Modbus: register maps as data, and the RTU frames around registers.
//!
//! A Modbus answer says neither what it answers nor what its registers mean. Both come from outside: the request
//! that was sent ([`plan()`] makes them), and the meter model's [`Profile`] (`profiles/*.toml`). With both, [`read()`]
//! gives the canonical records; the simulator goes the other way with [`Image`].
//!
//! **Without a profile or without the address of the first register** a frame's registers are reported one by one
//! as quantity `unknown`, state `unknown` (`subunit` is the register's place), so that nobody takes them for
//! readings. If each pair of them is a float32 of an ordinary size, high word first, that reading stands beside
//! them in the same state: a help for the person at the terminal, never stored.
//!
//! **Deliberately absent**: the TCP header (the transport's), writing to meters, time-outs, and any guess at the
//! order of bytes: a profile states it.

pub(crate) mod anatomy;
mod image;
mod index;
mod plan;
mod profile;
mod raw;
mod read;
mod rtu;
mod source;
mod value;

use crate::stream::{self, Framing};
use crate::{Answer, DecodeError, Decoded, Format, Frame, Options};

pub use image::{Image, ImageError};
pub use index::{builtin, names};
pub use plan::{MAX_REGISTERS, Request, plan};
pub use profile::{Profile, ProfileError};
pub use read::{Block, Reading, read};
pub use rtu::{encode_answer, encode_exception, encode_request};

use rtu::{Body, Rtu};

/// How frames of this format are found in a stream.
pub(crate) const FRAMING: &dyn Framing = &Rtu;

/// Reads a buffer. An answer that follows its request in the same buffer (an echo) takes its start from it.
pub(crate) fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    let profile = match options.profile.map(|name| (name, builtin(name))) {
        Some((name, None)) => {
            let message = format!("unsupported: no Modbus profile is named {name:?}");
            return Decoded::One(Err(DecodeError::new(crate::ErrorKind::Unsupported, 0, message)));
        }
        Some((_, profile)) => profile,
        None => None,
    };
    let mut asked: Option<(u8, Request)> = None;
    stream::decode_each(FRAMING, bytes, |bytes, offset| {
        let (unit, body) =
            rtu::parse(bytes).ok_or_else(|| DecodeError::truncated(offset, rtu::SHORTEST, bytes.len()))?;
        let mut frame = Frame::new(Format::ModbusRtu);
        frame.device.address = Some(smol_str::format_smolstr!("{unit}"));
        match body {
            Body::Request(request) => {
                asked = Some((unit, request));
                frame.answer = Some(Answer::Request);
            }
            Body::Command => frame.answer = Some(Answer::Request),
            Body::Exception(code) => frame.answer = Some(Answer::Error(format!("{code:02x}"))),
            Body::Registers { function, registers } => {
                let echoed = asked
                    .take()
                    .filter(|(to, request)| {
                        *to == unit
                            && request.function == function
                            && usize::from(request.count) == registers.len()
                    })
                    .map(|(_, request)| request.start);
                let start = options.start.or(echoed);
                registers_of(&mut frame, profile, function, start, &registers, offset);
            }
        }
        Ok(frame)
    })
}

fn registers_of(
    frame: &mut Frame,
    profile: Option<&Profile>,
    function: u8,
    start: Option<u16>,
    registers: &[u16],
    offset: usize,
) {
    let (Some(profile), Some(start)) = (profile, start) else {
        frame.records = raw::records(start, registers);
        return;
    };
    let reading = read(profile, &[Block { function, start, registers }]);
    frame.device.medium = Some(profile.medium);
    frame.device.manufacturer = Some(profile.maker.clone());
    frame.records = reading.records;
    frame.events = reading.events;
    frame.warnings = reading.warnings;
    for warning in &mut frame.warnings {
        // From the register's address to its place in the buffer: unit, function and byte count stand before.
        let place = warning.offset.saturating_sub(usize::from(start)).saturating_mul(2);
        warning.offset = offset.saturating_add(rtu::ANSWER_HEAD).saturating_add(place);
    }
}
