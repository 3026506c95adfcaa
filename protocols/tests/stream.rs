//! Streams: however a line is cut into reads, the same frames come out, and no line takes more than linear time.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;

use proptest::prelude::*;
use protocols::cjt188::{Address, Amount, Data, DiOrder, MeterType, Reply};
use protocols::dlt645::{self, Content, Edition};
use protocols::modbus::encode_answer;
use protocols::stream::{Framing, Front, split};
use protocols::{Decoded, ErrorKind, Format, Options, decode, framing};

fn water(wire: [u8; 7], digits: u32) -> Vec<u8> {
    let current =
        Amount::counter(rust_decimal::Decimal::new(digits.into(), 2), metering::Unit::CubicMetre).ok();
    Reply {
        meter_type: MeterType::COLD_WATER,
        address: Address::from_wire(wire),
        di_order: DiOrder::LowFirst,
        ser: 0,
        preamble: 0,
        data: Data::Volume { current, settlement: None },
        clock: None,
        status: [0, 0],
    }
    .encode()
}

fn energy(wire: [u8; 6], payload: [u8; 4]) -> Vec<u8> {
    let content = Content::Data { identifier: 0x0001_0000, payload: payload.to_vec(), more: false };
    let address = dlt645::Address::from_wire(wire);
    dlt645::Reply { edition: Edition::V2007, address, preamble: 0, content }.encode()
}

/// Reads a line in pieces of these lengths, as a connection would: what a read leaves over is the next one's front.
fn read_in_pieces(format: Format, line: &[u8], lengths: &[usize]) -> Vec<Vec<u8>> {
    let framing = framing(format).unwrap();
    let (mut buffer, mut rest, mut frames) = (Vec::new(), line, Vec::new());
    let mut lengths = lengths.iter().cycle();
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at((*lengths.next().unwrap()).min(rest.len()));
        buffer.extend_from_slice(piece);
        rest = behind;
        let split = split(framing, &buffer);
        frames.extend(split.frames.iter().map(|range| buffer[range.clone()].to_vec()));
        assert!(split.consumed <= buffer.len() && (split.need.is_some() || split.consumed == buffer.len()));
        buffer.drain(..split.consumed);
    }
    frames
}

#[test]
fn more_bytes_needed_is_no_error() {
    let whole = water([1, 2, 3, 4, 5, 6, 7], 123);
    let framing = framing(Format::Cjt188).unwrap();
    for end in 1..whole.len() {
        let split = split(framing, &whole[..end]);
        assert_eq!((split.frames.len(), split.consumed, split.noise), (0, 0, 0), "{end}");
        assert!(split.need.unwrap() <= whole.len() - end, "{end}");
    }
    let split = split(framing, &whole);
    assert_eq!((split.frames.len(), split.consumed, split.need), (1, whole.len(), None));
    assert_eq!(split.frames[0], 0..whole.len());
}

#[test]
fn a_damaged_frame_is_handed_out_and_the_next_one_is_found() {
    let mut line = energy([1, 2, 3, 4, 5, 6], [1, 2, 3, 4]);
    line[12] ^= 1;
    let len = line.len();
    line.extend(energy([1, 2, 3, 4, 5, 6], [1, 2, 3, 4]));
    let split = split(framing(Format::Dlt645V2007).unwrap(), &line);
    assert_eq!(split.frames, [0..len, len..2 * len]);
    let Decoded::Many(results) = decode(Format::Dlt645V2007, &line, &Options::default()) else {
        unreachable!("two frames")
    };
    assert_eq!(results[0].as_ref().unwrap_err().kind, ErrorKind::Checksum);
    assert!(results[1].is_ok());
}

#[test]
fn a_false_beginning_does_not_swallow_the_frame_behind_it() {
    // Says that 255 bytes follow: without the frame inside it, the line would be held for them.
    let mut line = vec![0x68, 1, 2, 3, 4, 5, 6, 0x68, 0x91, 0xFF, 0x33];
    let begin = line.len();
    line.extend(energy([9, 8, 7, 6, 5, 4], [1, 2, 3, 4]));
    let split = split(framing(Format::Dlt645V2007).unwrap(), &line);
    assert_eq!((split.frames.len(), split.noise, split.need), (1, begin, None));
    assert_eq!(split.frames[0], begin..line.len());
}

/// Counts how often a beginning is looked at.
struct Counting<'a>(&'a dyn Framing, Cell<usize>);

impl Framing for Counting<'_> {
    fn front(&self, bytes: &[u8]) -> Front {
        self.1.set(self.1.get() + 1);
        self.0.front(bytes)
    }
    fn start(&self) -> Option<u8> {
        self.0.start()
    }
    fn filler(&self) -> Option<u8> {
        self.0.filler()
    }
    fn shortest(&self) -> usize {
        self.0.shortest()
    }
}

