//! What a connection has sent, cut into frames, documents, telegrams and registrations.

use std::ops::Range;

use bytes::Bytes;
use protocols::Format;
use protocols::stream::{self, Front};
use smol_str::SmolStr;

/// Bytes of a connection that are no frame yet. The longest frame has 273 bytes, a document more.
const HEARD_MAX: usize = 16 << 10;

/// The shortest line that registers: a single letter is a byte of something else. `REG:2` names the meter 2.
const NAME_MIN: usize = 2;

/// The longest registration.
const NAME_MAX: usize = 64;

/// The byte that every frame found here begins with.
const START: u8 = 0x68;

/// The longest M-Bus frame without control information.
const SHORT: usize = 9;

/// The control information of the last M-Bus frame of a DLMS message, or above it, of no DLMS at all.
const LAST_PART: u8 = 0x10;

/// The byte that wakes a line.
const FILLER: u8 = 0xFE;

/// Noise of fewer bytes is thrown away.
const NOISE_MIN: usize = 8;

/// The formats that can be found in a stream of bytes, those with the narrowest marks first.
const FORMATS: [Format; 4] = [Format::Dlt645V2007, Format::Mbus, Format::Cat1NbPush, Format::Cjt188];

/// What a connection has said, as far as nobody has taken it.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) bytes: Vec<u8>,
    /// Who has registered.
    pub(super) name: Option<SmolStr>,
}

impl Heard {
    /// The next frame, document, or what is none. `is_over`: nothing follows what is there.
    pub(super) fn next(&mut self, is_over: bool) -> Option<Bytes> {
        loop {
            match self.line() {
                Line::Document(length) => return self.cut(0, length),
                Line::Registration(length, name) => {
                    self.cut(0, length);
                    self.name = Some(name);
                }
                Line::Empty => _ = self.cut(0, 1),
                Line::Begun if !is_over && self.bytes.len() <= HEARD_MAX => return None,
                Line::Begun | Line::None => break,
            }
        }
        if let Some(frame) = FORMATS.iter().filter_map(|format| self.first(*format)).min_by_key(|f| f.start) {
            let frame = match self.message(&frame) {
                Message::Whole(end) => frame.start..end,
                Message::Begun if !is_over && self.bytes.len() <= HEARD_MAX => return None,
                Message::Begun => frame,
            };
            // What stands before it may have been a frame: it is kept, and refused.
            let before = self.bytes.iter().take(frame.start).filter(|byte| **byte != FILLER).count();
            return if before < NOISE_MIN {
                self.cut(frame.start, frame.end)
            } else {
                self.cut(0, frame.start)
            };
        }
        let is_rest = is_over || self.bytes.len() > HEARD_MAX;
        if is_rest { self.cut(0, self.bytes.len()) } else { None }
    }

    /// Where the first whole frame of a format stands.
    fn first(&self, format: Format) -> Option<Range<usize>> {
        stream::whole(protocols::framing(format)?, &self.bytes).next()
    }

    /// Where the message ends that this frame begins: DLMS in M-Bus frames has several for one APDU (CI 00 to 0F, the last
    /// 10 to 1F), which mean nothing alone.
    fn message(&self, frame: &Range<usize>) -> Message {
        let control =
            |at: usize| self.bytes.get(at + 6).copied().filter(|_| self.bytes.get(at) == Some(&START));
        let (mut begin, mut end) = (frame.start, frame.end);
        while frame.len() > SHORT && control(begin).is_some_and(|control| control < LAST_PART) {
            match protocols::framing(Format::Mbus).map(|framing| framing.front(self.rest(end))) {
                Some(Front::Frame(length)) => (begin, end) = (end, end + length),
                Some(Front::Partial(_)) => return Message::Begun,
                _ if self.rest(end).is_empty() => return Message::Begun,
                _ => return Message::Whole(frame.end),
            }
        }
        Message::Whole(end)
    }

