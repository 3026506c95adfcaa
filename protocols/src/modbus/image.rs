//! Values and a profile become the registers of a meter: what the simulator serves.

use std::collections::BTreeMap;
use std::fmt;

use metering::Register;
use rust_decimal::Decimal;

use super::profile::{Point, Profile};
use super::read::{Block, factor, read};
use super::source::Source;
use super::value::Number;

/// A meter's registers.
#[derive(Clone, Debug)]
pub struct Image<'a> {
    profile: &'a Profile,
    cells: BTreeMap<(u8, u16), u16>,
}

impl<'a> Image<'a> {
    /// A meter of that model whose registers are all zero and whose ratios are 1.
    pub fn new(profile: &'a Profile) -> Self {
        let mut image = Self { profile, cells: BTreeMap::new() };
        for (function, at, count) in profile.stretches() {
            for address in at..at.saturating_add(count) {
                image.cells.insert((function, address), 0);
            }
        }
        for (function, first, last) in &profile.readable {
            for address in *first..=*last {
                image.cells.entry((*function, address)).or_insert(0);
            }
        }
        for point in &profile.points {
            for source in point.times.iter().filter_map(|index| profile.sources.get(*index)) {
                image.put(source, Decimal::ONE);
            }
            if let Some((source, plus)) =
                point.exponent.and_then(|(index, plus)| Some((profile.sources.get(index)?, plus)))
            {
                image.put(source, Decimal::from(plus.saturating_neg()));
            }
        }
        image
    }

    /// Writes a value, in the unit in which the profile reports it.
    pub fn set(&mut self, register: Register, value: Decimal) -> Result<(), ImageError> {
        let profile = self.profile;
        let point = profile
            .points
            .iter()
            .find(|point| named(point) == register)
            .ok_or(ImageError::NoSuchRegister(register))?;
        self.write(point, value).ok_or(ImageError::DoesNotFit(register, value))
    }

    fn write(&mut self, point: &Point, value: Decimal) -> Option<()> {
        let sources: Vec<_> = self.profile.sources.iter().map(|source| self.number(source)).collect();
        let digits = value.checked_div(factor(point, &sources)?)?;
        match &point.plus {
            Some(fraction) => {
                self.put(&point.source, digits.trunc())?;
                self.put(fraction, digits.fract())
            }
            None if point.source.kind.precision().is_some() => self.put(&point.source, digits),
            None => self.put(&point.source, digits.normalize()),
        }
    }

    fn number(&self, source: &Source) -> Option<Number> {
        let registers = self.read(source.function, source.at, source.kind.registers())?;
        let block = Block { function: source.function, start: source.at, registers: &registers };
        source.number(&[block])
    }

    fn put(&mut self, source: &Source, number: Decimal) -> Option<()> {
        let bits = source.kind.write(number)?;
        for (address, register) in (source.at..).zip(source.order.registers(bits, source.kind.registers())) {
            self.cells.insert((source.function, address), register);
        }
        Some(())
    }

    /// What a request reads; `None` where the meter has no such registers (exception 02).
    pub fn read(&self, function: u8, start: u16, count: u16) -> Option<Vec<u16>> {
        (0..count).map(|n| self.cells.get(&(function, start.checked_add(n)?)).copied()).collect()
    }

    /// All records of this meter, as [`read`] gives them for what [`super::plan()`] asks.
    pub fn records(&self) -> Vec<crate::Record> {
        let answers: Vec<_> = super::plan(self.profile)
            .into_iter()
            .filter_map(|r| Some((r.function, r.start, self.read(r.function, r.start, r.count)?)))
            .collect();
        let blocks: Vec<_> = answers
            .iter()
            .map(|(function, start, registers)| Block { function: *function, start: *start, registers })
            .collect();
        read(self.profile, &blocks).records
    }
}

fn named(point: &Point) -> Register {
    match point.obis {
        Some(obis) => Register::Obis(obis),
        None => Register::Other {
            quantity: point.quantity,
            function: metering::Function::Instantaneous,
            subunit: point.subunit,
            tariff: point.tariff,
            storage: point.storage,
        },
    }
}

/// Why a value cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// The profile has no such register.
    NoSuchRegister(Register),
    /// The value does not fit into the register's bits.
    DoesNotFit(Register, Decimal),
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchRegister(register) => write!(f, "the profile has no register {register}"),
            Self::DoesNotFit(register, value) => write!(f, "{value} does not fit into {register}"),
        }
    }
}

impl std::error::Error for ImageError {}
