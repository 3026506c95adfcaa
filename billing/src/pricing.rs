//! Which version of which tariff prices a bill.
//!
//! The agreement names a tariff by a dated fact; the tariff's document says which date decides the version
//! (`applies_by`) and what to do where it changes inside the period (`transition`). `start` and `end` price all by
//! one version. The other transitions part the usage, which is not built yet: such a bill is parked, never guessed.

use jiff::civil::Date;

use crate::determinants::Attribute;
use crate::label::CivilPeriod;
use crate::reason::{NoBill, Reason};
use crate::tariff::{AppliesBy, Tariff, TierYearBy, Transition};

/// One published version of a tariff.
#[derive(Debug)]
pub struct Version {
    /// Its number in the database.
    pub id: i32,
    /// The tariff's code.
    pub code: String,
    /// Its first day.
    pub from: Date,
    /// The first day after its last, as versions published later have closed it.
    pub to: Option<Date>,
    /// SHA-256 of the document, in hex.
    pub sha256: String,
    /// The document, compiled.
    pub tariff: Tariff,
}

impl Version {
    fn is_valid_on(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }
}

/// The dates that a bill may be priced by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// The days of the service, as boundaries stand for them ([`crate::determinants::nominal`]).
    pub service: CivilPeriod,
    /// The day of the closing reading.
    pub reading: Date,
    /// The day of the run.
    pub bill: Date,
}

/// The version that prices a bill.
pub fn version<'v>(
    attributes: &[Attribute],
    versions: &'v [Version],
    dates: Dates,
) -> Result<&'v Version, NoBill> {
    let last = on(attributes, versions, dates.service.last())?;
    match last.tariff.applies_by {
        AppliesBy::Reading => return on(attributes, versions, dates.reading.min(dates.service.last())),
        AppliesBy::Bill => return on(attributes, versions, dates.bill),
        AppliesBy::Service => {}
    }
    let first = on(attributes, versions, dates.service.from())?;
    let stays = first.id == last.id && changes_inside(attributes, dates.service).is_none();
    match last.tariff.transition {
        _ if stays => Ok(last),
        Transition::End => Ok(last),
        Transition::Start => Ok(first),
        Transition::Days | Transition::ReadingOnDay | Transition::ReadingOnOrAfter => {
            let day = if first.code == last.code {
                Some(last.from)
            } else {
                changes_inside(attributes, dates.service)
            };
            let on = day.map_or_else(String::new, |day| format!(" on {day}"));
            let detail =
                format!("from {} of {} to {} of {}{on}", first.code, first.from, last.code, last.from);
            Err(NoBill::new(Reason::PriceChange, detail))
        }
    }
}

/// The first day inside a period on which the agreement names another tariff.
fn changes_inside(attributes: &[Attribute], period: CivilPeriod) -> Option<Date> {
    let mut before: Option<&str> = None;
    let mut named: Vec<&Attribute> = attributes
        .iter()
        .filter(|a| a.name == "tariff" && a.from < period.to() && a.to.is_none_or(|to| period.from() < to))
        .collect();
    named.sort_by_key(|a| a.from);
    for attribute in named {
        if before.is_some_and(|code| code != attribute.value) {
            return Some(attribute.from);
        }
        before = Some(&attribute.value);
    }
    None
}

fn on<'v>(attributes: &[Attribute], versions: &'v [Version], day: Date) -> Result<&'v Version, NoBill> {
    let Some(code) = crate::determinants::value_on(attributes, "tariff", day) else {
        return Err(NoBill::new(Reason::NoTariff, format!("the agreement names no tariff on {day}")));
    };
    versions
        .iter()
        .find(|version| version.code == *code && version.is_valid_on(day))
        .ok_or_else(|| NoBill::new(Reason::NoTariff, format!("no version of {code} is in force on {day}")))
}

