//! Laws of wired and wireless M-Bus, on frames that our own encoder writes.
//!
//! 1. decode(encode(x)) = x.
//! 2. A frame cut anywhere is refused as truncated; it never panics.
//! 3. A flipped bit that a check covers is refused.
//! 4. Arbitrary bytes never panic.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use jiff::civil::{date, datetime};
use metering::{Function, Obis, Quantity, Unit};
use proptest::prelude::*;
use protocols::anatomy::Field;
use protocols::mbus::{Identity, Status, encode, maker_code};
use protocols::{
    Decoded, DeviceTime, ErrorKind, Format, Frame, Options, Record, State, Value, decode, wmbus,
};
use rust_decimal::Decimal;

const METER: Identity =
    Identity { id: [0x78, 0x56, 0x34, 0x12], manufacturer: 0x2C2D, version: 27, medium: 4 };
const STATUS: Status = Status { access: 14, status: 0, configuration: 0 };

fn read(bytes: &[u8]) -> Frame {
    match decode(Format::Mbus, bytes, &Options::default()) {
        Decoded::One(Ok(frame)) => frame,
        other => panic!("{other:?}"),
    }
}

/// What a heat meter measures, each with the units and decimals that the standard's tables have for it.
fn measured() -> impl Strategy<Value = Record> {
    let kinds = prop_oneof![
        Just((Quantity::Energy, Unit::WattHour, 3, 1)),
        Just((Quantity::Energy, Unit::GigaJoule, 1, 1)),
        Just((Quantity::Volume, Unit::CubicMetre, 6, 2)),
        Just((Quantity::Power, Unit::Watt, 3, 8)),
        Just((Quantity::VolumeFlow, Unit::CubicMetrePerHour, 6, 9)),
        Just((Quantity::FlowTemperature, Unit::Celsius, 3, 10)),
        Just((Quantity::OnTime, Unit::Hour, 0, 0)),
        Just((Quantity::CoolingEnergy, Unit::WattHour, 3, 0)),
    ];
    let place = (0_u64..300, 0_u32..5, 0_u16..4, any::<bool>());
    (kinds, -1_000_000_i64..100_000_000_000, 0_u32..7, place, any::<bool>()).prop_map(
        |((quantity, unit, decimals, code), mantissa, scale, (storage, tariff, subunit, maximum), absent)| {
            let mantissa = if quantity == Quantity::OnTime { mantissa.abs() } else { mantissa };
            let mut record = Record::new(quantity, Decimal::new(mantissa, scale.min(decimals)), unit);
            (record.storage, record.tariff, record.subunit) = (storage, tariff, subunit);
            if maximum {
                record.function = Function::Maximum;
            }
            let integral = matches!(quantity, Quantity::Energy | Quantity::Volume);
            let now = storage == 0 && subunit == 0 && !maximum;
            if code != 0 && now && (tariff == 0 || integral) {
                record.obis = Some(Obis::new(6, 0, code, 0, u8::try_from(tariff).unwrap()));
            }
            if absent {
                (record.value, record.state) = (Value::None, State::Absent);
            }
            record
        },
    )
}

fn example() -> Vec<Record> {
    let now = DeviceTime::Civil(datetime(2026, 11, 22, 10, 15, 0, 0));
    let due = DeviceTime::Date(date(2025, 12, 31));
    let time = |quantity, storage, time| Record {
        value: Value::None,
        unit: None,
        storage,
        time: Some(time),
        ..Record::new(quantity, Decimal::ZERO, Unit::One)
    };
    let energy = |mantissa, storage, time| Record {
        storage,
        time: Some(time),
        obis: (storage == 0).then_some(Obis::HEAT_ENERGY),
        ..Record::new(Quantity::Energy, Decimal::new(mantissa, 0), Unit::WattHour)
    };
    vec![
        time(Quantity::Time, 0, now),
        energy(123_456_000, 0, now),
        time(Quantity::Date, 1, due),
        energy(98_765_000, 1, due),
    ]
}

