//! Which version of which tariff prices a bill.
//!
//! The agreement names a tariff by a dated fact; the tariff's document says which date decides the version
//! (`applies_by`) and what to do where it changes inside the period (`transition`). `start` and `end` price all by
//! one version; `days` cuts the days where another version begins; `reading_on_day` cuts at a reading on that day and parks
//! without one; `reading_on_or_after` cuts at the first reading from that day on, and leaves all to the old price without one.

use jiff::civil::Date;

use crate::determinants::Attribute;
use crate::rating::Need;
use crate::reason::{Facts, NoBill, Reason};
use crate::tariff::{AppliesBy, Tariff, TierYearBy, Transition};
use metering::CivilPeriod;

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

/// A part of a bill's days that one version prices in one tier year.
#[derive(Clone, Copy, Debug)]
pub struct Cut<'v> {
    /// Its first day.
    pub from: Date,
    /// The first day after it.
    pub to: Date,
    /// What prices it.
    pub version: &'v Version,
    /// Whether a tier year begins with it.
    pub new_year: bool,
}

/// The version that prices the last of these days, by its own rule: what a bill needs to be read for.
pub fn version<'v>(
    attributes: &[Attribute],
    versions: &'v [Version],
    dates: Dates,
) -> Result<&'v Version, NoBill> {
    let last = on(attributes, versions, dates.service.last())?;
    match last.tariff.applies_by {
        AppliesBy::Reading => on(attributes, versions, dates.reading.min(dates.service.last())),
        AppliesBy::Bill => on(attributes, versions, dates.bill),
        AppliesBy::Service if last.tariff.transition == Transition::Start => {
            on(attributes, versions, dates.service.from())
        }
        AppliesBy::Service => Ok(last),
    }
}

/// A day on which another version begins by a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceDay {
    /// The day from which the version is valid.
    pub day: Date,
    /// Whether the reading must be on the day itself; else it is the first one from that day on.
    pub on_the_day: bool,
}

/// The days inside these on which another version begins by a reading.
pub fn days_by_reading(
    attributes: &[Attribute],
    versions: &[Version],
    dates: Dates,
) -> Result<Vec<PriceDay>, NoBill> {
    let priced = version(attributes, versions, dates)?;
    let on_the_day = match (priced.tariff.applies_by, priced.tariff.transition) {
        (AppliesBy::Service, Transition::ReadingOnDay) => true,
        (AppliesBy::Service, Transition::ReadingOnOrAfter) => false,
        _ => return Ok(Vec::new()),
    };
    Ok(changes(attributes, versions, dates.service)?
        .into_iter()
        .map(|(day, _)| PriceDay { day, on_the_day })
        .collect())
}

/// The parts of a bill's days, cut where the price or the tier year changes: one, nearly always. `read_on` tells the day
/// of the reading that parts the usage where a version begins on a day of [`days_by_reading`].
pub fn cuts<'v>(
    attributes: &[Attribute],
    versions: &'v [Version],
    dates: Dates,
    read_on: impl Fn(Date) -> Option<Date>,
) -> Result<Vec<Cut<'v>>, NoBill> {
    let priced = version(attributes, versions, dates)?;
    let mut starts = match (priced.tariff.applies_by, priced.tariff.transition) {
        (AppliesBy::Service, transition) if !matches!(transition, Transition::Start | Transition::End) => {
            by_service(attributes, versions, dates.service, transition, read_on)?
        }
        _ => vec![(dates.service.from(), priced)],
    };
    let new_year = new_year(&priced.tariff, dates.service)?;
    if let Some(day) = new_year
        && starts.iter().all(|(start, _)| *start != day)
    {
        let before = starts.iter().rposition(|(start, _)| *start < day).unwrap_or(0);
        let version = starts.get(before).map_or(priced, |(_, version)| version);
        starts.insert(before.saturating_add(1), (day, version));
    }
    let ends: Vec<Date> = starts.iter().skip(1).map(|(day, _)| *day).chain([dates.service.to()]).collect();
    Ok(starts
        .into_iter()
        .zip(ends)
        .map(|((from, version), to)| Cut { from, to, version, new_year: new_year == Some(from) })
        .collect())
}