/// The tier year of a bill.
pub fn tier_year(tariff: &Tariff, label: CivilPeriod, dates: Dates) -> Result<i16, NoBill> {
    match tariff.tier_year_by {
        TierYearBy::Label => Ok(label.last().year()),
        TierYearBy::Reading => Ok(dates.reading.min(dates.service.last()).year()),
        TierYearBy::Service => {
            let (first, last) = (dates.service.from().year(), dates.service.last().year());
            let counts = tariff.needs().iter().any(|need| matches!(need, crate::rating::Need::Counter(_)));
            if first == last || !counts {
                return Ok(last);
            }
            let detail = format!(
                "{} to {} crosses new year: set tier_year_by to label or reading, or bill up to {last}-01-01",
                dates.service.from(),
                dates.service.to()
            );
            Err(NoBill::new(Reason::TierYear, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use jiff::civil::date;

    use super::*;

    fn versions(transition: &str) -> Vec<Version> {
        let make = |id, code: &str, from: Date, to| {
            Version {
            id,
            code: code.into(),
            from,
            to,
            sha256: String::new(),
            tariff: Tariff::from_json(&format!(
                r#"{{"quantum": "0.01", "rounding": "half_up", {transition} "components": [{{"type": "fixed", "code": "f", "amount": "{id}"}}]}}"#
            ))
            .unwrap(),
        }
        };
        vec![
            make(1, "W", date(2026, 1, 1), Some(date(2026, 10, 10))),
            make(2, "W", date(2026, 10, 10), None),
            make(3, "V", date(2026, 1, 1), None),
        ]
    }

    fn named(code: &str, from: Date, to: Option<Date>) -> Attribute {
        Attribute { name: "tariff".into(), value: code.into(), from, to }
    }

    fn priced(attributes: &[Attribute], transition: &str, month: i8) -> String {
        let versions = versions(transition);
        let service = CivilPeriod::new(date(2026, month, 1), date(2026, month + 1, 1)).unwrap();
        let dates = Dates { service, reading: date(2026, month + 1, 1), bill: date(2026, month + 1, 2) };
        version(attributes, &versions, dates).map_or_else(|why| why.reason.to_string(), |v| v.id.to_string())
    }

    #[test]
    fn a_price_that_changes_inside_the_period_goes_by_its_transition() {
        let always = [named("W", date(2020, 1, 1), None)];
        for (transition, expected) in [
            ("", "price_change"),
            (r#""transition": "start","#, "1"),
            (r#""transition": "end","#, "2"),
            (r#""applies_by": "reading","#, "2"),
        ] {
            assert_eq!(priced(&always, transition, 10), expected, "{transition}");
            assert_eq!(priced(&always, transition, 9), "1");
            assert_eq!(priced(&always, transition, 11), "2");
        }
    }

    #[test]
    fn another_tariff_inside_the_period_is_a_change_too() {
        let moved =
            [named("W", date(2020, 1, 1), Some(date(2026, 9, 5))), named("V", date(2026, 9, 5), None)];
        assert_eq!(priced(&moved, "", 9), "price_change");
        assert_eq!(priced(&moved, r#""transition": "end","#, 9), "3");
        assert_eq!(priced(&moved, "", 8), "1");
        assert_eq!(priced(&[], "", 8), "no_tariff");
        assert_eq!(priced(&[named("X", date(2020, 1, 1), None)], "", 8), "no_tariff");
    }

    #[test]
    fn a_tier_year_goes_by_its_rule() {
        let tariff = |by: &str| {
            Tariff::from_json(&format!(
                r#"{{"quantum": "0.01", "rounding": "half_up", {by} "components": [{{"type": "tiered", "code": "w",
                    "qty": "usage", "basis": "annual_cumulative", "tiers": [{{"upto": null, "price": "1"}}]}}]}}"#
            ))
            .unwrap()
        };
        let label = CivilPeriod::new(date(2027, 1, 1), date(2027, 2, 1)).unwrap();
        let service = CivilPeriod::new(date(2026, 12, 1), date(2027, 2, 1)).unwrap();
        let dates = Dates { service, reading: date(2027, 2, 1), bill: date(2027, 2, 2) };
        assert_eq!(tier_year(&tariff(r#""tier_year_by": "label","#), label, dates), Ok(2027));
        assert_eq!(tier_year(&tariff(""), label, dates).unwrap_err().reason, Reason::TierYear);
    }
}
