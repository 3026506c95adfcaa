//! The frozen inputs of a bill: all that it was rated from, as one text. The same text gives the same bill, byte
//! for byte, years later.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use metering::{InstallationId, MeterId, Micro, Quality, RegisterId, Unit};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::content;
use crate::determinants::Counted;
use series::index::Index;
use series::segment::Segment;

mod rate;

pub use rate::Part;

/// The inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// The form of this text.
    pub v: u8,
    /// The period's label.
    pub label: SmolStr,
    /// First day of the service.
    #[serde(with = "text")]
    pub from: Date,
    /// The first day after it.
    #[serde(with = "text")]
    pub to: Date,
    /// Days between them.
    pub days: u32,
    /// Months, as tariffs count them.
    pub months: u32,
    /// The tier year that counters count in.
    pub tier_year: i16,
    /// The version of the tariff, by its number here.
    pub tariff: i32,
    /// SHA-256 of its document.
    pub tariff_sha256: String,
    /// Where the price or the tier year changes inside the period: its parts, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub pieces: Vec<FrozenPiece>,
    /// Indexes are floored to it.
    #[serde(with = "maybe", skip_serializing_if = "Option::is_none", default)]
    pub index_step: Option<Decimal>,
    /// What was read.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub segments: Vec<FrozenSegment>,
    /// Which register counts which quantity.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub quantities: Vec<FrozenQuantity>,
    /// Facts on the last day.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub attrs: BTreeMap<SmolStr, SmolStr>,
    /// Facts by month of the tier year, where the tariff asks for them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub attr_months: BTreeMap<SmolStr, Vec<Option<SmolStr>>>,
    /// The part of the tier year that the agreement has, such as `7/12`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub year_part: Option<SmolStr>,
    /// Counters before this bill.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub prior: BTreeMap<SmolStr, SmolStr>,
}

/// A part of the period that one version prices in one tier year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenPiece {
    /// Its first day.
    #[serde(with = "text")]
    pub from: Date,
    /// The first day after it.
    #[serde(with = "text")]
    pub to: Date,
    /// The version of the tariff.
    pub tariff: i32,
    /// SHA-256 of its document.
    pub tariff_sha256: String,
    /// Whether a tier year begins with it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub new_year: bool,
    /// Where a reading parts it from the one before: the place of the first segment that counts for it. Without, the usage
    /// is shared by days.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_segment: Option<usize>,
    /// Facts by month of its tier year, where that is not the one that the bill begins in.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub attr_months: BTreeMap<SmolStr, Vec<Option<SmolStr>>>,
    /// The part of its tier year that the agreement has, where that is not the one that the bill begins in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub year_part: Option<SmolStr>,
}

/// A segment as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenSegment {
    /// The installation's number.
    pub installation: i32,
    /// The meter's number.
    pub meter: i32,
    /// The number printed on the meter.
    pub serial: SmolStr,
    /// The register's number.
    pub register: i16,
    /// The register's name.
    pub name: SmolStr,
    /// Its unit.
    #[serde(with = "text")]
    pub unit: Unit,
    /// Opening: when, what, how good.
    #[serde(with = "text")]
    pub from: Timestamp,
    /// Index then.
    #[serde(with = "text")]
    pub open: Decimal,
    /// Its quality.
    #[serde(with = "text")]
    pub open_quality: Quality,
    /// Closing: when, what, how good.
    #[serde(with = "text")]
    pub to: Timestamp,
    /// Index then.
    #[serde(with = "text")]
    pub close: Decimal,
    /// Its quality.
    #[serde(with = "text")]
    pub close_quality: Quality,
    /// Units per unit of the index.
    #[serde(with = "text")]
    pub multiplier: Decimal,
    /// The index at which it began again at zero, where it did.
    #[serde(with = "maybe", skip_serializing_if = "Option::is_none", default)]
    pub rollover: Option<Decimal>,
    /// Of a register that holds a maximum: its greatest reading.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub greatest: Option<FrozenIndex>,
}

/// An index at an instant, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenIndex {
    /// The meter's time of it.
    #[serde(with = "text")]
    pub at: Timestamp,
    /// What the register showed.
    #[serde(with = "text")]
    pub value: Decimal,
    /// How good it is.
    #[serde(with = "text")]
    pub quality: Quality,
}

/// A quantity's name, register and unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenQuantity {
    /// As the tariff names it.
    pub name: SmolStr,
    /// The register's name.
    pub register: SmolStr,
    /// The unit that is priced, where it is not the register's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit: Option<SmolStr>,
}

/// Why a text is no inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputsError(String);

impl fmt::Display for InputsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the frozen inputs cannot be read: {}", self.0)
    }
}

impl std::error::Error for InputsError {}

