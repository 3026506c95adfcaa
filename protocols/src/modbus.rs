//! Modbus: register maps as data, and the frames around registers: RTU and TCP.
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
//! **Deliberately absent**: writing to meters, time-outs, whether a transaction's number is the one asked for (the
//! transport's), and any guess at the order of bytes: a profile states it.

pub(crate) mod anatomy;
mod body;
mod image;
mod index;
mod plan;
mod profile;
mod raw;
mod read;
mod rtu;
mod source;
mod tcp;
mod value;

use crate::stream::{self, Framing};
use crate::{Answer, DecodeError, Decoded, Format, Frame, Options};

pub use image::{Image, ImageError};
pub use index::{builtin, names};
pub use plan::{Request, plan};
pub use profile::{Profile, ProfileError};
pub use read::{Block, Reading, read};
pub use rtu::{encode_answer, encode_exception, encode_request};
pub use tcp::{encode_tcp_answer, encode_tcp_exception, encode_tcp_request};

use body::Body;

/// The most registers that one request may ask for (Application Protocol 1.1b3, clause 6.3).
pub const MAX_REGISTERS: u16 = 125;

/// How RTU frames are found in a stream.
pub(crate) const RTU: &dyn Framing = &rtu::Rtu;
/// How TCP frames are found in a stream.
pub(crate) const TCP: &dyn Framing = &tcp::Tcp;

/// Reads a buffer of RTU frames. An answer that follows its request in the same buffer (an echo) takes its start from it.
pub(crate) fn decode_rtu(bytes: &[u8], options: &Options<'_>) -> Decoded {
    let wrapping = Wrapping {
        format: Format::ModbusRtu,
        framing: RTU,
        parse: rtu::parse,
        shortest: rtu::SHORTEST,
        answer_head: rtu::ANSWER_HEAD,
    };
    decode(&wrapping, bytes, options)
}

/// Reads a buffer of TCP frames, as [`decode_rtu`] does.
pub(crate) fn decode_tcp(bytes: &[u8], options: &Options<'_>) -> Decoded {
    let wrapping = Wrapping {
        format: Format::ModbusTcp,
        framing: TCP,
        parse: tcp::parse,
        shortest: tcp::SHORTEST,
        answer_head: tcp::ANSWER_HEAD,
    };
    decode(&wrapping, bytes, options)
}

/// What stands around the content of a frame.
struct Wrapping {
    format: Format,
    framing: &'static dyn Framing,
    /// Unit and content of a whole frame.
    parse: fn(&[u8]) -> Option<(u8, Body)>,
    shortest: usize,
    /// Bytes before the registers of an answer.
    answer_head: usize,
}

fn decode(wrapping: &Wrapping, bytes: &[u8], options: &Options<'_>) -> Decoded {
    let profile = match options.profile.map(|name| (name, builtin(name))) {
        Some((name, None)) => {
            let message = format!("unsupported: no Modbus profile is named {name:?}");
            return Decoded::One(Err(DecodeError::new(crate::ErrorKind::Unsupported, 0, message)));
        }
        Some((_, profile)) => profile,
        None => None,
    };
    let mut asked: Option<(u8, Request)> = None;
    stream::decode_each(wrapping.framing, bytes, |bytes, offset| {
        let (unit, body) = (wrapping.parse)(bytes)
            .ok_or_else(|| DecodeError::truncated(offset, wrapping.shortest, bytes.len()))?;
        let mut frame = Frame::new(wrapping.format);
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
                let begin = offset.saturating_add(wrapping.answer_head);
                registers_of(&mut frame, profile, function, start, &registers, begin);
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
    begin: usize,
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
        // From the register's address to its place in the buffer.
        let place = warning.offset.saturating_sub(usize::from(start)).saturating_mul(2);
        warning.offset = begin.saturating_add(place);
    }
}
