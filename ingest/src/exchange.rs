//! A poll of a Modbus meter as one frame: its requests and answers in RTU form, one after another, as
//! `meterline decode --format modbus-rtu --profile P` reads them too.
//!
//! ```text
//!  unit │ fn │ start 2 │ count 2 │ crc 2 │ unit │ fn │ n │ registers n │ crc 2 │ next request …
//! ```
//! Read together: the scale of a value may stand in another answer than its digits.

use protocols::modbus::{Block, builtin, read};
use protocols::{Answer, DecodeError, ErrorKind, Format, Frame, Options};

const REQUEST: usize = 8;
const ANSWER_HEAD: usize = 3;
const CRC: usize = 2;

/// What the whole exchange says. An exception to one request leaves the others' registers; an exception to all is
/// the meter's error answer.
pub(crate) fn decode(bytes: &[u8], profile: &str) -> Result<Frame, DecodeError> {
    let map = builtin(profile).ok_or_else(|| {
        let message = format!("unsupported: no Modbus profile is named {profile:?}");
        DecodeError::new(ErrorKind::Unsupported, 0, message)
    })?;
    // The checks of each frame are the decoder's.
    for part in protocols::decode(Format::ModbusRtu, bytes, &Options::default()).into_results() {
        part?;
    }
    let blocks = blocks(bytes).ok_or_else(|| {
        DecodeError::new(ErrorKind::Structure, 0, "structure: no exchange of requests and answers")
    })?;
    let mut frame = Frame::new(Format::ModbusRtu);
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

/// Function, start and registers of each answer.
fn blocks(mut bytes: &[u8]) -> Option<Vec<(u8, u16, Vec<u16>)>> {
    let mut blocks = Vec::new();
    while !bytes.is_empty() {
        let (request, rest) = bytes.split_at_checked(REQUEST)?;
        let start = u16::from_be_bytes([request[2], request[3]]);
        let head = rest.get(..ANSWER_HEAD)?;
        if head[1] & 0x80 != 0 {
            bytes = rest.get(ANSWER_HEAD + CRC..)?;
            continue;
        }
        let end = ANSWER_HEAD + usize::from(head[2]);
        let registers = rest.get(ANSWER_HEAD..end)?.chunks_exact(2);
        blocks.push((head[1], start, registers.map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()));
        bytes = rest.get(end + CRC..)?;
    }
    Some(blocks)
}

#[cfg(test)]
mod tests {
    use protocols::modbus::{Image, encode_answer, encode_exception, encode_request, plan};

    use super::*;

    fn exchange(profile: &str) -> Vec<u8> {
        let map = builtin(profile).unwrap();
        let image = Image::new(map);
        let mut bytes = Vec::new();
        for request in plan(map) {
            bytes.extend(encode_request(7, request));
            let registers = image.read(request.function, request.start, request.count).unwrap();
            bytes.extend(encode_answer(7, request.function, &registers));
        }
        bytes
    }

    #[test]
    fn every_map_is_read_whole() {
        for profile in protocols::modbus::names() {
            let map = builtin(profile).unwrap();
            let frame = decode(&exchange(profile), profile).unwrap();
            assert_eq!(frame.records, Image::new(map).records(), "{profile}");
        }
    }

    #[test]
    fn a_refused_request_leaves_the_others() {
        let request = protocols::modbus::Request { function: 3, start: 0, count: 2 };
        let mut bytes = encode_request(7, request);
        bytes.extend(encode_exception(7, 3, 2));
        let frame = decode(&bytes, "eastron-sdm120").unwrap();
        assert!(matches!(frame.answer, Some(Answer::Error(_))));
        bytes.extend(exchange("eastron-sdm120"));
        assert!(!decode(&bytes, "eastron-sdm120").unwrap().records.is_empty());
    }

    #[test]
    fn a_broken_exchange_is_an_error_and_never_a_panic() {
        let whole = exchange("eastron-sdm120");
        for cut in 0..whole.len() {
            let _ = decode(&whole[..cut], "eastron-sdm120");
        }
        let mut flipped = whole.clone();
        flipped[11] ^= 1;
        assert!(decode(&flipped, "eastron-sdm120").is_err());
        assert!(decode(&whole, "no such map").is_err());
    }
}
