//! Modbus: frames from the standard, every built-in profile there and back, and the plans that read them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use metering::{Quantity, Register};
use proptest::prelude::*;
use protocols::modbus::{
    Block, Image, MAX_REGISTERS, Profile, Request, builtin, encode_answer, encode_exception, encode_request,
    names, plan, read,
};
use protocols::{
    Answer, Decoded, ErrorKind, Format, Frame, Options, Precision, State, Value, WarningKind, decode,
};
use rust_decimal::Decimal;

fn with(profile: Option<&'static str>, start: Option<u16>) -> Options<'static> {
    Options { profile, start, ..Options::default() }
}

fn one(bytes: &[u8], options: &Options<'_>) -> Frame {
    match decode(Format::ModbusRtu, bytes, options) {
        Decoded::One(Ok(frame)) => frame,
        other => panic!("{other:?}"),
    }
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The registers of float32 230.2, high word first, by IEEE 754: 1.798437595 × 2^7.
const VOLTAGE: [u16; 2] = [0x4366, 0x3333];

#[test]
fn an_answer_is_read_with_profile_and_start() {
    let bytes = encode_answer(7, 4, &VOLTAGE);
    assert_eq!(hex::encode(&bytes[..7]), "07040443663333");
    let frame = one(&bytes, &with(Some("eastron-sdm630"), Some(2)));
    assert_eq!((frame.device.address.as_deref(), frame.records.len()), (Some("7"), 1));
    let record = &frame.records[0];
    assert_eq!(record.obis.unwrap().to_string(), "1-0:52.7.0");
    assert_eq!((record.value.number(), record.precision), (Some(number("230.2")), Some(Precision::Float32)));
}

#[test]
fn an_echoed_request_tells_the_start() {
    let request = Request { function: 4, start: 0, count: 2 };
    let mut line = encode_request(1, request);
    line.extend(encode_answer(1, 4, &VOLTAGE));
    let Decoded::Many(frames) = decode(Format::ModbusRtu, &line, &with(Some("eastron-sdm630"), None)) else {
        panic!()
    };
    assert_eq!(frames[0].as_ref().unwrap().answer, Some(Answer::Request));
    assert_eq!(frames[1].as_ref().unwrap().records[0].quantity, Quantity::Voltage);
}

#[test]
fn without_a_profile_registers_are_shown_and_nothing_is_claimed() {
    let frame = one(&encode_answer(1, 4, &VOLTAGE), &Options::default());
    assert!(frame.records.iter().all(|r| r.quantity == Quantity::Unknown && r.state == State::Unknown));
    let values: Vec<_> =
        frame.records.iter().map(|r| (r.subunit, r.value.number().unwrap().to_string())).collect();
    assert_eq!(values, [(0, "17254".into()), (1, "13107".into()), (0, "230.2".into())]);
    // 0023 1860 as a float is 3.2e-39: no ordinary number, so it isn't shown as one.
    assert_eq!(one(&encode_answer(1, 3, &[0x0023, 0x1860]), &Options::default()).records.len(), 2);
}

#[test]
fn an_exception_is_the_devices_answer() {
    let frame = one(&encode_exception(1, 3, 2), &Options::default());
    assert_eq!(frame.answer, Some(Answer::Error("02".to_owned())));
}

#[test]
fn an_unknown_profile_is_refused() {
    match decode(Format::ModbusRtu, &encode_answer(1, 3, &[0]), &with(Some("no-such"), Some(0))) {
        Decoded::One(Err(error)) => assert_eq!(error.kind, ErrorKind::Unsupported),
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_truncation_is_a_frame_and_no_flipped_bit_goes_unseen() {
    let request = encode_request(1, Request { function: 3, start: 0x1000, count: 10 });
    for whole in [request, encode_answer(1, 3, &[1, 2, 3, 4]), encode_exception(9, 4, 6)] {
        let refused = |bytes: &[u8]| {
            decode(Format::ModbusRtu, bytes, &Options::default()).into_results().iter().all(Result::is_err)
        };
        for end in 0..whole.len() {
            assert!(refused(&whole[..end]), "cut at {end}");
        }
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(refused(&flipped), "bit {bit} of {}", hex::encode(&whole));
        }
    }
}

#[test]
fn the_index_is_the_folder() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/profiles");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let built_in = names().chain(protocols::cjt188::profile_names());
    assert_eq!(built_in.map(str::to_owned).collect::<BTreeSet<_>>(), files);
}

#[test]
fn every_profile_is_written_planned_and_read_back() {
    for name in names() {
        let profile = builtin(name).unwrap();
        let mut image = Image::new(profile);
        let registers: Vec<Register> = image.records().iter().map(protocols::Record::register).collect();
        let distinct: BTreeSet<_> = registers.iter().collect();
        assert_eq!(distinct.len(), registers.len(), "{name}: two points are the same register");
        for (n, register) in registers.iter().enumerate() {
            image.set(*register, Decimal::from(n + 1)).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        for (n, record) in image.records().iter().enumerate() {
            let is_ratio = record.quantity == Quantity::Ratio;
            assert_eq!(record.state, State::Valid, "{name}: {}", record.register());
            // A ratio written after the values that it scales changes them: those are compared before.
            if !is_ratio && !image.records().iter().any(|r| r.quantity == Quantity::Ratio) {
                assert_eq!(
                    record.value,
                    Value::Number(Decimal::from(n + 1)),
                    "{name}: {}",
                    record.register()
                );
            }
        }
        for request in plan(profile) {
            assert!(request.count <= profile.max_registers && profile.max_registers <= MAX_REGISTERS);
        }
    }
}

#[test]
fn ratios_multiply_and_are_needed() {
    let profile = builtin("acrel-dtsd1352").unwrap();
    let energy: Register = "1-0:1.8.0".parse().unwrap();
    let mut image = Image::new(profile);
    let ratios: Vec<Register> = image
        .records()
        .iter()
        .filter(|record| record.quantity == Quantity::Ratio)
        .map(protocols::Record::register)
        .collect();
    image.set(ratios[0], number("10")).unwrap();
    image.set(ratios[1], number("40")).unwrap();
    image.set(energy, number("123456.00")).unwrap();
    assert_eq!(image.read(3, 0x000A, 2).unwrap(), [0, 30864]);
    let value = |records: &[protocols::Record]| {
        records.iter().find(|record| record.register() == energy).map(|r| (r.value.number(), r.state))
    };
    assert_eq!(value(&image.records()), Some((Some(number("123456")), State::Valid)));
    // The energies alone, without the ratios: a number would be wrong by the factor 400.
    let alone = read(profile, &[Block { function: 3, start: 0x000A, registers: &[0, 30864] }]);
    assert_eq!(value(&alone.records), Some((None, State::Unknown)));
}

#[test]
fn units_and_powers_of_ten_come_from_registers() {
    let profile = builtin("tuf-2000m").unwrap();
    // Net volume 28 + 0.5, in litres, × 10^(4-3): LONG and REAL4, low word first.
    let volume = [28, 0, 0x0000, 0x3F00];
    let scales = [1, 4, 4, 2];
    let reading = read(
        profile,
        &[
            Block { function: 3, start: 24, registers: &volume },
            Block { function: 3, start: 0x59D, registers: &scales },
        ],
    );
    assert_eq!(reading.records.len(), 1);
    let record = &reading.records[0];
    assert_eq!((record.value.number(), record.unit.unwrap().symbol()), (Some(number("285")), "l"));
    // Gallons are no unit of ours: the number stands, its state says that it can't be used.
    let reading = read(
        profile,
        &[
            Block { function: 3, start: 24, registers: &volume },
            Block { function: 3, start: 0x59D, registers: &[2, 3, 4, 2] },
        ],
    );
    assert_eq!((reading.records[0].unit, reading.records[0].state), (None, State::Unknown));
}

#[test]
fn no_value_and_no_number_are_told_apart() {
    let profile = builtin("schneider-iem3000").unwrap();
    let block = |start, registers: &[u16]| {
        let reading = read(profile, &[Block { function: 3, start, registers }]);
        let record = reading.records[0].clone();
        (record.value, record.state, reading.warnings.first().map(|warning| warning.kind))
    };
    assert_eq!(block(0xC83, &[0x8000, 0, 0, 0]), (Value::None, State::Absent, None));
    assert_eq!(block(0xBD3, &[0x7FC0, 0]), (Value::None, State::Absent, None));
    assert_eq!(block(0xBD3, &[0x7F80, 0]), (Value::None, State::Unknown, Some(WarningKind::InvalidValue)));
    assert_eq!(block(0xC83, &[0, 0, 0, 0]), (Value::Number(Decimal::ZERO), State::Valid, None));
}

#[test]
fn a_value_of_which_half_is_there_is_not_read() {
    let profile = builtin("eastron-sdm72").unwrap();
    // Read from an odd address on: the first register is the second half of a voltage.
    let registers = [0x3333, 0x4366, 0x3333, 0x4366];
    let reading = read(profile, &[Block { function: 4, start: 1, registers: &registers }]);
    assert_eq!(reading.records.len(), 1);
    assert_eq!(reading.records[0].obis.unwrap().to_string(), "1-0:52.7.0");
}

#[test]
fn the_sdm630_is_read_in_two_requests() {
    let requests = plan(builtin("eastron-sdm630").unwrap());
    let expected = [(0x00, 0x50), (0x156, 22)].map(|(start, count)| Request { function: 4, start, count });
    assert_eq!(requests, expected);
}

/// A map of float32 and int64 points at these addresses, with these stretches answered whole.
fn map(points: &BTreeSet<(u16, bool)>, readable: &[(u16, u16)], max: u16) -> Profile {
    use std::fmt::Write;
    let mut text = format!(
        "name = \"t\"\nmaker = \"t\"\nmodel = \"t\"\nmedium = \"electricity\"\nsource = \"t\"\nfunction = 3\n\
         type = \"float32\"\nmax_registers = {max}\nreadable = {:?}\n",
        readable.iter().map(|(a, b)| [*a, *b]).collect::<Vec<_>>()
    );
    for (at, long) in points {
        let kind = if *long { "int64" } else { "float32" };
        write!(text, "[[points]]\nat = {at}\ntype = \"{kind}\"\nquantity = \"voltage\"\nunit = \"V\"\n")
            .unwrap();
    }
    Profile::parse(&text).unwrap()
}

proptest! {
    /// Law: a plan reads each value whole, stays within the limit, and never asks for a register that the meter
    /// may refuse.
    #[test]
    fn a_plan_reads_everything_and_nothing_forbidden(
        points in prop::collection::btree_set((0_u16..400, any::<bool>()), 1..40),
        first in 0_u16..300,
        len in 0_u16..200,
        max in 4_u16..=125,
    ) {
        let readable = [(first, first + len)];
        let profile = map(&points, &readable, max);
        let requests = plan(&profile);
        let named: BTreeSet<u16> = points
            .iter()
            .flat_map(|(at, long)| *at..at + if *long { 4 } else { 2 })
            .collect();
        for request in &requests {
            prop_assert!(request.count <= max);
            for at in request.start..request.start + request.count {
                prop_assert!(named.contains(&at) || (first..=first + len).contains(&at), "{at}");
            }
        }
        for (at, long) in &points {
            let end = at + if *long { 4 } else { 2 };
            prop_assert!(requests.iter().any(|r| r.start <= *at && end <= r.start + r.count));
        }
    }

    /// Law: no plan has fewer requests. Values of two registers, two apart at least; all registers are answered, so
    /// that the least number of windows over the values, tried from the last one on, is known.
    #[test]
    fn no_plan_has_fewer_requests(
        places in prop::collection::btree_set(0_u16..200, 1..30),
        max in 4_u16..=125,
    ) {
        let points: BTreeSet<(u16, bool)> = places.iter().map(|place| (place * 2, false)).collect();
        let profile = map(&points, &[(0, 500)], max);
        let starts: Vec<u16> = points.iter().map(|(at, _)| *at).collect();
        let mut fewest = vec![0_usize; starts.len() + 1];
        for first in (0..starts.len()).rev() {
            let ends = first + 1..=starts.len();
            let fits = ends.filter(|end| starts[end - 1] + 2 - starts[first] <= max);
            fewest[first] = fits.map(|end| 1 + fewest[end]).min().unwrap();
        }
        prop_assert_eq!(plan(&profile).len(), fewest[0]);
    }

    /// Law: no bytes panic, whatever the profile.
    #[test]
    fn arbitrary_bytes_never_panic(
        noise in prop::collection::vec(any::<u8>(), 0..300),
        start in prop::option::of(any::<u16>()),
        profile in prop::sample::select(names().collect::<Vec<_>>()),
    ) {
        decode(Format::ModbusRtu, &noise, &with(Some(profile), start));
        let registers: Vec<u16> = noise.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        let answer = encode_answer(1, 3, &registers);
        decode(Format::ModbusRtu, &answer, &with(Some(profile), start));
    }

    /// Law: a value written into a meter's registers is the value that is read from them.
    #[test]
    fn what_is_written_reads_back(digits in 0_u32..4_000_000) {
        for (name, scale) in [("carlo-gavazzi-em24", 1), ("schneider-iem3000", 0), ("xintai-water", 1)] {
            let profile = builtin(name).unwrap();
            let register = Register::Obis(profile.medium.main_register().unwrap());
            let value = Decimal::new(digits.into(), scale);
            let mut image = Image::new(profile);
            image.set(register, value).unwrap();
            let records = image.records();
            let record = records.iter().find(|record| record.register() == register).unwrap();
            prop_assert_eq!(record.value.number(), Some(value), "{}", name);
        }
    }
}
