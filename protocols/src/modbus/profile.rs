//! A meter model's register map.
//!
//! ```toml
//! name = "acrel-dtsd1352"          # what --profile and the device table call it
//! maker = "Acrel"
//! model = "DTSD1352"
//! medium = "electricity"
//! source = "where the map comes from, and how sure it is"
//! function = 3                     # read holding registers; 4: input registers
//! type = "uint32"                  # of points that don't say
//! order = "ABCD"                   # likewise
//! max_registers = 125              # the longest request that the meter answers
//! readable = [[0x0000, 0x001D]]    # stretches that it answers whole; between others it may refuse
//! absent = { int16 = ["8000"] }    # bits by which it says "no value"
//!
//! [sources]                        # numbers that other points are scaled by
//! pt = { at = 0x008D, type = "uint16" }
//!
//! [[points]]
//! at = 0x0000                      # wire address
//! quantity = "energy"
//! unit = "kWh"
//! obis = "1-0:1.8.0"
//! scale = "0.01"
//! times = ["pt"]                   # multiplied by these sources
//! resolution = "0.001"             # a binary float is rounded to a multiple of it, half to even
//! ```
//! Besides: `exponent = { source, plus }` multiplies by ten to a source's value plus a constant; `unit_from = {
//! source, units }` picks the unit by a source's value; `plus = { at, type }` adds a second number (a counter's
//! fraction); `tariff`, `storage`, `subunit`; `[[flags]]` with `at` and `bits = { "0" = "battery_low" }` names
//! events.

use std::collections::BTreeMap;
use std::fmt;

use metering::{EventKind, Medium, Obis, Quantity, Unit};
use rust_decimal::Decimal;
use serde::Deserialize;
use smol_str::SmolStr;

use super::MAX_REGISTERS;
use super::source::Source;
use super::value::{Coding, Order};

/// A meter model's register map, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: SmolStr,
    /// The maker.
    pub maker: SmolStr,
    /// The model.
    pub model: String,
    /// What it measures.
    pub medium: Medium,
    /// Where the map comes from, and how sure it is.
    pub source: String,
    /// The longest request that the meter answers.
    pub max_registers: u16,
    /// Stretches that it answers whole: function, first and last address.
    pub(crate) readable: Vec<(u8, u16, u16)>,
    /// Numbers that points are scaled by.
    pub(crate) sources: Vec<Source>,
    /// What it measures.
    pub(crate) points: Vec<Point>,
    /// Its status bits.
    pub(crate) flags: Vec<Flags>,
}

/// One value of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) source: Source,
    /// A second number that is added: a counter's fraction.
    pub(crate) plus: Option<Source>,
    pub(crate) quantity: Quantity,
    pub(crate) unit: UnitRule,
    pub(crate) obis: Option<Obis>,
    pub(crate) tariff: u32,
    pub(crate) storage: u64,
    pub(crate) subunit: u16,
    pub(crate) scale: Decimal,
    /// Indexes of sources that multiply.
    pub(crate) times: Vec<usize>,
    /// A source whose value, plus a constant, is a power of ten.
    pub(crate) exponent: Option<(usize, i64)>,
    pub(crate) resolution: Option<Decimal>,
}

/// How a point's unit is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UnitRule {
    /// By the map.
    Fixed(Option<Unit>),
    /// By a source's value, an index into the list.
    From(usize, Vec<Option<Unit>>),
}

/// A register of status bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flags {
    pub(crate) source: Source,
    pub(crate) bits: Vec<(u32, EventKind)>,
}

impl Profile {
    /// Reads and checks a map.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let map: Map = toml::from_str(text).map_err(|error| ProfileError(error.to_string()))?;
        map.check().map_err(ProfileError)
    }

    /// Each stretch of registers that holds one number: function, address, count.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = (u8, u16, u16)> {
        let points =
            self.points.iter().flat_map(|point| [Some(&point.source), point.plus.as_ref()]).flatten();
        points
            .chain(&self.sources)
            .chain(self.flags.iter().map(|flags| &flags.source))
            .map(|source| (source.function, source.at, source.kind.registers()))
    }

    /// Whether the meter answers a request that runs over all registers from `from` to before `to`.
    pub(crate) fn answers_whole(&self, function: u8, from: u32, to: u32) -> bool {
        self.readable.iter().any(|(same, first, last)| {
            *same == function && u32::from(*first) <= from.saturating_sub(1) && to <= u32::from(*last)
        })
    }
}

/// A map that is none: which point, what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError(String);

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "profile: {}", self.0)
    }
}