proptest! {
    #[test]
    fn law_1_what_is_encoded_reads_back(
        records in prop::collection::vec(measured(), 0..12),
        (address, access, more) in (0_u8..=250, any::<u8>(), any::<bool>()),
    ) {
        let status = Status { access, ..STATUS };
        let bytes = encode::response(address, METER, status, &records, more).unwrap();
        let frame = read(&bytes);
        prop_assert_eq!(&frame.records, &records);
        prop_assert_eq!(frame.device.access, Some(u32::from(access)));
        prop_assert_eq!(frame.warnings.len(), usize::from(more));
    }

    #[test]
    fn law_4_arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), key in any::<[u8; 16]>()) {
        let options = Options { key: Some(&key), ..Options::default() };
        let _ = decode(Format::Mbus, &bytes, &options);
        let _ = decode(Format::Wmbus, &bytes, &options);
    }

    /// Behind a good envelope the bytes get further.
    #[test]
    fn law_4_arbitrary_records_never_panic(
        body in prop::collection::vec(any::<u8>(), 0..200),
        (code, plaintext) in (any::<u8>(), any::<bool>()),
    ) {
        let mut data = vec![0x08, 1, code];
        data.extend_from_slice(&body);
        let length = u8::try_from(data.len()).unwrap();
        let sum = data.iter().fold(0_u8, |sum, b| sum.wrapping_add(*b));
        let wired = [&[0x68, length, length, 0x68][..], &data, &[sum, 0x16]].concat();
        let _ = decode(Format::Mbus, &wired, &Options::default());
        let makers = ["TCH", "QDS", "DME", "APA", "BMT", "KAM"];
        let maker = maker_code(makers[usize::from(code) % makers.len()]).unwrap().to_le_bytes();
        let mut radio = vec![0, 0x44, maker[0], maker[1], 1, 2, 3, 4, 0x13, 7, code];
        radio.extend_from_slice(&body);
        radio[0] = u8::try_from(radio.len() - 1).unwrap();
        let options = Options { plaintext, prior: &[radio.clone()], ..Options::default() };
        let _ = decode(Format::Wmbus, &radio, &options);
    }
}

#[test]
fn law_1_holds_for_times_texts_and_errors() {
    let mut records = example();
    let text = Value::Text("12345678".into());
    records.push(Record {
        value: text,
        unit: None,
        time: records[0].time,
        ..Record::new(Quantity::FabricationNumber, Decimal::ZERO, Unit::One)
    });
    records.push(Record {
        value: Value::None,
        state: State::Error,
        time: records[0].time,
        obis: Some(Obis::new(6, 0, 10, 0, 0)),
        ..Record::new(Quantity::FlowTemperature, Decimal::ZERO, Unit::Celsius)
    });
    let bytes = encode::response(1, METER, STATUS, &records, false).unwrap();
    assert_eq!(read(&bytes).records, records);
}

#[test]
fn what_would_not_read_back_is_refused() {
    let too_fine = Record::new(Quantity::Energy, Decimal::new(1, 9), Unit::WattHour);
    let foreign = Record::new(Quantity::Energy, Decimal::ONE, Unit::KiloVar);
    for (record, before) in [(too_fine, 0), (foreign, 4)] {
        let mut records = example();
        records.truncate(before);
        records.push(record);
        let error = encode::response(1, METER, STATUS, &records, false).unwrap_err();
        assert_eq!(error, encode::EncodeError::Record(before));
    }
    let many = vec![
        Record {
            obis: Some(Obis::HEAT_ENERGY),
            ..Record::new(Quantity::Energy, Decimal::ONE, Unit::WattHour)
        };
        50
    ];
    assert_eq!(encode::response(1, METER, STATUS, &many, false).unwrap_err(), encode::EncodeError::TooLong);
}

