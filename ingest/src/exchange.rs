//! A poll of a Modbus meter as one frame: its requests and answers as they stood on the wire, one after another, as
//! `meterline decode --format modbus-rtu --profile P` (or `modbus-tcp`) reads them too.
//!
//! ```text
//!  RTU  unit │ fn │ start 2 │ count 2 │ crc 2 │ unit │ fn │ n │ registers n │ crc 2 │ next request …
//!  TCP  head 6 │ unit │ fn │ start 2 │ count 2 │ head 6 │ unit │ fn │ n │ registers n │ next request …
//! ```
//! Read together: the scale of a value may stand in another answer than its digits.

use protocols::modbus::{Block, builtin, read};
use protocols::{Answer, DecodeError, ErrorKind, Format, Frame, Options};

/// Bytes before the unit, of a request, before the registers and behind the registers.
struct Layout {
    head: usize,
    request: usize,
    tail: usize,
}

/// The layout of a format that polls are in.
fn layout(format: Format) -> Option<Layout> {
    match format {
        Format::ModbusRtu => Some(Layout { head: 0, request: 8, tail: 2 }),
        Format::ModbusTcp => Some(Layout { head: 6, request: 12, tail: 0 }),
        _ => None,
    }
}

/// Whether polls are in that format.
pub(crate) fn is_of(format: Format) -> bool {
    layout(format).is_some()
}

/// What the whole exchange holds. An exception to one request leaves the others' registers; an exception to all is
/// the meter's error answer.
pub(crate) fn decode(format: Format, bytes: &[u8], profile: &str) -> Result<Frame, DecodeError> {
    let map = builtin(profile).ok_or_else(|| {
        let message = format!("unsupported: no Modbus profile is named {profile:?}");
        DecodeError::new(ErrorKind::Unsupported, 0, message)
    })?;
    // The checks of each frame are the decoder's.
    for part in protocols::decode(format, bytes, &Options::default()).into_results() {
        part?;
    }
    let blocks = layout(format).and_then(|layout| layout.blocks(bytes)).ok_or_else(|| {
        DecodeError::new(ErrorKind::Structure, 0, "structure: no exchange of requests and answers")
    })?;
    let mut frame = Frame::new(format);
    if blocks.is_empty() {
        frame.answer = Some(Answer::Error("no request was answered with registers".into()));
        return Ok(frame);
    }
    let borrowed: Vec<Block<'_>> = blocks
        .iter()
        .map(|(function, start, registers)| Block { function: *function, start: *start, registers })
        .collect();
    let reading = read(map, &borrowed);
    frame.device.medium = Some(map.medium);
    frame.device.manufacturer = Some(map.maker.clone());
    frame.records = reading.records;
    // What was asked for and answered says how the device is; a map without flags says nothing of it.
    frame.says_status = !reading.events.is_empty();
    frame.events = reading.events;
    frame.warnings = reading.warnings;
    Ok(frame)
}

impl Layout {
    /// Function, start and registers of each answer.
    fn blocks(&self, mut bytes: &[u8]) -> Option<Vec<(u8, u16, Vec<u16>)>> {
        let mut blocks = Vec::new();
        while !bytes.is_empty() {
            let (request, rest) = bytes.split_at_checked(self.request)?;
            let &[_unit, _function, s1, s0, ..] = request.get(self.head..)? else { return None };
            let answer = rest.get(self.head..)?;
            let (&[_unit, function, count], rest) = answer.split_first_chunk::<3>()?;
            if function & 0x80 != 0 {
                bytes = rest.get(self.tail..)?;
                continue;
            }
            let (registers, rest) = rest.split_at_checked(usize::from(count))?;
            let registers =
                registers.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            blocks.push((function, u16::from_be_bytes([s1, s0]), registers));
            bytes = rest.get(self.tail..)?;
        }
        Some(blocks)
    }
}

#[cfg(test)]
mod tests {
    use protocols::modbus::{
        Image, Request, encode_answer, encode_exception, encode_request, encode_tcp_answer,
        encode_tcp_exception, encode_tcp_request, plan,
    };

    use super::*;

    fn exchange(format: Format, profile: &str) -> Vec<u8> {
        let map = builtin(profile).unwrap();
        let image = Image::new(map);
        let mut bytes = Vec::new();
        for (request, transaction) in plan(map).into_iter().zip(0x0103..) {
            let registers = image.read(request.function, request.start, request.count).unwrap();
            if format == Format::ModbusTcp {
                bytes.extend(encode_tcp_request(transaction, 7, request));
                bytes.extend(encode_tcp_answer(transaction, 7, request.function, &registers));
            } else {
                bytes.extend(encode_request(7, request));
                bytes.extend(encode_answer(7, request.function, &registers));
            }
        }
        bytes
    }

    #[test]
    fn every_map_is_read_whole() {
        for format in [Format::ModbusRtu, Format::ModbusTcp] {
            for profile in protocols::modbus::names() {
                let map = builtin(profile).unwrap();
                let frame = decode(format, &exchange(format, profile), profile).unwrap();
                assert_eq!(frame.records, Image::new(map).records(), "{format} {profile}");
            }
        }
    }

    #[test]
    fn a_refused_request_leaves_the_others() {
        let request = Request { function: 3, start: 0, count: 2 };
        let refused = [
            (Format::ModbusRtu, [encode_request(7, request), encode_exception(7, 3, 2)]),
            (Format::ModbusTcp, [encode_tcp_request(1, 7, request), encode_tcp_exception(1, 7, 3, 2)]),
        ];
        for (format, refused) in refused {
            let mut bytes = refused.concat();
            let frame = decode(format, &bytes, "eastron-sdm120").unwrap();
            assert!(matches!(frame.answer, Some(Answer::Error(_))));
            bytes.extend(exchange(format, "eastron-sdm120"));
            assert!(!decode(format, &bytes, "eastron-sdm120").unwrap().records.is_empty());
        }
    }

    #[test]
    fn a_broken_exchange_is_an_error_and_never_a_panic() {
        for format in [Format::ModbusRtu, Format::ModbusTcp] {
            let whole = exchange(format, "eastron-sdm120");
            for cut in 0..whole.len() {
                let _ = decode(format, &whole[..cut], "eastron-sdm120");
            }
            assert!(decode(format, &whole, "no such map").is_err());
        }
        let mut flipped = exchange(Format::ModbusRtu, "eastron-sdm120");
        flipped[11] ^= 1;
        assert!(decode(Format::ModbusRtu, &flipped, "eastron-sdm120").is_err());
    }
}