/// Where each version begins inside the days of the service, by its validity and by the agreement's own tariff.
fn by_service<'v>(
    attributes: &[Attribute],
    versions: &'v [Version],
    service: CivilPeriod,
    transition: Transition,
    read_on: impl Fn(Date) -> Option<Date>,
) -> Result<Vec<(Date, &'v Version)>, NoBill> {
    let mut starts = vec![(service.from(), on(attributes, versions, service.from())?)];
    for (day, version) in changes(attributes, versions, service)? {
        let begins = match transition {
            Transition::ReadingOnDay => Some(read_on(day).ok_or_else(|| {
                let detail = format!(
                    "{} of {} begins on {day} by a reading on that day: there is none",
                    version.code, version.from
                );
                NoBill::new(Reason::PriceChange, detail)
            })?),
            Transition::ReadingOnOrAfter => read_on(day).filter(|read| *read < service.to()),
            _ => Some(day),
        };
        if let Some(begins) = begins {
            // A version that ends before its first reading prices nothing.
            starts.retain(|(other, _)| *other < begins || *other == service.from());
            starts.push((begins, version));
        }
    }
    Ok(starts)
}

/// The days inside the service on which another version begins, and that version.
fn changes<'v>(
    attributes: &[Attribute],
    versions: &'v [Version],
    service: CivilPeriod,
) -> Result<Vec<(Date, &'v Version)>, NoBill> {
    let inside = |day: &Date| service.from() < *day && *day < service.to();
    let named = attributes.iter().filter(|a| a.name == "tariff").map(|a| a.from);
    let mut days: Vec<Date> = versions.iter().map(|v| v.from).chain(named).filter(inside).collect();
    days.sort_unstable();
    days.dedup();
    let mut before = on(attributes, versions, service.from())?;
    let mut changes = Vec::new();
    for day in days {
        let version = on(attributes, versions, day)?;
        if before.id != version.id {
            changes.push((day, version));
            before = version;
        }
    }
    Ok(changes)
}

/// The first day of a tier year inside the days of the service, where these decide the tier year and anything counts.
fn new_year(tariff: &Tariff, service: CivilPeriod) -> Result<Option<Date>, NoBill> {
    let counts = tariff.needs().iter().any(|need| matches!(need, Need::Counter(_)));
    let (first, last) = (service.from().year(), service.last().year());
    if tariff.tier_year_by != TierYearBy::Service || !counts || first == last {
        return Ok(None);
    }
    if first.checked_add(1) == Some(last) {
        return Ok(Date::new(last, 1, 1).ok());
    }
    let detail =
        format!("{} to {} spans several tier years: bill a year at a time", service.from(), service.to());
    Err(NoBill::new(Reason::TierYear, detail))
}

fn on<'v>(attributes: &[Attribute], versions: &'v [Version], day: Date) -> Result<&'v Version, NoBill> {
    let Some(code) = crate::determinants::value_on(attributes, "tariff", day) else {
        return Err(no_tariff(None, day));
    };
    versions
        .iter()
        .find(|version| version.code == *code && version.is_valid_on(day))
        .ok_or_else(|| no_tariff(Some(code.to_string()), day))
}

/// The agreement names none, or none of that name is in force on that day.
fn no_tariff(tariff: Option<String>, day: Date) -> NoBill {
    NoBill::of(Reason::NoTariff, &Facts { tariff, day: Some(day.to_string()), ..Facts::default() })
}

