//! Registers of which nobody says what they mean.

use metering::{Function, Quantity};
use rust_decimal::Decimal;

use crate::{Precision, Record, State, Value};

use super::value::{Coding, Number, Order};

/// Each register as it is, and the reading as float32 beside, where every pair is one of an ordinary size.
pub(crate) fn records(start: Option<u16>, registers: &[u16]) -> Vec<Record> {
    let place = |at: usize| start.unwrap_or(0).saturating_add(u16::try_from(at).unwrap_or(u16::MAX));
    let mut records: Vec<_> = registers
        .iter()
        .enumerate()
        .map(|(at, register)| unknown(place(at), Decimal::from(*register), None))
        .collect();
    let (pairs, odd) = registers.as_chunks::<2>();
    let floats: Option<Vec<_>> = pairs.iter().map(|pair| ordinary(Order::Abcd.bits(pair))).collect();
    if let (Some(floats), []) = (floats, odd) {
        let precision = Some(Precision::Float32);
        records.extend(
            floats
                .into_iter()
                .enumerate()
                .map(|(at, float)| unknown(place(at.saturating_mul(2)), float, precision)),
        );
    }
    records
}

/// A float32 between a millionth and a thousand million, or zero.
fn ordinary(bits: u64) -> Option<Decimal> {
    match Coding::Float32.read(bits) {
        Number::Is(number) => {
            let size = number.abs();
            (size.is_zero() || (size >= Decimal::new(1, 6) && size < Decimal::from(1_000_000_000)))
                .then_some(number)
        }
        Number::Absent | Number::Invalid => None,
    }
}

fn unknown(subunit: u16, number: Decimal, precision: Option<Precision>) -> Record {
    Record {
        quantity: Quantity::Unknown,
        value: Value::Number(number),
        unit: None,
        state: State::Unknown,
        obis: None,
        function: Function::Instantaneous,
        storage: 0,
        tariff: 0,
        subunit,
        time: None,
        precision,
    }
}
