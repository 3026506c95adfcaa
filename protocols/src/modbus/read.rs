//! Registers and a profile become records.

use metering::{Function, Quantity, Unit};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::{Event, Record, State, Value, Warning, WarningKind};

use super::profile::{Point, Profile, UnitRule};
use super::value::Number;

/// Registers as an answer brought them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// The function that read them: 3 or 4.
    pub function: u8,
    /// The wire address of the first.
    pub start: u16,
    /// Their content.
    pub registers: &'a [u16],
}

/// What the blocks hold of a profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The values, in the profile's order. A value whose registers are not all there is not among them.
    pub records: Vec<Record>,
    /// The status bits that are set.
    pub events: Vec<Event>,
    /// What was not believed; the offset is the address of the value's first register.
    pub warnings: Vec<Warning>,
}

/// Reads all that the blocks hold. A value whose scale (a ratio, an exponent) the blocks don't hold is `unknown`
/// and has no number: its digits alone would be a wrong one.
pub fn read(profile: &Profile, blocks: &[Block<'_>]) -> Reading {
    let mut reading = Reading::default();
    let sources: Vec<_> = profile.sources.iter().map(|source| source.number(blocks)).collect();
    for point in &profile.points {
        let Some(number) = digits(point, blocks) else { continue };
        let unit = unit(point, &sources);
        let (value, state) = match (number, factor(point, &sources)) {
            (Number::Absent, _) => (Value::None, State::Absent),
            (Number::Is(number), Some(factor)) => match scaled(point, number, factor) {
                Some(number) => (Value::Number(number), State::Valid),
                None => invalid(&mut reading, point, blocks),
            },
            (Number::Is(_), None) => (Value::None, State::Unknown),
            (Number::Invalid, _) => invalid(&mut reading, point, blocks),
        };
        let state = match (state, unit) {
            (State::Valid, None) if matches!(point.unit, UnitRule::From(..)) => State::Unknown,
            (state, _) => state,
        };
        reading.records.push(record(point, value, unit, state));
    }
    for flags in &profile.flags {
        let Some(registers) = flags.source.registers(blocks) else { continue };
        let mut bits = flags.source.order.bits(registers);
        for (bit, kind) in &flags.bits {
            if (bits >> bit) & 1 == 1 {
                reading.events.push((*kind).into());
                bits &= !(1_u64 << bit);
            }
        }
        if bits != 0 {
            warn(&mut reading, WarningKind::UnknownStatus, flags.source.at, registers);
        }
    }
    reading
}

/// The point's number before any scale; `None` where its registers are not all there.
pub(crate) fn digits(point: &Point, blocks: &[Block<'_>]) -> Option<Number> {
    let number = point.source.number(blocks)?;
    let Some(plus) = &point.plus else { return Some(number) };
    Some(match (number, plus.number(blocks)?) {
        (Number::Is(number), Number::Is(fraction)) => {
            number.checked_add(fraction).map_or(Number::Invalid, Number::Is)
        }
        (Number::Invalid, _) | (_, Number::Invalid) => Number::Invalid,
        (Number::Absent, _) | (_, Number::Absent) => Number::Absent,
    })
}

/// What the sources multiply the point by; `None` where one of them isn't known.
pub(crate) fn factor(point: &Point, sources: &[Option<Number>]) -> Option<Decimal> {
    let known = |index: usize| match sources.get(index)? {
        Some(Number::Is(number)) => Some(*number),
        _ => None,
    };
    let mut factor = point.scale;
    for &index in &point.times {
        factor = factor.checked_mul(known(index)?)?;
    }
    if let Some((index, plus)) = point.exponent {
        let exponent = known(index)?.checked_add(Decimal::from(plus))?;
        let exponent = i32::try_from(exponent).ok().filter(|exponent| (-18..=18).contains(exponent))?;
        let power = Decimal::from(10_i64.checked_pow(exponent.unsigned_abs())?);
        factor = if exponent < 0 { factor.checked_div(power)? } else { factor.checked_mul(power)? };
    }
    Some(factor)
}

fn scaled(point: &Point, number: Decimal, factor: Decimal) -> Option<Decimal> {
    let value = if factor == Decimal::ONE { number } else { number.checked_mul(factor)? };
    let Some(resolution) = point.resolution else { return Some(value) };
    let steps = value.checked_div(resolution)?;
    steps.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven).checked_mul(resolution)
}

pub(crate) fn unit(point: &Point, sources: &[Option<Number>]) -> Option<Unit> {
    match &point.unit {
        UnitRule::Fixed(unit) => *unit,
        UnitRule::From(index, units) => match sources.get(*index)? {
            Some(Number::Is(number)) => *units.get(usize::try_from(*number).ok()?)?,
            _ => None,
        },
    }
}

fn invalid(reading: &mut Reading, point: &Point, blocks: &[Block<'_>]) -> (Value, State) {
    let registers = point.source.registers(blocks).unwrap_or_default();
    warn(reading, WarningKind::InvalidValue, point.source.at, registers);
    (Value::None, State::Unknown)
}

fn warn(reading: &mut Reading, kind: WarningKind, at: u16, registers: &[u16]) {
    let bytes = registers.iter().flat_map(|register| register.to_be_bytes()).collect();
    reading.warnings.push(Warning { kind, offset: at.into(), bytes });
}

/// An exchanged current transformer changes what every later reading means, so ratios are records too.
fn record(point: &Point, value: Value, unit: Option<Unit>, state: State) -> Record {
    let unit = if point.quantity == Quantity::Ratio { unit.or(Some(Unit::One)) } else { unit };
    Record {
        quantity: point.quantity,
        value,
        unit,
        state,
        obis: point.obis,
        function: Function::Instantaneous,
        storage: point.storage,
        tariff: point.tariff,
        subunit: point.subunit,
        time: None,
        precision: point
            .source
            .kind
            .precision()
            .or(point.plus.as_ref().and_then(|plus| plus.kind.precision())),
    }
}