/// The tier year in which a bill begins to count.
pub fn tier_year(tariff: &Tariff, label: CivilPeriod, dates: Dates) -> i16 {
    let counts = tariff.needs().iter().any(|need| matches!(need, Need::Counter(_)));
    match tariff.tier_year_by {
        TierYearBy::Label => label.last().year(),
        TierYearBy::Reading => dates.reading.min(dates.service.last()).year(),
        TierYearBy::Service if counts => dates.service.from().year(),
        TierYearBy::Service => dates.service.last().year(),
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
        read(attributes, transition, month, None)
    }

    /// The same, with a reading on a day of the month.
    fn read(attributes: &[Attribute], transition: &str, month: i8, on: Option<i8>) -> String {
        let versions = versions(transition);
        let service = CivilPeriod::new(date(2026, month, 1), date(2026, month + 1, 1)).unwrap();
        let dates = Dates { service, reading: date(2026, month + 1, 1), bill: date(2026, month + 1, 2) };
        let read_on = |change: Date| on.map(|day| date(2026, month, day)).filter(|read| *read >= change);
        cuts(attributes, &versions, dates, read_on).map_or_else(
            |why| why.reason.to_string(),
            |cuts| {
                let told = cuts.iter().map(|c| format!("{} from {}", c.version.id, c.from.day()));
                told.collect::<Vec<_>>().join(", ")
            },
        )
    }

    #[test]
    fn a_price_that_changes_inside_the_period_goes_by_its_transition() {
        let always = [named("W", date(2020, 1, 1), None)];
        for (transition, expected) in [
            ("", "1 from 1, 2 from 10"),
            (r#""transition": "reading_on_day","#, "price_change"),
            (r#""transition": "start","#, "1 from 1"),
            (r#""transition": "end","#, "2 from 1"),
            (r#""applies_by": "reading","#, "2 from 1"),
        ] {
            assert_eq!(priced(&always, transition, 10), expected, "{transition}");
            assert_eq!(priced(&always, transition, 9), "1 from 1");
            assert_eq!(priced(&always, transition, 11), "2 from 1");
        }
    }

    #[test]
    fn a_price_that_changes_by_a_reading_begins_with_it() {
        let always = [named("W", date(2020, 1, 1), None)];
        let (on_day, after) =
            (r#""transition": "reading_on_day","#, r#""transition": "reading_on_or_after","#);
        assert_eq!(read(&always, on_day, 10, Some(10)), "1 from 1, 2 from 10");
        assert_eq!(read(&always, on_day, 10, None), "price_change");
        assert_eq!(read(&always, after, 10, Some(10)), "1 from 1, 2 from 10");
        assert_eq!(read(&always, after, 10, Some(17)), "1 from 1, 2 from 17");
        assert_eq!(read(&always, after, 10, Some(9)), "1 from 1", "before the change");
        assert_eq!(read(&always, after, 10, None), "1 from 1");
    }

    #[test]
    fn another_tariff_inside_the_period_is_a_change_too() {
        let moved =
            [named("W", date(2020, 1, 1), Some(date(2026, 9, 5))), named("V", date(2026, 9, 5), None)];
        assert_eq!(priced(&moved, "", 9), "1 from 1, 3 from 5");
        assert_eq!(priced(&moved, r#""transition": "end","#, 9), "3 from 1");
        assert_eq!(priced(&moved, "", 8), "1 from 1");
        assert_eq!(priced(&[], "", 8), "no_tariff");
        assert_eq!(priced(&[named("X", date(2020, 1, 1), None)], "", 8), "no_tariff");
    }

    #[test]
    fn a_tier_year_goes_by_its_rule() {
        let yearly = |by: &str| {
            Version {
            id: 1,
            code: "W".into(),
            from: date(2020, 1, 1),
            to: None,
            sha256: String::new(),
            tariff: Tariff::from_json(&format!(
                r#"{{"quantum": "0.01", "rounding": "half_up", {by} "components": [{{"type": "tiered", "code": "w",
                    "qty": "usage", "basis": "annual_cumulative", "tiers": [{{"upto": null, "price": "1"}}]}}]}}"#
            ))
            .unwrap(),
        }
        };
        let label = CivilPeriod::new(date(2027, 1, 1), date(2027, 2, 1)).unwrap();
        let service = CivilPeriod::new(date(2026, 12, 1), date(2027, 2, 1)).unwrap();
        let dates = Dates { service, reading: date(2027, 2, 1), bill: date(2027, 2, 2) };
        let always = [named("W", date(2020, 1, 1), None)];
        let by_label = [yearly(r#""tier_year_by": "label","#)];
        assert_eq!(tier_year(&by_label[0].tariff, label, dates), 2027);
        assert_eq!(cuts(&always, &by_label, dates, |_| None).unwrap().len(), 1);
        let by_service = [yearly("")];
        assert_eq!(tier_year(&by_service[0].tariff, label, dates), 2026);
        let parts = cuts(&always, &by_service, dates, |_| None).unwrap();
        let told: Vec<_> = parts.iter().map(|c| (c.from.to_string(), c.new_year)).collect();
        assert_eq!(told, [("2026-12-01".to_owned(), false), ("2027-01-01".to_owned(), true)]);
        let long = CivilPeriod::new(date(2025, 12, 1), date(2027, 2, 1)).unwrap();
        let spans = cuts(&always, &by_service, Dates { service: long, ..dates }, |_| None);
        assert_eq!(spans.unwrap_err().reason, Reason::TierYear);
    }
}