impl std::error::Error for ProfileError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Map {
    name: String,
    maker: String,
    model: String,
    medium: String,
    source: String,
    function: u8,
    #[serde(rename = "type")]
    kind: Coding,
    #[serde(default)]
    order: Order,
    max_registers: Option<u16>,
    #[serde(default)]
    readable: Vec<(u16, u16)>,
    #[serde(default)]
    absent: BTreeMap<Coding, Vec<String>>,
    #[serde(default)]
    sources: BTreeMap<String, MapSource>,
    points: Vec<MapPoint>,
    #[serde(default)]
    flags: Vec<MapFlags>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapSource {
    at: u16,
    #[serde(rename = "type")]
    kind: Option<Coding>,
    order: Option<Order>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapPoint {
    at: u16,
    #[serde(rename = "type")]
    kind: Option<Coding>,
    order: Option<Order>,
    plus: Option<MapSource>,
    quantity: String,
    unit: Option<String>,
    unit_from: Option<MapUnits>,
    obis: Option<String>,
    #[serde(default)]
    tariff: u32,
    #[serde(default)]
    storage: u64,
    #[serde(default)]
    subunit: u16,
    scale: Option<String>,
    #[serde(default)]
    times: Vec<String>,
    exponent: Option<MapExponent>,
    resolution: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapUnits {
    source: String,
    units: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapExponent {
    source: String,
    plus: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapFlags {
    at: u16,
    #[serde(rename = "type", default = "sixteen_bits")]
    kind: Coding,
    bits: BTreeMap<String, String>,
}

const fn sixteen_bits() -> Coding {
    Coding::Uint16
}

impl Map {
    fn check(&self) -> Result<Profile, String> {
        let max_registers = self.max_registers.unwrap_or(MAX_REGISTERS);
        if !(4..=MAX_REGISTERS).contains(&max_registers) {
            return Err(format!("max_registers = {max_registers}: 4 to {MAX_REGISTERS}"));
        }
        if !matches!(self.function, 3 | 4) {
            return Err(format!("function = {}: 3 or 4", self.function));
        }
        let sources =
            self.sources.values().map(|source| self.source(source)).collect::<Result<Vec<_>, _>>()?;
        let points = self
            .points
            .iter()
            .map(|point| self.point(point).map_err(|error| format!("point at {:#06x}: {error}", point.at)))
            .collect::<Result<Vec<_>, _>>()?;
        let flags = self.flags.iter().map(|flags| self.flags(flags)).collect::<Result<Vec<_>, _>>()?;
        Ok(Profile {
            name: SmolStr::new(&self.name),
            maker: SmolStr::new(&self.maker),
            model: self.model.clone(),
            medium: self.medium.parse().map_err(text)?,
            source: self.source.clone(),
            max_registers,
            readable: self.readable.iter().map(|(first, last)| (self.function, *first, *last)).collect(),
            sources,
            points,
            flags,
        })
    }

    fn source(&self, source: &MapSource) -> Result<Source, String> {
        self.place(source.at, source.kind, source.order)
    }

    fn place(&self, at: u16, kind: Option<Coding>, order: Option<Order>) -> Result<Source, String> {
        let kind = kind.unwrap_or(self.kind);
        if at.checked_add(kind.registers()).is_none() {
            return Err(format!("address {at:#06x} and its registers run past 0xffff"));
        }
        let absent = self
            .absent
            .get(&kind)
            .into_iter()
            .flatten()
            .map(|bits| {
                u64::from_str_radix(bits, 16).map_err(|_| format!("absent: {bits:?} is not hexadecimal"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Source { function: self.function, at, kind, order: order.unwrap_or(self.order), absent })
    }

    fn point(&self, point: &MapPoint) -> Result<Point, String> {
        let decimal = |number: &Option<String>| {
            number.as_deref().map(|digits| Decimal::from_str_exact(digits).map_err(text)).transpose()
        };
        let resolution = decimal(&point.resolution)?;
        if resolution.is_some_and(|resolution| resolution <= Decimal::ZERO) {
            return Err("resolution must be above zero".to_owned());
        }
        let unit = match (&point.unit, &point.unit_from) {
            (Some(_), Some(_)) => return Err("unit or unit_from, not both".to_owned()),
            (unit, None) => UnitRule::Fixed(unit.as_deref().map(str::parse).transpose().map_err(text)?),
            (None, Some(from)) => {
                // A unit of the meter that is not in the list (gallons) is an empty text: known to be unknown.
                let units = from.units.iter().map(|unit| match unit.as_str() {
                    "" => Ok(None),
                    unit => unit.parse().map(Some).map_err(text),
                });
                UnitRule::From(self.index(&from.source)?, units.collect::<Result<_, String>>()?)
            }
        };
        let times = point.times.iter().map(|name| self.index(name)).collect::<Result<_, _>>()?;
        let exponent = match &point.exponent {
            Some(exponent) => Some((self.index(&exponent.source)?, exponent.plus)),
            None => None,
        };
        Ok(Point {
            source: self.place(point.at, point.kind, point.order)?,
            plus: point.plus.as_ref().map(|plus| self.source(plus)).transpose()?,
            quantity: point.quantity.parse().map_err(text)?,
            unit,
            obis: point.obis.as_deref().map(str::parse).transpose().map_err(text)?,
            tariff: point.tariff,
            storage: point.storage,
            subunit: point.subunit,
            scale: decimal(&point.scale)?.unwrap_or(Decimal::ONE),
            times,
            exponent,
            resolution,
        })
    }

    fn flags(&self, flags: &MapFlags) -> Result<Flags, String> {
        let bits = flags.bits.iter().map(|(bit, kind)| {
            let bit = bit.parse::<u32>().ok().filter(|bit| *bit < 64);
            Ok((bit.ok_or("a flag's bit is 0 to 63")?, kind.parse().map_err(text)?))
        });
        Ok(Flags {
            source: self.place(flags.at, Some(flags.kind), None)?,
            bits: bits.collect::<Result<_, String>>()?,
        })
    }

    fn index(&self, name: &str) -> Result<usize, String> {
        self.sources.keys().position(|key| key == name).ok_or_else(|| format!("no source is named {name:?}"))
    }
}

fn text(error: impl fmt::Display) -> String {
    error.to_string()
}
