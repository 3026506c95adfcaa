//! What holds for every format. The laws:
//!
//! 1. a whole frame is read;
//! 2. no prefix of a frame is one, where the format can tell;
//! 3. one flipped bit gives an error wherever a check covers it, and never a panic;
//! 4. no bytes whatsoever panic;
//! 5. what comes out is bounded by what went in;
//! 6. what cannot be told apart by its marks is not found by `auto`, everything else is;
//! 7. the parts of a frame lie one behind the other from its first byte to its last, each record is one of them, or
//!    several with what carries it between them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/samples.rs"]
mod samples;

use std::collections::HashSet;

use proptest::prelude::*;
use protocols::anatomy::{Anatomy, Field};
use protocols::{Decoded, Format, Frame, Options, Value, auto, decode};
use samples::{Sample, samples};

fn frames(decoded: &Decoded) -> Vec<&Frame> {
    match decoded {
        Decoded::One(result) => result.iter().collect(),
        Decoded::Many(results) => results.iter().flatten().collect(),
    }
}

fn read(sample: &Sample, bytes: &[u8]) -> Decoded {
    let decoded = decode(sample.format, bytes, &sample.options());
    bounded(sample.format, bytes, &decoded);
    dissected(sample, bytes, &decoded);
    decoded
}

/// Law 5. A record takes at least a byte of any format; texts, data and warnings are parts of the input, at most
/// written in hex, and an envelope's names stand once in each frame.
fn bounded(format: Format, bytes: &[u8], decoded: &Decoded) {
    let (mut items, mut size) = (0, 0);
    match decoded {
        Decoded::One(_) => items += 1,
        Decoded::Many(results) => items += results.len(),
    }
    for frame in frames(decoded) {
        items += frame.records.len() + frame.events.len() + frame.warnings.len();
        size += frame.manufacturer_data.as_ref().map_or(0, Vec::len);
        size += frame.warnings.iter().map(|warning| warning.bytes.len()).sum::<usize>();
        size += frame
            .records
            .iter()
            .map(|record| match &record.value {
                Value::Text(text) => text.len(),
                Value::None | Value::Number(_) => 0,
            })
            .sum::<usize>();
    }
    assert!(items <= bytes.len() + 16, "{format}: {items} items of {} bytes", bytes.len());
    // The longest name that is repeated has 200 bytes (SenML); a frame of it takes at least a tenth of that.
    assert!(size <= 16 * bytes.len() + 512, "{format}: {size} bytes of {} bytes", bytes.len());
}

/// Law 7.
fn dissected(sample: &Sample, bytes: &[u8], decoded: &Decoded) {
    let anatomy = protocols::dissect(bytes, Some(sample.format), decoded, &sample.options());
    assert!(anatomy.parts.is_empty() || anatomy.bytes.len() == bytes.len());
    let sealed = anatomy.parts.iter().any(|part| part.is_deciphered);
    assert!(sealed || anatomy.parts.is_empty() || anatomy.bytes == bytes);
    let records: Vec<usize> = match decoded {
        Decoded::One(Ok(frame)) => vec![frame.records.len()],
        Decoded::One(Err(_)) => vec![0],
        Decoded::Many(results) => {
            results.iter().map(|result| result.as_ref().map_or(0, |frame| frame.records.len())).collect()
        }
    };
    whole(&anatomy, &records, &mut HashSet::new());
}

/// The parts of a buffer and of what it carries, by frames of so many records each.
fn whole(anatomy: &Anatomy<'_>, records: &[usize], told: &mut HashSet<(usize, usize)>) {
    let parts = &anatomy.parts;
    let (mut end, mut frame, mut last, mut before) = (0, 0, None, None);
    for part in parts {
        assert_eq!((part.offset, part.len > 0), (end, true), "{parts:?}");
        end += part.len;
        assert!(frame <= part.frame && part.frame < records.len(), "{parts:?}");
        frame = part.frame;
        if let Field::Record(record) = part.field {
            // What carries a record may stand inside it: a check of the radio link, the head of the next frame.
            let goes_on = last == Some((frame, record)) && before != Some(part.field);
            assert!(goes_on || told.insert((frame, record)), "{parts:?}");
            assert!(record < records[frame], "{parts:?}");
            last = Some((frame, record));
        }
        before = Some(part.field);
    }
    assert!(parts.is_empty() || end == anatomy.bytes.len(), "{parts:?}");
    for carried in &anatomy.carried {
        assert!(carried.part < parts.len(), "{carried:?}");
        whole(&carried.anatomy, records, told);
    }
}

/// Which records have a part, in the buffer or in what it carries.
fn told(anatomy: &Anatomy<'_>) -> HashSet<(usize, usize)> {
    let own = anatomy.parts.iter().filter_map(|part| match part.field {
        Field::Record(record) => Some((part.frame, record)),
        _ => None,
    });
    own.chain(anatomy.carried.iter().flat_map(|carried| told(&carried.anatomy))).collect()
}

