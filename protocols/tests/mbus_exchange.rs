//! A master and its devices on one line, from SND_NKE to the last telegram. The laws:
//!
//! 1. the records of all telegrams together are those of the device, each once and in order, whichever requests and
//!    answers were lost, damaged, echoed or cut on the way;
//! 2. a wildcard search finds every device, though the answers of several are heard as noise.
//!
//! The devices here keep the frame count bit as EN 13757-2 has it, and know nothing of the code that is tested but
//! how it writes an answer: requests are read byte by byte.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;

use metering::{Obis, Quantity, Unit};
use proptest::prelude::*;
use protocols::mbus::encode::{self, ACKNOWLEDGEMENT, FrameCount, request, reset, select};
use protocols::mbus::readout::{Readout, Telegram};
use protocols::mbus::secondary::{SELECTED, Selection};
use protocols::mbus::{Identity, Status};
use protocols::{Decoded, Format, Frame, Options, Record, decode, stream};
use rust_decimal::Decimal;

/// What the bit is remembered as, and which telegram it stands for.
#[derive(Default)]
struct Link {
    last: Option<bool>,
    telegram: usize,
}

/// A device whose readings need several telegrams.
struct Device {
    address: u8,
    identity: Identity,
    fabrication: [u8; 4],
    telegrams: Vec<Vec<Record>>,
    is_selected: bool,
    /// Counts the answers, repeated ones too: no two are the same bytes.
    access: u8,
    /// A bit for its own address, and one for FD.
    links: [Link; 2],
}

impl Device {
    fn new(address: u8, id: u32, telegrams: Vec<Vec<Record>>) -> Self {
        let identity = Identity { id: id.to_le_bytes(), manufacturer: 0x2C2D, version: 27, medium: 7 };
        let fabrication = [address, 0, 0, 0];
        Self {
            address,
            identity,
            fabrication,
            telegrams,
            is_selected: false,
            access: 0,
            links: <[Link; 2]>::default(),
        }
    }

    /// What it says to what it hears.
    fn hear(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        match *bytes {
            [0x10, 0x40, address, sum, 0x16] if sum == address.wrapping_add(0x40) => self.reset(address),
            [0x10, control, address, sum, 0x16] if sum == control.wrapping_add(address) => {
                // REQ_UD2 with FCV, whatever its FCB.
                (control & !0x20 == 0x5B).then(|| self.request(address, control & 0x20 != 0))?
            }
            [0x68, length @ (11 | 17), _, 0x68, control, SELECTED, 0x52, .., sum, 0x16]
                if control & !0x20 == 0x53 =>
            {
                let body = &bytes[4..4 + usize::from(length)];
                let is_whole = body.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) == sum;
                is_whole.then(|| self.select(&body[3..]))?
            }
            _ => None,
        }
    }

    fn reset(&mut self, address: u8) -> Option<Vec<u8>> {
        if address == SELECTED {
            self.is_selected = false;
            self.links[1] = Link::default();
            return None;
        }
        (address == self.address).then(|| {
            self.links[0] = Link::default();
            ACKNOWLEDGEMENT.to_vec()
        })
    }

    /// A selection that fits forgets the bit of FD; one that doesn't ends an earlier one.
    fn select(&mut self, pattern: &[u8]) -> Option<Vec<u8>> {
        // Behind the identity may stand the record of a fabrication number.
        let own = [&self.identity.to_bytes()[..], &[0x0C, 0x78], &self.fabrication].concat();
        let digits = |byte: u8| [byte >> 4, byte & 0xF];
        let fit = |(pattern, own): (&u8, &u8)| {
            digits(*pattern)
                .into_iter()
                .zip(digits(*own))
                .all(|(pattern, own)| pattern == 0xF || pattern == own)
        };
        self.is_selected = pattern.iter().zip(&own).all(fit);
        self.links[1] = Link::default();
        self.is_selected.then(|| ACKNOWLEDGEMENT.to_vec())
    }

    /// The same bit, the same telegram; the other bit, the next one; behind the last the first.
    fn request(&mut self, address: u8, bit: bool) -> Option<Vec<u8>> {
        let link = match address {
            SELECTED if self.is_selected => &mut self.links[1],
            address if address == self.address => &mut self.links[0],
            _ => return None,
        };
        if link.last.is_some_and(|last| last != bit) {
            link.telegram = (link.telegram + 1) % self.telegrams.len();
        }
        link.last = Some(bit);
        self.access = self.access.wrapping_add(1);
        let status = Status { access: self.access, status: 0, configuration: 0 };
        let more = link.telegram + 1 < self.telegrams.len();
        Some(
            encode::response(self.address, self.identity, status, &self.telegrams[link.telegram], more)
                .unwrap(),
        )
    }
}