#[test]
fn hostile_lines_take_linear_time() {
    let damaged = {
        let mut frame = energy([0x68; 6], [0x35; 4]);
        let end = frame.len() - 2;
        frame[end] ^= 1;
        frame
    };
    let lines = [
        vec![0x68; 5_000],
        vec![0xFE; 5_000],
        [0x68, 0x10].repeat(2_500),
        [0x68, 0x16].repeat(2_500),
        [0x68, 1, 2, 3, 4, 5, 6, 0x68, 0x91, 0xFF].repeat(500),
        [0x01, 0x03, 0xFE].repeat(1_600),
        damaged.repeat(200),
    ];
    for format in [Format::Cjt188, Format::Dlt645V2007, Format::ModbusRtu, Format::Cat1NbPush] {
        for line in &lines {
            let counting = Counting(framing(format).unwrap(), Cell::new(0));
            split(&counting, line);
            let looked = counting.1.get();
            assert!(looked <= 3 * line.len(), "{format}, {:02x?}…: {looked} of {}", &line[..4], line.len());
        }
    }
}

proptest! {
    /// Law: the frames of a line don't depend on how it was cut into reads.
    #[test]
    fn however_a_line_is_cut_its_frames_come_out(
        meters in prop::collection::vec((any::<[u8; 7]>(), 0_u32..100_000_000), 1..6),
        noise in prop::collection::vec(0_u8..0x68, 0..12),
        lengths in prop::collection::vec(1_usize..40, 1..10),
    ) {
        let frames: Vec<_> = meters.iter().map(|(wire, digits)| water(*wire, *digits)).collect();
        let line: Vec<u8> = frames.iter().flat_map(|frame| [noise.as_slice(), &[0xFE; 3], frame].concat()).collect();
        prop_assert_eq!(read_in_pieces(Format::Cjt188, &line, &lengths), frames);
    }

    /// Law: the same, where addresses and values hold start and end marks.
    #[test]
    fn marks_inside_frames_cut_nothing(
        meters in prop::collection::vec(
            (
                prop::array::uniform6(prop::sample::select(vec![0x68_u8, 0x16, 0x91, 0x00])),
                prop::array::uniform4(prop::sample::select(vec![0x35_u8, 0xE3, 0x5E])),
            ),
            1..5,
        ),
        lengths in prop::collection::vec(1_usize..30, 1..10),
    ) {
        let frames: Vec<_> = meters.iter().map(|(wire, payload)| energy(*wire, *payload)).collect();
        let line = frames.concat();
        prop_assert_eq!(read_in_pieces(Format::Dlt645V2007, &line, &lengths), frames);
    }

    /// Law: the same for frames without marks.
    #[test]
    fn answers_of_registers_are_told_apart_by_their_crc(
        answers in prop::collection::vec(prop::collection::vec(any::<u16>(), 1..20), 1..4),
    ) {
        let frames: Vec<_> = answers.iter().map(|registers| encode_answer(1, 3, registers)).collect();
        let split = split(framing(Format::ModbusRtu).unwrap(), &frames.concat());
        let cut: Vec<_> = split.frames.iter().map(|range| frames.concat()[range.clone()].to_vec()).collect();
        prop_assert_eq!(cut, frames);
    }

    /// Law: the same where the check of an answer ends in zero, so that its first eight bytes check too.
    #[test]
    fn an_answer_is_not_cut_where_its_check_holds_early(first in any::<u16>(), high in any::<u8>()) {
        let ends_in_zero = |low: &u8| {
            let answer = encode_answer(1, 3, &[first, u16::from_be_bytes([high, *low])]);
            answer.last() == Some(&0)
        };
        let low = (0..=u8::MAX).find(ends_in_zero).unwrap();
        let answer = encode_answer(1, 3, &[first, u16::from_be_bytes([high, low])]);
        let split = split(framing(Format::ModbusRtu).unwrap(), &[answer.as_slice(), &answer].concat());
        prop_assert_eq!(split.frames, vec![0..9, 9..18]);
    }

    /// Law: whatever stands before it, a frame is found once enough has followed.
    #[test]
    fn a_frame_behind_anything_is_found(noise in prop::collection::vec(any::<u8>(), 0..300)) {
        let frame = energy([9, 8, 7, 6, 5, 4], [1, 2, 3, 4]);
        let line = [noise.as_slice(), &frame, &[0; 300]].concat();
        let split = split(framing(Format::Dlt645V2007).unwrap(), &line);
        prop_assert!(split.frames.iter().any(|range| line[range.clone()] == frame));
    }
}