#[test]
fn law_7_every_record_has_its_part() {
    for sample in &samples() {
        let name = format!("{} {}", sample.format, sample.name);
        let decoded = read(sample, &sample.bytes);
        let anatomy = protocols::dissect(&sample.bytes, Some(sample.format), &decoded, &sample.options());
        assert!(!anatomy.parts.is_empty(), "{name}");
        let told = told(&anatomy);
        for (index, frame) in frames(&decoded).iter().enumerate() {
            for record in 0..frame.records.len() {
                // A value and its sum are one entry of a pack.
                let is_sum = sample.format == Format::SenmlJson && record > 0;
                let is_told =
                    told.contains(&(index, record)) || is_sum && told.contains(&(index, record - 1));
                assert!(is_told, "{name}: {:?} in {anatomy:?}", frame.records[record]);
            }
        }
    }
}

#[test]
fn law_1_every_format_has_a_frame_that_is_read() {
    let all = samples();
    for format in Format::ALL {
        assert!(all.iter().any(|sample| sample.format == *format), "{format} has no sample");
    }
    for sample in &all {
        let decoded = read(sample, &sample.bytes);
        let frames = frames(&decoded);
        assert!(!frames.is_empty(), "{} {}: {decoded:?}", sample.format, sample.name);
        assert!(
            frames.iter().all(|frame| frame.format == sample.format),
            "{} {}",
            sample.format,
            sample.name
        );
    }
}

#[test]
fn law_2_no_prefix_of_a_frame_is_one() {
    for sample in samples() {
        for end in 0..sample.bytes.len() - sample.slack {
            let decoded = read(&sample, &sample.bytes[..end]);
            if sample.has_end {
                let read = frames(&decoded);
                assert!(read.is_empty(), "{} {}: {end} bytes: {read:?}", sample.format, sample.name);
            }
        }
    }
}

#[test]
fn law_3_a_flipped_bit_is_seen() {
    for sample in samples() {
        let whole = read(&sample, &sample.bytes);
        let whole = frames(&whole);
        for bit in 0..(sample.bytes.len() - sample.slack) * 8 {
            let mut bytes = sample.bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let decoded = read(&sample, &bytes);
            // A hex digit in the other case is the same digit; noise outside a frame is none of its bits.
            let other = frames(&decoded).into_iter().find(|frame| !whole.contains(frame));
            if let Some(other) = other.filter(|_| sample.is_checked) {
                panic!("{} {}: bit {bit} unseen: {other:?}", sample.format, sample.name);
            }
        }
    }
}

#[test]
fn law_5_long_runs_stay_within_their_bounds() {
    for sample in samples() {
        for byte in [
            0x00, 0x01, 0x02, 0x0F, 0x10, 0x16, 0x1F, 0x2F, b'/', b'{', b'[', b'"', 0x68, 0x7E, 0x81, 0xE5,
            0xFE, 0xFF,
        ] {
            read(&sample, &vec![byte; 6_000]);
        }
        read(&sample, &sample.bytes.repeat(60));
        // The head of a frame again and again: each might be the beginning of one.
        for length in [1, 2, 4, 8, 12] {
            read(&sample, &sample.bytes[..length.min(sample.bytes.len())].repeat(800));
        }
    }
}

#[test]
fn law_6_what_has_marks_is_found() {
    // A Modbus answer does not say what it answers, nor that it is one.
    let has_marks = |sample: &&Sample| !matches!(sample.format, Format::ModbusRtu | Format::ModbusTcp);
    for sample in samples().iter().filter(has_marks) {
        let found = auto::candidates(&sample.bytes);
        let is_found = match sample.format {
            // Resources without their path have no marks; a pack in SenML says that it is one.
            Format::Lwm2m => found.iter().any(|format| matches!(format, Format::Lwm2m | Format::SenmlJson)),
            format => found.contains(&format),
        };
        assert!(is_found, "{} {}: {found:?}", sample.format, sample.name);
    }
    for sample in samples().iter().filter(|sample| sample.is_checked && has_marks(sample)) {
        let decoded = auto::decode(&sample.bytes, &sample.options());
        assert!(
            frames(&decoded).iter().all(|frame| frame.format == sample.format),
            "{} {}",
            sample.format,
            sample.name
        );
        assert!(!frames(&decoded).is_empty(), "{} {}: {decoded:?}", sample.format, sample.name);
    }
}

proptest! {
    #[test]
    fn law_4_arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for format in Format::ALL {
            for profile in [None, Some("eastron-sdm630"), Some("/3424/0"), Some("/3305")] {
                let options = Options { key: Some(&[7; 16]), profile, start: Some(0), ..Options::default() };
                bounded(*format, &bytes, &decode(*format, &bytes, &options));
            }
        }
        bounded(Format::Json, &bytes, &auto::decode(&bytes, &Options::default()));
    }

    #[test]
    fn law_4_damaged_frames_never_panic(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let samples = samples();
        let sample = which.get(&samples);
        let mut bytes = sample.bytes.clone();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        read(sample, &bytes);
        bytes.truncate(cut.index(bytes.len()));
        read(sample, &bytes);
    }
}