/// What becomes of a request and its answer.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Whole,
    /// The request comes back before the answer, as some level converters have it.
    Echoed,
    RequestLost,
    AnswerLost,
    /// This bit of the answer, counted round.
    Damaged(usize),
    /// So many bytes of it at most.
    Cut(usize),
}

/// The line, with what will happen on it.
struct Line {
    devices: Vec<Device>,
    fates: VecDeque<Fate>,
}

impl Line {
    /// What the master hears until the line is silent.
    fn exchange(&mut self, request: &[u8]) -> Vec<u8> {
        let fate = self.fates.pop_front().unwrap_or(Fate::Whole);
        if matches!(fate, Fate::RequestLost) {
            return Vec::new();
        }
        let mut answers: Vec<_> = self.devices.iter_mut().filter_map(|device| device.hear(request)).collect();
        let together = answers.len();
        let mut answer = answers.pop().unwrap_or_default();
        if together > 1 && answer != ACKNOWLEDGEMENT {
            // Several E5 at once are E5; longer answers at once come in with broken parities, which no port hands on.
            answer = vec![0xFF; 3];
        }
        match fate {
            Fate::Whole | Fate::RequestLost => answer,
            Fate::Echoed => [request, &answer].concat(),
            Fate::AnswerLost => Vec::new(),
            Fate::Damaged(_) if answer.is_empty() => answer,
            Fate::Damaged(bit) => {
                let bit = bit % (answer.len() * 8);
                answer[bit / 8] ^= 1 << (bit % 8);
                answer
            }
            Fate::Cut(len) => {
                answer.truncate(len);
                answer
            }
        }
    }
}

/// Asks until E5 comes, at most so often.
fn acknowledged(line: &mut Line, request: &[u8], tries: usize) -> bool {
    (0..tries).any(|_| line.exchange(request).last() == Some(&ACKNOWLEDGEMENT[0]))
}

/// Every telegram of a device, behind its reset or selection.
fn read_out(line: &mut Line, address: u8) -> Vec<Frame> {
    let mut readout = Readout::new(address);
    let mut frames = Vec::new();
    for _ in 0..100 {
        let read = line.exchange(&readout.request());
        let Some(Telegram { frame, is_last }) = readout.take(&read, &Options::default()) else { continue };
        frames.push(frame.unwrap());
        if is_last {
            break;
        }
    }
    frames
}

fn volume(storage: u64, litres: i64) -> Record {
    let obis = (storage == 0).then_some(Obis::new(8, 0, 1, 0, 0));
    Record { storage, obis, ..Record::new(Quantity::Volume, Decimal::new(litres, 3), Unit::CubicMetre) }
}

/// A device whose telegrams have so many records each, no two alike.
fn telegrams(lens: &[usize]) -> Vec<Vec<Record>> {
    let mut storages = 0_u64..;
    let mut telegram = |len: &usize| {
        storages
            .by_ref()
            .take(*len)
            .map(|storage| volume(storage, i64::try_from(storage).unwrap() + 7))
            .collect()
    };
    lens.iter().map(&mut telegram).collect()
}

fn fates() -> impl Strategy<Value = VecDeque<Fate>> {
    let fate = prop_oneof![
        2 => Just(Fate::Whole),
        1 => Just(Fate::Echoed),
        1 => Just(Fate::RequestLost),
        2 => Just(Fate::AnswerLost),
        2 => any::<usize>().prop_map(Fate::Damaged),
        1 => (0_usize..40).prop_map(Fate::Cut),
    ];
    prop::collection::vec(fate, 0..24).prop_map(VecDeque::from)
}