#[test]
fn law_2_every_truncation_is_refused() {
    let bytes = encode::response(1, METER, STATUS, &example(), false).unwrap();
    for length in 0..bytes.len() {
        match decode(Format::Mbus, &bytes[..length], &Options::default()) {
            Decoded::One(Err(error)) => assert_eq!(error.kind, ErrorKind::Truncated, "{length}"),
            other => panic!("{length}: {other:?}"),
        }
    }
}

#[test]
fn law_3_every_flipped_bit_is_seen() {
    let bytes = encode::response(1, METER, STATUS, &example(), false).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        for result in decode(Format::Mbus, &flipped, &Options::default()).into_results() {
            assert!(result.is_err(), "bit {bit}: {result:?}");
        }
    }
}

#[test]
fn a_stream_is_split_by_lengths() {
    let answer = encode::response(1, METER, STATUS, &example(), false).unwrap();
    let request = encode::request(1, encode::FrameCount::AFTER_RESET);
    // The master's own echo, the answer, noise, the answer again.
    let stream = [&request[..], &answer, &[0x00, 0xE5, 0x10], &answer].concat();
    let Decoded::Many(results) = decode(Format::Mbus, &stream, &Options::default()) else { panic!() };
    let frames: Vec<Frame> = results.into_iter().map(Result::unwrap).collect();
    assert_eq!(frames[0].answer, Some(protocols::Answer::Request));
    assert_eq!(frames[1].records, frames[2].records);
    assert_eq!(frames[2].warnings[0].bytes, [0x00, 0xE5, 0x10]);
}

/// On the wire as by radio: the configuration says that records are encrypted, and nobody reads ciphertext as records.
#[test]
fn encrypted_records_need_their_key() {
    let key = [7; 16];
    let radio = wmbus::encode::bare(METER, STATUS, &example(), Some(&key)).unwrap();
    // The radio telegram has link (10 bytes), CI, and a short header; the same ciphertext stands behind a long one.
    let (header, sealed) = radio[11..].split_at(4);
    let wired = |header: &[u8]| {
        let data = [&[0x08, 1][..], header, sealed].concat();
        let length = u8::try_from(data.len()).unwrap();
        let sum = data.iter().fold(0_u8, |sum, b| sum.wrapping_add(*b));
        [&[0x68, length, length, 0x68][..], &data, &[sum, 0x16]].concat()
    };
    let long = wired(&[&[0x72][..], &METER.to_bytes(), header].concat());
    let kind = |bytes: &[u8], options: &Options<'_>| match decode(Format::Mbus, bytes, options) {
        Decoded::One(Err(error)) => error.kind,
        other => panic!("{other:?}"),
    };
    let with = |key| Options { key: Some(key), ..Options::default() };
    assert_eq!(kind(&long, &Options::default()), ErrorKind::KeyMissing);
    assert_eq!(kind(&long, &with(&[8; 16])), ErrorKind::KeyWrong);
    match decode(Format::Mbus, &long, &with(&key)) {
        Decoded::One(Ok(frame)) => assert_eq!(frame.records, example()),
        other => panic!("{other:?}"),
    }
    // Its parts: one where the key is missing, the records in the clear where it is given.
    let parts = |options: &Options<'_>| {
        protocols::dissect(&long, Some(Format::Mbus), &decode(Format::Mbus, &long, options), options).parts
    };
    let hidden = parts(&Options::default());
    assert!(hidden.iter().any(|part| part.field == Field::Encrypted && part.len == sealed.len()));
    let first = parts(&with(&key)).into_iter().find(|part| part.field == Field::Record(0)).unwrap();
    assert!(first.is_deciphered);
    // Before an error the check bytes are no fillers, and not its code.
    match decode(Format::Mbus, &wired(&[&[0x6F][..], &METER.to_bytes(), header].concat()), &with(&key)) {
        Decoded::One(Ok(frame)) => assert_ne!(frame.answer, Some(protocols::Answer::Error("2f".into()))),
        other => panic!("{other:?}"),
    }
    // A short header does not name the meter, whose address the cipher needs.
    assert_eq!(kind(&wired(&[&[0x7A][..], header].concat()), &with(&key)), ErrorKind::Unsupported);
}