impl From<&Segment> for FrozenSegment {
    fn from(segment: &Segment) -> Self {
        Self {
            installation: segment.installation.get(),
            meter: segment.meter.get(),
            serial: segment.serial.clone(),
            register: segment.register.get(),
            name: segment.name.clone(),
            unit: segment.unit,
            from: segment.open.at,
            open: segment.open.value.to_decimal(),
            open_quality: segment.open.quality,
            to: segment.close.at,
            close: segment.close.value.to_decimal(),
            close_quality: segment.close.quality,
            multiplier: segment.multiplier.normalize(),
            rollover: segment.rollover,
            greatest: segment.greatest.map(|index| FrozenIndex {
                at: index.at,
                value: index.value.to_decimal(),
                quality: index.quality,
            }),
        }
    }
}

impl FrozenSegment {
    /// The segment again.
    pub fn thaw(&self) -> Result<Segment, InputsError> {
        let micro = |value| Micro::exact(value).map_err(|error| InputsError(error.to_string()));
        let greatest = self
            .greatest
            .as_ref()
            .map(|index| Ok(Index { at: index.at, value: micro(index.value)?, quality: index.quality }));
        Ok(Segment {
            installation: InstallationId::new(self.installation),
            meter: MeterId::new(self.meter),
            serial: self.serial.clone(),
            register: RegisterId::new(self.register),
            name: self.name.clone(),
            unit: self.unit,
            open: Index { at: self.from, value: micro(self.open)?, quality: self.open_quality },
            close: Index { at: self.to, value: micro(self.close)?, quality: self.close_quality },
            multiplier: self.multiplier,
            rollover: self.rollover,
            greatest: greatest.transpose()?,
        })
    }
}

impl From<&Counted> for FrozenQuantity {
    fn from(counted: &Counted) -> Self {
        Self { name: counted.name.clone(), register: counted.register.clone(), unit: counted.unit.clone() }
    }
}

impl Inputs {
    /// The form that is written now.
    pub const VERSION: u8 = 1;

    /// The one text of these inputs: keys in a fixed order, numbers as plain decimals.
    pub fn to_text(&self) -> Result<String, InputsError> {
        serde_json::to_string(self).map_err(|error| InputsError(error.to_string()))
    }

    /// From that text.
    pub fn from_text(text: &str) -> Result<Self, InputsError> {
        let inputs: Self = serde_json::from_str(text).map_err(|error| InputsError(error.to_string()))?;
        if inputs.v != Self::VERSION {
            return Err(InputsError(format!("form {} is not known here", inputs.v)));
        }
        Ok(inputs)
    }

    /// What was read, as segments.
    pub fn thawed(&self) -> Result<Vec<Segment>, InputsError> {
        self.segments.iter().map(FrozenSegment::thaw).collect()
    }
}

/// SHA-256 of a text, as it stands beside documents and inputs.
pub fn sha256(text: &str) -> [u8; 32] {
    content::sha256(text.as_bytes())
}

/// Anything that prints and reads back, as its text.
pub(crate) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr,
        T::Err: Display,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// An optional decimal, as its text.
