//! Third beat: boundaries met by what was found, the usage in segments, parted where price or tier year change.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use metering::CivilPeriod;
use series::look::{Answers, Maxima, MaximumQuestion};
use series::segment::Segment;
use series::span::segments;

use super::part::{self, Parted};
use super::{Asked, Terms, TrialException, each};
use crate::determinants::{Counted, months, nominal};
use crate::pricing::{Cut, Dates, Version, cuts, tier_year};
use crate::rating::Need;
use crate::reason::{Facts, NoBill, Reason};

/// An agreement with what its meters counted, before it is priced.
#[derive(Debug)]
pub struct Metered<'a, 'q> {
    pub(super) asked: &'q Asked<'a>,
    pub(super) segments: Vec<Segment>,
    /// Where readings part the usage: a part's first segment, by the part's first day.
    pub(super) firsts: Vec<(Date, usize)>,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) days: CivilPeriod,
    /// The version of the last part.
    pub(super) priced: &'a Version,
    /// The parts that price or tier year cut.
    pub(super) cuts: Vec<Cut<'a>>,
    pub(super) counted: Vec<Counted>,
    /// The one in which the bill begins to count.
    pub(super) tier_year: i16,
    pub(super) months: u32,
}

impl Metered<'_, '_> {
    /// What the versions of all parts ask for.
    pub(super) fn needs(&self) -> impl Iterator<Item = &Need> {
        self.cuts.iter().flat_map(|cut| cut.version.tariff.needs())
    }
}

/// What the meters of each agreement counted. `answers` are those of [`super::boundaries`], `price_readings` those of
/// [`super::price_readings`].
pub fn meet<'a, 'q>(
    terms: &'a Terms,
    asked: &'q [Asked<'a>],
    answers: &Answers,
    price_readings: &Answers,
    exceptions: &mut Vec<TrialException>,
) -> Vec<Metered<'a, 'q>> {
    each(asked, exceptions, |asked| asked.due, |asked| metered(terms, asked, answers, price_readings))
}

/// The stretches in which maxima must be looked up.
pub fn maxima(met: &[Metered<'_, '_>]) -> Vec<MaximumQuestion> {
    let segments = met.iter().flat_map(|met| &met.segments);
    let asked: BTreeSet<MaximumQuestion> = segments.filter_map(stretch).collect();
    asked.into_iter().collect()
}

/// Gives registers that hold a maximum the greatest reading of their stretch. `found` is what was found for [`maxima`].
pub fn raise<'a, 'q>(
    met: Vec<Metered<'a, 'q>>,
    found: &Maxima,
    exceptions: &mut Vec<TrialException>,
) -> Vec<Metered<'a, 'q>> {
    let conflict = |met: &Metered<'_, '_>| {
        let undecided = |s: &&Segment| stretch(s).and_then(|q| found.get(&q)).is_some_and(|a| a.in_conflict);
        let segment = met.segments.iter().find(undecided)?;
        let facts = Facts::of(&segment.serial, &segment.name);
        Some(NoBill::of(Reason::Conflict, &Facts { at: Some(segment.close.at.to_string()), ..facts }))
    };
    let mut raised = Vec::with_capacity(met.len());
    for mut met in met {
        if let Some(why) = conflict(&met) {
            exceptions.push(TrialException { agreement: met.asked.due.agreement, why });
            continue;
        }
        for segment in &mut met.segments {
            let greatest = stretch(segment).and_then(|question| found.get(&question)?.greatest);
            if let Some(greatest) = greatest {
                segment.raise(greatest);
            }
        }
        raised.push(met);
    }
    raised
}

fn stretch(segment: &Segment) -> Option<MaximumQuestion> {
    let Segment { meter, register, .. } = *segment;
    segment.greatest?;
    Some(MaximumQuestion { meter, register, from: segment.open.at, to: segment.close.at })
}

fn metered<'a, 'q>(
    terms: &'a Terms,
    asked: &'q Asked<'a>,
    answers: &Answers,
    price_readings: &Answers,
) -> Result<Metered<'a, 'q>, NoBill> {
    let (due, zone) = (asked.due, &terms.zone);
    let overflow = || NoBill::new(Reason::Overflow, "the days of the service");
    let answer = |question| answers.get(&question).copied().unwrap_or_default();
    let segments = segments(&asked.spans, asked.rules.boundary, zone, answer)?;
    let ends = segments.iter().map(|s| s.open.at).min().zip(segments.iter().map(|s| s.close.at).max());
    let (from, to) = match ends {
        Some(ends) => ends,
        None => due.unmetered(asked.days, zone)?,
    };
    let (first, end) = (zone.date(from), zone.date(to));
    let days =
        CivilPeriod::new(first, end).or_else(|| CivilPeriod::new(first, first.checked_add(1.day()).ok()?));
    let days = days.ok_or_else(overflow)?;
    let stands_for = nominal(days, asked.days, asked.rules.boundary.max_age_days);
    let dates = Dates { service: stands_for, reading: end, bill: zone.date(terms.as_of) };
    let readings = part::price_readings(asked, price_readings, zone)?;
    let read_on = |day| part::read_on(&readings, day, zone);
    let cuts = cuts(&due.attributes, &terms.versions, dates, read_on)?;
    let begins = cuts.iter().skip(1).map(|cut| cut.from);
    let Parted { segments, firsts } = part::part(segments, begins, &readings, &asked.spans, zone)?;
    let Some(priced) = cuts.last().map(|cut| cut.version) else { return Err(overflow()) };
    let mut counted: Vec<Counted> = Vec::new();
    for cut in &cuts {
        let of_part = due.needed(asked.rules, cut.version, stands_for.last())?;
        counted.extend(of_part.into_iter().filter(|c| !counted.contains(c)).collect::<Vec<_>>());
    }
    if let Some(missing) = counted.iter().find(|c| segments.iter().all(|s| s.name != c.register)) {
        let facts = Facts { register: Some(missing.register.to_string()), ..Facts::default() };
        return Err(NoBill::of(Reason::NoMeter, &facts));
    }
    let label = terms.label.period(asked.rules.season).ok_or_else(overflow)?;
    let tier_year = tier_year(&priced.tariff, label, dates);
    let months = months(stands_for);
    Ok(Metered { asked, segments, firsts, from, to, days, priced, cuts, counted, tier_year, months })
}
