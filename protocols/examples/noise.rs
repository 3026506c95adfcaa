//! Feeds random and mutated frames to every decoder and prints how many, how fast, and from which seed. A panic ends
//! the run with the frame in hex.
//!
//! `cargo run --release -p protocols --example noise -- [COUNT PER FORMAT] [SEED] [FORMAT]`
//! `cargo run --release -p protocols --example noise -- growth [FORMAT]` prints the time of long hostile inputs at two lengths.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a tool, not the library"
)]

#[expect(dead_code, reason = "laws are the shared test's business")]
#[path = "../tests/support/samples.rs"]
mod samples;

use std::panic;
use std::time::Instant;

use protocols::{Decoded, Format, Options, decode};
use samples::{Sample, samples};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|argument| argument == "growth") {
        return growth(arguments.get(1).map(String::as_str));
    }
    let count: u64 = arguments.first().map_or(100_000, |count| count.parse().unwrap());
    let seed: u64 = arguments.get(1).map_or(20_261_001, |seed| seed.parse().unwrap());
    let all = samples();
    for format in Format::ALL {
        if arguments.get(2).is_some_and(|only| only != format.name()) {
            continue;
        }
        let mine: Vec<&Sample> = all.iter().filter(|sample| sample.format == *format).collect();
        let mut noise = Noise(seed ^ (*format as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let start = Instant::now();
        let mut read = 0_u64;
        for n in 0..count {
            let sample = mine[noise.below(mine.len())];
            let bytes = match n % 4 {
                0 => noise.bytes(256),
                1 => noise.mutated(&sample.bytes),
                // Behind its check a decoder believes more: a damaged frame whose check comes out.
                _ => repaired(*format, noise.mutated(&sample.bytes)),
            };
            let decoded = panic::catch_unwind(|| explained(*format, &bytes, &sample.options()));
            match decoded {
                Ok(Decoded::One(Ok(_)) | Decoded::Many(_)) => read += 1,
                Ok(Decoded::One(Err(_))) => {}
                Err(_) => {
                    eprintln!("{format}: panic on {}", hex::encode(&bytes));
                    std::process::exit(1);
                }
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{format}: {count} frames, {read} read, {:.0}/s, seed {seed}", count as f64 / seconds);
    }
}

/// What a buffer says, taken apart as well.
fn explained(format: Format, bytes: &[u8], options: &Options<'_>) -> Decoded {
    let decoded = decode(format, bytes, options);
    std::hint::black_box(protocols::dissect(bytes, Some(format), &decoded, options));
    decoded
}

/// The frame with the length and check that it ought to have, where its format is a binary frame that ends in them.
fn repaired(format: Format, mut bytes: Vec<u8>) -> Vec<u8> {
    match (format, bytes.len()) {
        (Format::Mbus, 9..=261) => {
            let counted = (bytes.len() - 6) as u8;
            bytes[..4].copy_from_slice(&[0x68, counted, counted, 0x68]);
            end_in_sum(&mut bytes, 4);
        }
        (Format::Dlt645V2007 | Format::Dlt645V1997, 12..=267) => {
            (bytes[0], bytes[7]) = (0x68, 0x68);
            bytes[9] = (bytes.len() - 12) as u8;
            end_in_sum(&mut bytes, 0);
        }
        (Format::Cjt188, 13..=268) => {
            bytes[0] = 0x68;
            bytes[10] = (bytes.len() - 13) as u8;
            end_in_sum(&mut bytes, 0);
        }
        (Format::ModbusRtu, 5..) => {
            let (body, crc) = bytes.split_last_chunk_mut::<2>().unwrap();
            *crc = body.iter().fold(0xFFFF, |crc, byte| shifted(crc, *byte, 0xA001)).to_le_bytes();
        }
        (Format::Cat1NbPush, 18..=273) => {
            bytes[0] = 0x68;
            bytes[15] = (bytes.len() - 18) as u8;
            end_in_sum(&mut bytes, 0);
        }
        (Format::DlmsPush, 16..=2047) if bytes[0] == 0x7E => end_in_hdlc(&mut bytes),
        (Format::P1, 8..) => {
            if let Some(mark) = bytes.iter().rposition(|byte| *byte == b'!') {
                let crc = bytes[..=mark].iter().fold(0, |crc, byte| shifted(crc, *byte, 0xA001));
                bytes.truncate(mark + 1);
                bytes.extend(format!("{crc:04X}\r\n").bytes());
            }
        }
        // The link's checks removed: the length is the check.
        (Format::Wmbus, 11..=256) => bytes[0] = (bytes.len() - 1) as u8,
        _ => {}
    }
    bytes
}

/// One byte more of a reflected CRC.
fn shifted(crc: u16, byte: u8, polynomial: u16) -> u16 {
    (0..8).fold(crc ^ u16::from(byte), |crc, _| (crc >> 1) ^ ((crc & 1) * polynomial))
}

/// The length, the header's check and the frame's, and the flag behind them, of HDLC.
fn end_in_hdlc(bytes: &mut [u8]) {
    let x25 =
        |bytes: &[u8]| (!bytes.iter().fold(0xFFFF, |crc, byte| shifted(crc, *byte, 0x8408))).to_le_bytes();
    let counted = bytes.len() - 2;
    bytes[1] = 0xA0 | bytes[1] & 0x08 | (counted >> 8) as u8;
    bytes[2] = counted as u8;
    // Each of the two addresses ends with an odd byte; the control byte follows.
    let odd = bytes.iter().enumerate().skip(3).filter(|(_, byte)| *byte & 1 == 1).map(|(at, _)| at);
    let control = odd.take(2).last().unwrap_or(3) + 1;
    if control + 6 < counted {
        let check = x25(&bytes[1..=control]);
        bytes[control + 1..control + 3].copy_from_slice(&check);
    }
    let check = x25(&bytes[1..counted - 1]);
    bytes[counted - 1..=counted].copy_from_slice(&check);
    bytes[counted + 1] = 0x7E;
}

/// The sum from `first` on, and 16.
fn end_in_sum(bytes: &mut [u8], first: usize) {
    let (body, end) = bytes.split_last_chunk_mut::<2>().unwrap();
    *end = [body[first..].iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)), 0x16];
}

/// Microseconds for an input of n bytes and of four times as many: linear time is a factor of four. What looks like
/// more is measured again, as it may be what else the machine does.
fn growth(only: Option<&str>) {
    for sample in samples() {
        if only.is_some_and(|only| only != sample.format.name()) {
            continue;
        }
        let mut worst = (0.0, 0, String::new());
        let heads =
            [1, 2, 3, 4, 8, 12, 16].map(|length| sample.bytes[..length.min(sample.bytes.len())].to_vec());
        let runs = (0..=255_u8).map(|byte| vec![byte]);
        for unit in heads.into_iter().chain(runs).chain([sample.bytes.clone()]) {
            let time = |length: usize, times: usize| {
                let bytes: Vec<u8> = unit.iter().copied().cycle().take(length).collect();
                let once = || {
                    let start = Instant::now();
                    std::hint::black_box(explained(sample.format, &bytes, &sample.options()));
                    start.elapsed().as_micros()
                };
                // The fastest: the others were interrupted.
                (0..times).map(|_| once()).min().unwrap_or(0)
            };
            let measure = |times| {
                let (short, long) = (time(16_384, times), time(65_536, times));
                (long as f64 / short.max(200) as f64, long)
            };
            let (mut ratio, mut long) = measure(3);
            if ratio > 5.0 {
                (ratio, long) = measure(50);
            }
            if ratio > worst.0 {
                worst = (ratio, long, hex::encode(&unit[..unit.len().min(16)]));
            }
        }
        let (ratio, long, unit) = worst;
        println!("{} {}: x{ratio:.1} to {long} us for 64 KiB of {unit}", sample.format, sample.name);
    }
}

/// SplitMix64.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn bytes(&mut self, longest: usize) -> Vec<u8> {
        (0..self.below(longest)).map(|_| self.next() as u8).collect()
    }

    /// One to eight changes: a byte, a bit, an insertion, a removal, a cut, a doubling.
    fn mutated(&mut self, frame: &[u8]) -> Vec<u8> {
        let mut bytes = frame.to_vec();
        for _ in 0..=self.below(8) {
            let at = self.below(bytes.len().max(1));
            match self.below(8) {
                _ if bytes.is_empty() => bytes.push(self.next() as u8),
                0 | 1 => bytes[at] = self.next() as u8,
                2 | 3 => bytes[at] ^= 1 << self.below(8),
                4 => bytes.insert(at, self.next() as u8),
                5 => {
                    bytes.remove(at);
                }
                6 => bytes.truncate(at),
                _ => bytes.extend_from_within(..at),
            }
        }
        bytes
    }
}