proptest! {
    #[test]
    fn law_1_what_is_lost_on_the_line_is_neither_missing_nor_read_twice(
        lens in prop::collection::vec(1_usize..9, 1..7),
        fates in fates(),
        is_selected in any::<bool>(),
    ) {
        let telegrams = telegrams(&lens);
        let whole = telegrams.concat();
        // Another device is on the line, which must not be heard.
        let other = Device::new(2, 0x8765_4321, self::telegrams(&[1, 1]));
        let mut line = Line { devices: vec![Device::new(1, 0x1234_5678, telegrams), other], fates };
        let address = if is_selected { SELECTED } else { 1 };
        let begin = if is_selected {
            let pattern = Identity { id: [0xFF, 0x56, 0x34, 0x12], ..Selection::ANY.pattern };
            select(&Selection::of(pattern), FrameCount::AFTER_RESET).unwrap()
        } else {
            reset(1).to_vec()
        };
        prop_assert!(acknowledged(&mut line, &begin, 25));
        // Twice, since the second readout must not begin where the first one ended.
        for _ in 0..2 {
            let frames = read_out(&mut line, address);
            prop_assert_eq!(frames.len(), lens.len());
            prop_assert!(frames.iter().all(|frame| frame.device.address.as_deref() == Some("12345678")));
            let records: Vec<Record> = frames.into_iter().flat_map(|frame| frame.records).collect();
            prop_assert_eq!(&records, &whole);
            prop_assert!(acknowledged(&mut line, &begin, 25));
        }
    }

    #[test]
    fn law_2_a_wildcard_search_finds_every_device(
        ids in prop::collection::vec(prop_oneof![0_u32..100_000_000, Just(12_345_678)], 0..6),
    ) {
        let bcd = |id: &u32| u32::from_str_radix(&id.to_string(), 16).unwrap();
        let device = |(address, id)| Device::new(address, bcd(id), telegrams(&[1]));
        let devices = (1_u8..).zip(&ids).map(device).collect();
        let mut line = Line { devices, fates: VecDeque::new() };
        let mut ids: Vec<String> = ids.iter().map(|id| format!("{id:08}")).collect();
        ids.sort_unstable();
        prop_assert_eq!(search(&mut line), ids);
    }

    /// Between two reads of the port a telegram may be cut anywhere.
    #[test]
    fn an_answer_in_pieces_is_no_error_until_the_line_is_silent(
        lens in prop::collection::vec(1_usize..9, 1..4),
        pieces in prop::collection::vec(1_usize..40, 1..10),
    ) {
        let mut device = Device::new(1, 0x1234_5678, telegrams(&lens));
        let mut readout = Readout::new(1);
        let framing = protocols::framing(Format::Mbus).unwrap();
        for records in telegrams(&lens) {
            let answer = device.hear(&readout.request()).unwrap();
            let (mut buffer, mut rest, mut pieces) = (Vec::new(), answer.as_slice(), pieces.iter().cycle());
            while !rest.is_empty() {
                let split = stream::split(framing, &buffer);
                prop_assert_eq!(split.frames.len(), 0);
                prop_assert!(buffer.is_empty() || split.need.unwrap() <= rest.len());
                prop_assert!(readout.clone().take(&buffer, &Options::default()).is_none());
                let (piece, behind) = rest.split_at((*pieces.next().unwrap()).min(rest.len()));
                buffer.extend_from_slice(piece);
                rest = behind;
            }
            prop_assert_eq!(readout.take(&buffer, &Options::default()).unwrap().frame.unwrap().records, records);
        }
    }
}

/// Selects more and more narrowly where the answers of several collide; devices of one identification are told apart by
/// their fabrication numbers.
fn search(line: &mut Line) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![Selection::ANY];
    while let Some(selection) = open.pop() {
        if !acknowledged(line, &select(&selection, FrameCount::AFTER_RESET).unwrap(), 1) {
            continue;
        }
        let mut readout = Readout::new(SELECTED);
        match readout.take(&line.exchange(&readout.request()), &Options::default()) {
            Some(telegram) => found.push(telegram.frame.unwrap().device.address.unwrap().to_string()),
            None => open.extend(selection.narrower().into_iter().flatten()),
        }
    }
    found.sort_unstable();
    found
}