pub(crate) mod maybe {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::ref_option, reason = "serde's form")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
        let text: Option<String> = Option::deserialize(from)?;
        text.map(|text| Decimal::from_str_exact(&text).map_err(de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::rating::Rated;
    use crate::tariff::Tariff;

    fn inputs() -> Inputs {
        Inputs {
            v: Inputs::VERSION,
            label: "2026-10".into(),
            from: date(2026, 10, 1),
            to: date(2026, 11, 1),
            days: 31,
            months: 1,
            tier_year: 2026,
            tariff: 3,
            tariff_sha256: "00".into(),
            pieces: Vec::new(),
            index_step: Some(Decimal::ONE),
            segments: vec![FrozenSegment {
                installation: 1,
                meter: 2,
                serial: "M2".into(),
                register: 1,
                name: "8-0:1.0.0".into(),
                unit: Unit::CubicMetre,
                from: "2026-09-30T16:00:00Z".parse().unwrap(),
                open: "100.9".parse().unwrap(),
                open_quality: Quality::Actual,
                to: "2026-10-31T16:00:00Z".parse().unwrap(),
                close: "135.2".parse().unwrap(),
                close_quality: Quality::Actual,
                multiplier: Decimal::ONE,
                rollover: None,
                greatest: None,
            }],
            quantities: vec![FrozenQuantity {
                name: "usage".into(),
                register: "8-0:1.0.0".into(),
                unit: None,
            }],
            attrs: BTreeMap::from([("persons".into(), "3".into())]),
            attr_months: BTreeMap::new(),
            year_part: None,
            prior: BTreeMap::from([("usage".into(), "170".into())]),
        }
    }

    #[test]
    fn the_text_reads_back() {
        let text = inputs().to_text().unwrap();
        assert_eq!(Inputs::from_text(&text), Ok(inputs()));
        assert_eq!(Inputs::from_text(&text).unwrap().to_text().unwrap(), text);
        assert!(Inputs::from_text(&text.replace("\"v\":1", "\"v\":9")).is_err());
    }

    #[test]
    fn the_same_inputs_give_the_same_bill() {
        let tariff = Tariff::from_json(
            r#"{"quantum": "0.01", "rounding": "half_up", "components": [
                {"type": "tiered", "code": "water", "qty": "usage", "basis": "annual_cumulative",
                 "tiers": [{"upto": "180", "price": "2.07"}, {"upto": null, "price": "4.07"}]}]}"#,
        )
        .unwrap();
        let frozen = inputs();
        let bill = &frozen.rate(|_| Some(&tariff)).unwrap()[0].rated;
        let lines: Vec<_> = bill.lines.iter().map(|l| format!("{} {} {}", l.code, l.qty, l.amount)).collect();
        assert_eq!(lines, ["water#1 10 20.70", "water#2 25 101.75"]);
        let mut again = Rated::new();
        frozen.rate_into(&frozen.thawed().unwrap(), &tariff, &mut again).unwrap();
        assert_eq!(again.total, bill.total);
        assert_eq!(again.counters, bill.counters);
    }

    #[test]
    fn parts_share_the_usage_and_hand_the_counter_on() {
        let tariff = |price: &str| {
            Tariff::from_json(&format!(
                r#"{{"quantum": "0.01", "rounding": "half_up", "components": [
                {{"type": "tiered", "code": "water", "qty": "usage", "basis": "annual_cumulative",
                 "tiers": [{{"upto": "180", "price": "{price}"}}, {{"upto": null, "price": "4.07"}}]}}]}}"#
            ))
            .unwrap()
        };
        let (old, new) = (tariff("2.00"), tariff("3.00"));
        let piece = |from, to, tariff, new_year| FrozenPiece {
            from: date(2026, 10, from),
            to,
            tariff,
            tariff_sha256: "00".into(),
            new_year,
            first_segment: None,
            attr_months: BTreeMap::new(),
            year_part: None,
        };
        // 35 m3, 10 of 31 days: 11 and 24. The counter goes from 170 to 181 and on to 205.
        let mut frozen = inputs();
        frozen.pieces = vec![piece(1, date(2026, 10, 11), 1, false), piece(11, date(2026, 11, 1), 2, false)];
        let told = |frozen: &Inputs| {
            let parts = frozen.rate(|id| Some(if id == 1 { &old } else { &new })).unwrap();
            let lines = parts.iter().flat_map(|part| part.rated.lines.iter());
            lines.map(|l| format!("{} {} {}", l.code, l.qty, l.amount)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(told(&frozen), "water#1 10 20.00, water#2 1 4.07, water#2 24 97.68");
        // A tier year that begins with the second part begins at nothing.
        frozen.pieces[1].new_year = true;
        assert_eq!(told(&frozen), "water#1 10 20.00, water#2 1 4.07, water#1 24 72.00");
        assert_eq!(Inputs::from_text(&frozen.to_text().unwrap()), Ok(frozen));
    }

    #[test]
    fn evidence_of_one_tier_year_does_not_raise_the_bounds_of_the_next() {
        let tariff = Tariff::from_json(
            r#"{"quantum": "0.01", "rounding": "half_up", "components": [
                {"type": "tiered", "code": "water", "qty": "usage", "counter": "annual",
                 "adders": [{"attr": "persons", "over": "4", "per_extra": "12", "prorate": "month"}],
                 "tiers": [{"upto": "8", "price": "1"}, {"upto": null, "price": "2"}]}]}"#,
        )
        .unwrap();
        let months = |persons: Option<&str>| {
            BTreeMap::from([(SmolStr::from("persons"), vec![persons.map(SmolStr::from); 12])])
        };
        let piece = |from, to, new_year| FrozenPiece {
            from,
            to,
            tariff: 1,
            tariff_sha256: "00".into(),
            new_year,
            first_segment: None,
            attr_months: if new_year { months(None) } else { BTreeMap::new() },
            year_part: None,
        };
        // 35 m3 in 31 days: 20 and 15. Five persons in the old year (8 + 12), nothing proved of the new.
        let mut frozen = inputs();
        frozen.attr_months = months(Some("5"));
        frozen.prior.clear();
        let new_year = date(2026, 10, 19);
        frozen.pieces = vec![piece(frozen.from, new_year, false), piece(new_year, date(2026, 11, 1), true)];
        let parts = frozen.rate(|_| Some(&tariff)).unwrap();
        let told: Vec<_> =
            parts.iter().flat_map(|p| &p.rated.lines).map(|l| format!("{} {}", l.code, l.qty)).collect();
        assert_eq!(told, ["water#1 20", "water#1 8", "water#2 7"]);
        assert_eq!(Inputs::from_text(&frozen.to_text().unwrap()), Ok(frozen));
    }
}
