//! Records of the load profile, DL/T 645-2007 appendix B.
//!
//! ```text
//!  A0 A0 │ length 1 │ mm hh DD MM YY │ class 1 AA │ class 2 AA │ … │ class 6 AA │ CS │ E5
//!  class 1  voltage 2 × 3 │ current 3 × 3 │ frequency 2
//!        2  active power 3 × 4 │ reactive power 3 × 4
//!        3  power factor 2 × 4
//!        4  import, export 4 each │ combined reactive 1, 2, 4 each
//!        5  reactive energy of the four quadrants, 4 each
//!        6  active demand 3 │ reactive demand 3
//! ```
//! A class that the meter does not record is its AA alone. CS is the sum of all bytes from A0 on, modulo 256. This
//! stands on the standard as users know it, not on a real frame: a record that does not fit to the last byte is
//! handed on unread.

use std::ops::RangeInclusive;

use jiff::civil::DateTime;
use metering::{Quantity, Unit};

use crate::WarningKind;

use super::layout::{Form, Progression, Series};
use super::reader::Reader;

const SEPARATOR: u8 = 0xAA;
const END: u8 = 0xE5;

/// Reads the records of one class, or of all (0).
pub(crate) fn read(reader: &mut Reader<'_, '_>, class: u8) {
    while let [0xA0, 0xA0, len, rest @ ..] = reader.rest {
        let Some((body, &[check, END, ref behind @ ..])) = rest.split_at_checked(usize::from(*len)) else {
            return;
        };
        let expected = body.iter().fold(0x40_u8.wrapping_add(*len), |sum, byte| sum.wrapping_add(*byte));
        if expected != check {
            let bytes = [expected, check];
            reader.warn(WarningKind::InvalidValue, reader.offset, &bytes);
            return;
        }
        let classes = if class == 0 { 1..=6 } else { class..=class };
        let mut record =
            Reader { frame: &mut *reader.frame, rest: body, offset: reader.offset.saturating_add(3) };
        if !fits(body, classes.clone()) {
            let bytes = body.to_vec();
            record.warn(WarningKind::IncompleteRecord, reader.offset, &bytes);
            return;
        }
        entry(&mut record, classes);
        let whole = usize::from(*len).saturating_add(5);
        reader.offset = reader.offset.saturating_add(whole);
        reader.rest = behind;
    }
}

/// Whether the classes fill the record to its last byte.
fn fits(body: &[u8], classes: RangeInclusive<u8>) -> bool {
    let Some((_time, mut rest)) = body.split_first_chunk::<5>() else { return false };
    for class in classes {
        let len = if is_recorded(rest, class) { len(class) } else { 0 };
        match rest.split_at_checked(len) {
            Some((_, [SEPARATOR, behind @ ..])) => rest = behind,
            _ => return false,
        }
    }
    rest.is_empty()
}

fn entry(reader: &mut Reader<'_, '_>, classes: RangeInclusive<u8>) {
    let at = reader.offset;
    let Some(&stamp) = reader.take::<5>() else { return };
    let time = reader.minute(stamp, at);
    for class in classes {
        if is_recorded(reader.rest, class) {
            numbers(reader, class, time);
        }
        let _separator = reader.take::<1>();
    }
}

/// Whether a class stands here: a separator closes it, at its length. A value's own first byte may be AA too.
fn is_recorded(rest: &[u8], class: u8) -> bool {
    rest.get(len(class)) == Some(&SEPARATOR) || rest.first() != Some(&SEPARATOR)
}

fn len(class: u8) -> usize {
    series(class).iter().map(|(series, count)| series.form.len.saturating_mul(*count)).sum()
}

fn numbers(reader: &mut Reader<'_, '_>, class: u8, time: Option<DateTime>) {
    for (series, count) in series(class) {
        for index in 0..*count {
            reader.number(series.at(index), time);
        }
    }
}

const fn phases(form: Form, quantity: Quantity, unit: Unit, c: u8, first: u8) -> Series {
    Series { phase: first, step: Progression::Phase, ..Series::one(form, quantity, Some(unit)).coded(c, 7) }
}

const fn energy(signed: bool, quantity: Quantity, unit: Unit, c: u8) -> (Series, usize) {
    let form = if signed { Form::signed(4, 2) } else { Form::plain(4, 2) };
    (Series::one(form, quantity, Some(unit)).coded(c, 8), 1)
}

const CLASSES: [&[(Series, usize)]; 6] = [
    &[
        (phases(Form::plain(2, 1), Quantity::Voltage, Unit::Volt, 12, 1), 3),
        (phases(Form::signed(3, 3), Quantity::Current, Unit::Ampere, 11, 1), 3),
        (Series::one(Form::plain(2, 2), Quantity::Frequency, Some(Unit::Hertz)).coded(14, 7), 1),
    ],
    &[
        (phases(Form::signed(3, 4), Quantity::Power, Unit::KiloWatt, 1, 0), 4),
        (phases(Form::signed(3, 4), Quantity::ReactivePower, Unit::KiloVar, 3, 0), 4),
    ],
    &[(phases(Form::signed(2, 3), Quantity::PowerFactor, Unit::One, 13, 0), 4)],
    &[
        energy(false, Quantity::Energy, Unit::KiloWattHour, 1),
        energy(false, Quantity::EnergyExport, Unit::KiloWattHour, 2),
        energy(true, Quantity::ReactiveEnergy, Unit::KiloVarHour, 3),
        energy(true, Quantity::ReactiveEnergyExport, Unit::KiloVarHour, 4),
    ],
    &[
        energy(false, Quantity::ReactiveEnergy, Unit::KiloVarHour, 5),
        energy(false, Quantity::ReactiveEnergy, Unit::KiloVarHour, 6),
        energy(false, Quantity::ReactiveEnergyExport, Unit::KiloVarHour, 7),
        energy(false, Quantity::ReactiveEnergyExport, Unit::KiloVarHour, 8),
    ],
    &[
        (Series::one(Form::signed(3, 4), Quantity::PowerDemand, Some(Unit::KiloWatt)).coded(1, 4), 1),
        (Series::one(Form::signed(3, 4), Quantity::ReactivePower, Some(Unit::KiloVar)).coded(3, 4), 1),
    ],
];

/// The numbers of a class, 1 to 6.
fn series(class: u8) -> &'static [(Series, usize)] {
    CLASSES.get(usize::from(class).wrapping_sub(1)).copied().unwrap_or_default()
}
