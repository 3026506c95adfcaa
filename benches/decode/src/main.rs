//! `decode-bench [--quick]`: how many M-Bus frames a second become canonical records, beside the m-bus-parser crate.
//!
//! Both read the same frames, built by our encoder: heat meters with nine to fourteen records, 103 bytes on average.
//! The baseline checks the frame and reads every record to its end, and keeps nothing; the subject returns the whole
//! canonical record with its own memory. One core, baseline and subject in turn, the median of at least five; time is
//! the thread's own processor time where the system tells it, so that other work on the machine does not count.
//!
//! Beside it, without a baseline for want of another decoder: DL/T 645 and CJ/T 188, sixteen frames of each kind.
//!
//! Prints `{"bench":"decode","subject":{…},"baseline":{…},"ratio":…}`; the ratio is of throughputs over M-Bus.
#![expect(clippy::print_stdout, reason = "the result is what it prints")]

mod china;
mod frames;

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use m_bus_parser::WiredFrame;
use m_bus_parser::mbus_data::MbusData;
use protocols::{Decoded, Format, Options, decode};

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let rounds = if quick { 5 } else { 11 };
    let window = Duration::from_millis(if quick { 200 } else { 1_000 });
    let frames = frames::heat_meters();
    let bytes: usize = frames.iter().map(Vec::len).sum();
    let records: usize = frames.iter().map(|frame| subject(Format::Mbus, frame)).sum();
    let same: usize = frames.iter().map(|frame| baseline(frame)).sum();
    assert_eq!(records, same, "both read every record");

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        theirs.push(frames_a_second(&frames, window, baseline));
        ours.push(frames_a_second(&frames, window, |frame| subject(Format::Mbus, frame)));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let mut china = String::new();
    for (name, format, frames) in china::kinds() {
        assert!(frames.iter().all(|frame| subject(format, frame) > 0), "{name}: every frame has records");
        let rounds =
            (0..rounds).map(|_| frames_a_second(&frames, window / 4, |frame| subject(format, frame)));
        let _ = write!(china, ",\"{name}\":{}", median(rounds.collect()));
    }
    let mean = bytes / frames.len();
    println!(
        "{{\"bench\":\"decode\",\"frame_bytes\":{mean},\"subject\":{{\"frames_per_s\":{ours}{china}}},\
         \"baseline\":{{\"crate\":\"m-bus-parser\",\"frames_per_s\":{theirs}}},\"ratio\":{}.{:02}}}",
        ours / theirs,
        ours % theirs * 100 / theirs
    );
}

/// Our decoder: the number of canonical records.
fn subject(format: Format, frame: &[u8]) -> usize {
    match decode(format, frame, &Options::default()) {
        Decoded::One(Ok(frame)) => black_box(&frame).records.len(),
        _ => 0,
    }
}

/// The other decoder: the number of records that it reads.
fn baseline(frame: &[u8]) -> usize {
    let Ok(data) = MbusData::<WiredFrame<'_>>::try_from(frame) else { return 0 };
    let records = data.data_records.into_iter().flatten();
    records.filter(|record| black_box(record).is_ok()).count()
}

fn frames_a_second(frames: &[Vec<u8>], window: Duration, read: impl Fn(&[u8]) -> usize) -> u128 {
    let clock = Clock::start();
    let mut count = 0_u128;
    loop {
        for _ in 0..100 {
            for frame in frames {
                black_box(read(black_box(frame)));
            }
        }
        count += 100 * frames.len() as u128;
        let elapsed = clock.nanoseconds();
        if elapsed >= window.as_nanos() {
            return count * 1_000_000_000 / elapsed;
        }
    }
}

/// The thread's processor time, else the wall's.
struct Clock {
    wall: Instant,
    processor: Option<u128>,
}

impl Clock {
    fn start() -> Self {
        Self { wall: Instant::now(), processor: processor_nanoseconds() }
    }

    fn nanoseconds(&self) -> u128 {
        match (self.processor, processor_nanoseconds()) {
            (Some(begin), Some(now)) => now - begin,
            _ => self.wall.elapsed().as_nanos(),
        }
    }
}

/// The first number of Linux's schedstat.
fn processor_nanoseconds() -> Option<u128> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

fn median(mut values: Vec<u128>) -> u128 {
    values.sort_unstable();
    values[values.len() / 2]
}