    fn rest(&self, from: usize) -> &[u8] {
        self.bytes.get(from..).unwrap_or_default()
    }

    /// Whether a frame begins with the first byte, as far as it has come in: its head may look like a line of text.
    fn begins_frame(&self) -> bool {
        let fronts = FORMATS.iter().filter_map(|format| protocols::framing(*format));
        self.bytes.first() == Some(&START)
            && fronts
                .map(|framing| framing.front(&self.bytes))
                .any(|front| matches!(front, Front::Frame(_) | Front::Partial(_)))
    }

    /// A P1 telegram: to the end of the line that begins with `!`.
    fn telegram(&self) -> Line {
        let mark = self.bytes.windows(2).position(|pair| pair == b"\n!");
        let end = mark.and_then(|mark| {
            let behind = self.rest(mark + 1);
            behind.iter().position(|byte| matches!(byte, b'\r' | b'\n')).map(|length| mark + 1 + length)
        });
        end.map_or(Line::Begun, Line::Document)
    }

    /// Hands over the bytes from `start` to `end`; what stands before them was noise.
    fn cut(&mut self, start: usize, end: usize) -> Option<Bytes> {
        let taken: Vec<u8> = self.bytes.drain(..end).skip(start).collect();
        (!taken.is_empty()).then(|| taken.into())
    }

    /// What line of text stands in front.
    fn line(&self) -> Line {
        if self.bytes.first() == Some(&b'/') {
            return self.telegram();
        }
        if self.begins_frame() {
            return Line::None;
        }
        let text = self.bytes.iter().take_while(|byte| byte.is_ascii_graphic() || **byte == b' ').count();
        let is_document = matches!(self.bytes.first(), Some(b'{' | b'['));
        match self.bytes.get(text) {
            Some(b'\r' | b'\n') if text == 0 => Line::Empty,
            Some(b'\r' | b'\n') if is_document => Line::Document(text),
            Some(b'\r' | b'\n') if text <= NAME_MAX => {
                let line = self.bytes.get(..text).unwrap_or_default();
                // `REG:8677…`, `id=8677…`: the name is what stands last.
                let name = line.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
                if name.is_empty() || line.len() < NAME_MIN {
                    return Line::None;
                }
                Line::Registration(text + 1, String::from_utf8_lossy(name).into())
            }
            // Texts may hold what is no ASCII.
            None | Some(_) if is_document => match self.bytes.iter().position(|byte| *byte == b'\n') {
                Some(end) => Line::Document(end),
                None => Line::Begun,
            },
            _ => Line::None,
        }
    }
}

/// Where a message ends that begins with a frame.
enum Message {
    Whole(usize),
    /// More frames of it are to come.
    Begun,
}

enum Line {
    /// Nothing but its end.
    Empty,
    /// So many bytes.
    Document(usize),
    /// So many bytes, and the name in them.
    Registration(usize, SmolStr),
    /// A document that goes on.
    Begun,
    None,
}

#[cfg(test)]
mod tests {
    use protocols::vendor_push::cat1_acknowledgement;

    use super::*;

    fn pieces(reads: &[&[u8]]) -> (Vec<Bytes>, Option<SmolStr>) {
        let mut heard = Heard::default();
        let mut pieces = Vec::new();
        for read in reads {
            heard.bytes.extend_from_slice(read);
            pieces.extend(std::iter::from_fn(|| heard.next(false)));
        }
        pieces.extend(std::iter::from_fn(|| heard.next(true)));
        (pieces, heard.name)
    }

    /// A request of CJ/T 188 in one, of DL/T 645 in the other.
    const WATER: &[u8] = &[0x68, 0x10, 1, 2, 3, 4, 5, 6, 7, 0x01, 0x03, 0x90, 0x1F, 0x00, 0x47, 0x16];
    const POWER: &[u8] = &[0x68, 1, 0, 0, 0, 0, 0, 0x68, 0x11, 0x04, 0x33, 0x33, 0x34, 0x33, 0xB3, 0x16];

