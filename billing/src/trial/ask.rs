//! First beat: which days an agreement is due for, what prices them, which registers of which meters that takes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use metering::CivilPeriod;
use series::look::{Look, Question};
use series::span::{Span, spans};
use series::unmet::Unmet;

use super::{Terms, TrialException, each};
use crate::agreement::Due;
use crate::pricing::{Dates, PriceDay, days_by_reading, version};
use crate::reason::{Facts, NoBill, Reason};
use crate::rules::ServiceRules;

/// An agreement with the registers that its tariff needs, and their spans.
#[derive(Debug)]
pub struct Asked<'a> {
    pub(super) due: &'a Due,
    pub(super) rules: &'a ServiceRules,
    /// The days due, as far as the agreement has them.
    pub(super) days: CivilPeriod,
    pub(super) due_days: i16,
    pub(super) spans: Vec<Span<'a>>,
    /// The days on which a price begins by a reading.
    pub(super) price_days: Vec<PriceDay>,
}

/// Questions that one look answers.
pub type Lookup = (Look, Vec<Question>);

/// What each agreement must be read for.
pub fn ask<'a>(terms: &'a Terms, due: &'a [Due], exceptions: &mut Vec<TrialException>) -> Vec<Asked<'a>> {
    each(due, exceptions, |due| due, |due| asked(terms, due))
}

fn asked<'a>(terms: &'a Terms, due: &'a Due) -> Result<Asked<'a>, NoBill> {
    if let Some(other) = due.waits_in.filter(|other| *other != terms.run) {
        return Err(NoBill::of(Reason::OpenRun, &Facts { run: Some(other.to_string()), ..Facts::default() }));
    }
    if due.has_label {
        return Err(NoBill::of(
            Reason::AlreadyBilled,
            &Facts { period: Some(terms.label.to_string()), ..Facts::default() },
        ));
    }
    let Some(rules) = terms.rules.get(&due.service) else {
        return Err(NoBill::new(Reason::NoTariff, format!("no rules for {}", due.service)));
    };
    let (days, due_days) = due.days(terms.label, rules, |code| terms.books.get(code))?;
    if let Some(split) = due.value("split", days.last()) {
        return Err(NoBill::new(Reason::Rating, format!("mixed use {split}: a run bills one use class")));
    }
    let named = CivilPeriod::new(days.last(), days.to()).unwrap_or(days);
    let last_day = Dates { service: named, reading: days.last(), bill: terms.zone.date(terms.as_of) };
    let priced = version(&due.attributes, &terms.versions, last_day)?;
    let counted = due.needed(rules, priced, days.last())?;
    let registers: Vec<&str> = counted.iter().map(|c| c.register.as_str()).collect();
    let spans = spans(&due.supplied, &registers, &due.billed, due.handed_over, days, &terms.zone);
    let spans = spans.map_err(|why| {
        let ended = why == Unmet::AlreadyBilled && due.to.is_some_and(|to| to <= days.to());
        if ended { NoBill::new(Reason::Ended, "") } else { why.into() }
    })?;
    let opens = spans.iter().map(|span| terms.zone.date(span.opens())).min();
    let since = CivilPeriod::new(opens.map_or(days.from(), |opens| opens.min(days.from())), days.to());
    let served = Dates { service: since.unwrap_or(days), ..last_day };
    let price_days = days_by_reading(&due.attributes, &terms.versions, served)?;
    Ok(Asked { due, rules, days, due_days, spans, price_days })
}

/// What must be looked up for the boundaries of all: one look for each instant and service.
pub fn boundaries(terms: &Terms, asked: &[Asked<'_>]) -> Vec<Lookup> {
    let mut by_look: BTreeMap<(Timestamp, &str), (&ServiceRules, BTreeSet<Question>)> = BTreeMap::new();
    for found in asked {
        for question in found.spans.iter().flat_map(Span::questions) {
            let key = (question.at, found.due.service.name());
            by_look.entry(key).or_insert_with(|| (found.rules, BTreeSet::new())).1.insert(question);
        }
    }
    let lookup = |((at, _), (rules, questions)): (_, (&ServiceRules, BTreeSet<Question>))| {
        let look = Look::by(rules.boundary, at, &terms.zone, terms.as_of)?;
        Some((look, questions.into_iter().collect()))
    };
    by_look.into_iter().filter_map(lookup).collect()
}

/// What must be looked up where a price begins by a reading: the first one of each register from that day on, or on that
/// day. One look for each day. Its answers are apart from those of boundaries: the same instant, another span.
pub fn price_readings(terms: &Terms, asked: &[Asked<'_>]) -> Vec<Lookup> {
    let zone = &terms.zone;
    let mut by_look: BTreeMap<(Timestamp, Timestamp), BTreeSet<Question>> = BTreeMap::new();
    for found in asked {
        for price in &found.price_days {
            let latest = if price.on_the_day { price.day.tomorrow().ok() } else { Some(found.days.to()) };
            let latest = latest.and_then(|day| zone.start_of(day));
            let Some((at, latest)) = zone.start_of(price.day).zip(latest) else { continue };
            let questions = found.spans.iter().filter_map(|span| span.asks_at(at));
            by_look.entry((at, latest)).or_default().extend(questions);
        }
    }
    let look = |(at, latest)| Look::from_on(at, latest, terms.as_of);
    by_look.into_iter().map(|(key, questions)| (look(key), questions.into_iter().collect())).collect()
}