#[test]
fn the_bytes_of_an_exchange() {
    let mut line = Line { devices: vec![Device::new(5, 1, telegrams(&[1, 1]))], fates: VecDeque::new() };
    assert_eq!(line.exchange(&[0x10, 0x40, 0x05, 0x45, 0x16]), [0xE5]);
    let mut readout = Readout::new(5);
    let mut took = Vec::new();
    for expected in [[0x10, 0x7B, 0x05, 0x80, 0x16], [0x10, 0x5B, 0x05, 0x60, 0x16]] {
        assert_eq!(readout.request(), expected);
        took.push(readout.take(&line.exchange(&expected), &Options::default()).unwrap());
    }
    assert_eq!(took.iter().map(|telegram| telegram.is_last).collect::<Vec<_>>(), [false, true]);
    assert_eq!(took[0].frame.as_ref().unwrap().warnings[0].kind.name(), "more_follows");
    // 12345678 of any maker, version and medium.
    let pattern = Identity { id: [0x78, 0x56, 0x34, 0x12], ..Selection::ANY.pattern };
    let bytes = select(&Selection::of(pattern), FrameCount::AFTER_RESET).unwrap();
    assert_eq!(hex::encode(bytes), "680b0b6873fd5278563412ffffffffd216");
}

/// The devices of this test do keep the bit: a master that toggles it without an answer loses a telegram, one that
/// does not toggle it reads the first for ever.
#[test]
fn a_bit_that_is_toggled_wrongly_is_felt() {
    let first_storage = |answer: &[u8]| match decode(Format::Mbus, answer, &Options::default()) {
        Decoded::One(Ok(frame)) => frame.records[0].storage,
        other => unreachable!("{other:?}"),
    };
    let mut line = Line { devices: vec![Device::new(1, 1, telegrams(&[1, 1, 1]))], fates: VecDeque::new() };
    let set = FrameCount::AFTER_RESET;
    let told = [set, set, set.next(), set, set].map(|bit| first_storage(&line.exchange(&request(1, bit))));
    assert_eq!(told, [0, 0, 1, 2, 2]);
}

/// An index of 10H litres, then a record of the coding 16H: within the answer stands what would be a short frame.
#[test]
fn what_looks_like_a_short_frame_inside_an_answer_is_none() {
    let data = [0x08, 1, 0x78, 0x04, 0x13, 0x10, 0, 0, 0, 0x16, 0x13, 0, 0, 0, 0, 0, 1];
    let length = u8::try_from(data.len()).unwrap();
    let sum = data.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    let answer = [&[0x68, length, length, 0x68][..], &data, &[sum, 0x16]].concat();
    let framing = protocols::framing(Format::Mbus).unwrap();
    for end in 1..answer.len() {
        let split = stream::split(framing, &answer[..end]);
        assert_eq!((split.frames.len(), split.consumed), (0, 0), "{end}");
    }
    assert_eq!(stream::split(framing, &answer).frames, vec![0..answer.len()]);
}

#[test]
fn what_answers_no_request_is_not_taken() {
    let mut device = Device::new(1, 1, telegrams(&[1]));
    let own = device.hear(&request(1, FrameCount::AFTER_RESET)).unwrap();
    let mut readout = Readout::new(1);
    // Nothing, the request's own echo, a command of the master's, and the answer of another device.
    let others = device_answer(2);
    let command = select(&Selection::ANY, FrameCount::AFTER_RESET).unwrap();
    for read in [&[][..], &readout.request(), &command, &others] {
        assert_eq!(readout.take(read, &Options::default()), None, "{read:02x?}");
    }
    // Behind them it is found, and a selected device answers with an address of its own.
    let line = [&readout.request()[..], &others, &own].concat();
    assert!(readout.take(&line, &Options::default()).unwrap().is_last);
    assert!(Readout::new(SELECTED).take(&others, &Options::default()).is_some());
}

fn device_answer(address: u8) -> Vec<u8> {
    Device::new(address, 2, telegrams(&[1])).hear(&request(address, FrameCount::AFTER_RESET)).unwrap()
}

#[test]
fn what_came_whole_and_cannot_be_read_is_not_asked_for_again() {
    // RSP_UD with control information B7, which nobody documents.
    let body = [0x08, 0x01, 0xB7, 0x00];
    let sum = body.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    let answer = [&[0x68, 4, 4, 0x68][..], &body, &[sum, 0x16]].concat();
    let mut readout = Readout::new(1);
    let telegram = readout.take(&answer, &Options::default()).unwrap();
    assert_eq!((telegram.frame.unwrap_err().kind.name(), telegram.is_last), ("unsupported", true));
    assert_ne!(readout.request(), Readout::new(1).request());
}