    #[test]
    fn frames_of_two_formats_are_found_in_what_comes() {
        let (first, second) = WATER.split_at(5);
        let (found, name) = pieces(&[b"\r\n\xfe\xfe", first, second, &[0x00], POWER, &WATER[..9]]);
        assert_eq!(found, [WATER, POWER, &WATER[..9]]);
        assert_eq!(name, None);
    }

    #[test]
    fn a_registration_names_who_sends_documents() {
        let (found, name) = pieces(&[b"REG:86772603\r\n{\"regi", b"sters\":{}}\n\n{}", b"\n{"]);
        assert_eq!(found, [&b"{\"registers\":{}}"[..], b"{}", b"{"]);
        assert_eq!(name.as_deref(), Some("86772603"));
    }

    #[test]
    fn a_registration_may_stand_before_frames() {
        let (found, name) = pieces(&[b"id=123456789012345\n", WATER]);
        assert_eq!(found, [WATER]);
        assert_eq!(name.as_deref(), Some("123456789012345"));
    }

    /// Frames that were lost or torn apart once: P1, several M-Bus frames of one message, a head that looks like text.
    #[test]
    fn whole_messages_are_handed_over_however_they_come() {
        let text = include_str!("../../../../protocols/vectors/ingest-tcp/reports.jsonl");
        let mut count = 0;
        for line in text.lines() {
            let vector: serde_json::Value = serde_json::from_str(line).unwrap();
            let bytes = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
            let message = bytes.trim_ascii_end();
            for size in [bytes.len(), bytes.len() / 2, 7, 1] {
                let (found, name) = pieces(&bytes.chunks(size).collect::<Vec<_>>());
                assert_eq!(found, [message], "{} by {size}", vector["id"]);
                assert_eq!(name, None, "{} by {size}", vector["id"]);
            }
            let results = protocols::auto::decode(message, &protocols::Options::default()).into_results();
            let [Ok(frame)] = results.as_slice() else { panic!("{}: {results:?}", vector["id"]) };
            for stated in vector["expect"]["stored"].as_array().into_iter().flatten() {
                let obis = stated[0].as_str().unwrap().parse().unwrap();
                let (number, unit) = stated[1].as_str().unwrap().split_once(' ').unwrap();
                let number: rust_decimal::Decimal = number.parse().unwrap();
                let unit: metering::Unit = unit.parse().unwrap();
                let holds = frame.records.iter().filter(|record| record.obis == Some(obis)).any(|record| {
                    let found = record.value.number().zip(record.unit);
                    found.and_then(|(found, own)| own.to_canonical(found)) == unit.to_canonical(number)
                });
                assert!(holds, "{}: {obis} {number} in {:?}", vector["id"], frame.records);
            }
            count += 1;
        }
        assert_eq!(count, 3);
    }

    #[test]
    fn half_a_report_is_no_frame_of_another_format() {
        let mut report =
            vec![0x68, 0x10, 0x44, 0x33, 0x22, 0x11, 0x00, 0x33, 0x78, 0x03, 0x97, 0, 0, 0, 0, 62, 0x03];
        report.resize(16 + 62, 0x01);
        let sum = report.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        report.extend([sum, 0x16]);
        let (found, _) = pieces(&[&report[..64], &report[64..], &report]);
        assert_eq!(found, [&report[..], &report]);
        assert!(cat1_acknowledgement(&report).is_some());
    }

    #[test]
    fn a_damaged_frame_is_kept() {
        let mut damaged = WATER.to_vec();
        damaged[11] ^= 1;
        let (found, _) = pieces(&[&damaged, WATER]);
        assert_eq!(found, [&damaged[..], WATER]);
    }

    #[test]
    fn noise_is_bounded() {
        let (found, _) = pieces(&[&[0x55; HEARD_MAX], &[0x55; 10]]);
        assert_eq!(found.iter().map(Bytes::len).sum::<usize>(), HEARD_MAX + 10);
    }
}
