//! Trial bills of a chunk: facts in, bills and exceptions out. Asks the database the same few questions whatever
//! the number of agreements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use billing::cycle::Cycle;
use billing::determinants::{self, Counted, months, nominal};
use billing::inputs::{FrozenPiece, FrozenQuantity, FrozenSegment, Inputs, sha256};
use billing::label::Label;
use billing::pricing::{Cut, Dates, Version, changes_by_reading, cuts, tier_year, version};
use billing::rating::{Need, Rated};
use billing::reason::{NoBill, Reason};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use metering::{CivilPeriod, Quality, Zone, days_between};
use rust_decimal::Decimal;
use series::rule::{self, Review};
use series::segment::Segment;
use series::span::{Question, Span, segments, spans};
use series::unmet::Unmet;
use smol_str::SmolStr;
use store::bills_write::{TrialBill, TrialException, TrialLine};
use store::runs_facts::{self, Answers, BookTerms, Counters, Due, Look};
use store::{SqlError, Transaction};

use crate::bill_change::{self, Changes, Parted};
use crate::bill_counters::{self, prior};
use crate::billing_settings::ServiceRules;

/// What all chunks of a run have in common.
#[derive(Debug)]
pub struct Terms {
    /// The run.
    pub run: i64,
    /// The period's label.
    pub label: Label,
    /// What was recorded after this does not count.
    pub as_of: Timestamp,
    /// The utility's zone.
    pub zone: Zone,
    /// The rules by service.
    pub rules: HashMap<&'static str, ServiceRules>,
    /// The published tariffs.
    pub versions: Vec<Version>,
    /// The books.
    pub books: HashMap<String, BookTerms>,
}

/// A chunk's outcome.
#[derive(Debug, Default)]
pub struct Trial {
    /// The bills.
    pub bills: Vec<TrialBill>,
    /// Who gets none.
    pub exceptions: Vec<TrialException>,
}

/// Bills a chunk of agreements.
pub async fn chunk(change: &Transaction<'_>, terms: &Terms, agreements: &[i32]) -> Result<Trial, SqlError> {
    let all = runs_facts::due(change, agreements, &terms.label.to_string()).await?;
    let mut trial = Trial::default();
    let mut asked = Vec::with_capacity(all.len());
    for due in &all {
        match ask(terms, due) {
            Ok(found) => asked.push(found),
            Err(why) => trial.exceptions.push(TrialException { agreement: due.agreement, why }),
        }
    }
    let answers = look_up(change, terms, &asked).await?;
    let changes =
        bill_change::look_up(change, asked.iter().map(Asked::changes), &terms.zone, terms.as_of).await?;
    let mut met = Vec::with_capacity(asked.len());
    for found in &asked {
        match meet(terms, found, &answers, &changes) {
            Ok(service) => met.push(service),
            Err(why) => trial.exceptions.push(TrialException { agreement: found.due.agreement, why }),
        }
    }
    let counters = counters(change, &met).await?;
    let mut rated = Rated::new();
    for service in &met {
        match bill(terms, service, &counters, &mut rated) {
            Ok(bill) => trial.bills.push(bill),
            Err(why) => trial.exceptions.push(TrialException { agreement: service.asked.due.agreement, why }),
        }
    }
    Ok(trial)
}

/// An agreement, with the registers that its tariff needs and their spans.
struct Asked<'a> {
    due: &'a Due,
    rules: &'a ServiceRules,
    /// The days due, as far as the agreement has them.
    days: CivilPeriod,
    due_days: i16,
    spans: Vec<Span<'a>>,
    /// The days on which a price begins by a reading, and whether it must be on the day itself.
    changes: Vec<(Date, bool)>,
}

impl Asked<'_> {
    fn changes(&self) -> Changes<'_> {
        Changes { spans: &self.spans, days: &self.changes, end: self.days.to() }
    }
}

fn ask<'a>(terms: &'a Terms, due: &'a Due) -> Result<Asked<'a>, NoBill> {
    if let Some(other) = due.waits_in.filter(|other| *other != terms.run) {
        return Err(NoBill::new(Reason::OpenRun, format!("run {other}")));
    }
    if due.has_label {
        return Err(NoBill::new(Reason::AlreadyBilled, terms.label.to_string()));
    }
    let Some(rules) = terms.rules.get(due.service.as_str()) else {
        return Err(NoBill::new(Reason::NoTariff, format!("no rules for {}", due.service)));
    };
    let (days, due_days) = days_due(terms, due, rules)?;
    if let Some(split) = determinants::value_on(&due.attributes, "split", days.last()) {
        return Err(NoBill::new(Reason::Rating, format!("mixed use {split}: a run bills one use class")));
    }
    let named = CivilPeriod::new(days.last(), days.to()).unwrap_or(days);
    let last_day = Dates { service: named, reading: days.last(), bill: terms.zone.date(terms.as_of) };
    let priced = version(&due.attributes, &terms.versions, last_day)?;
    let counted = needed(due, rules, priced, days.last())?;
    let registers: Vec<&str> = counted.iter().map(|c| c.register.as_str()).collect();
    let spans =
        spans(&due.supplied, &registers, &due.billed, due.handed_over, days, &terms.zone).map_err(|why| {
            let ended = why == Unmet::AlreadyBilled && due.to.is_some_and(|to| to <= days.to());
            if ended { NoBill::new(Reason::Ended, "") } else { why.into() }
        })?;
    let opens = spans.iter().map(|span| terms.zone.date(span.opens())).min();
    let since = CivilPeriod::new(opens.map_or(days.from(), |opens| opens.min(days.from())), days.to());
    let served = Dates { service: since.unwrap_or(days), ..last_day };
    let changes = changes_by_reading(&due.attributes, &terms.versions, served)?;
    Ok(Asked { due, rules, days, due_days, spans, changes })
}

/// The days for which an agreement is due: those of its book's cycle, as far as it has supply.
fn days_due(terms: &Terms, due: &Due, rules: &ServiceRules) -> Result<(CivilPeriod, i16), NoBill> {
    let overflow = || NoBill::new(Reason::Overflow, "the days of the period");
    let end = terms.label.period(rules.season).ok_or_else(overflow)?.to();
    let end = due.to.map_or(end, |to| to.min(end));
    let last = end.checked_sub(1.day()).map_err(|_| overflow())?;
    let book =
        determinants::value_on(&due.attributes, "book", last).and_then(|code| terms.books.get(code.as_str()));
    let cycle = book.and_then(|book| book.cycle.parse().ok()).unwrap_or(Cycle::Monthly);
    let days = cycle.due(terms.label, rules.season).ok_or_else(overflow)?;
    let days = CivilPeriod::new(days.from().max(due.from), end).ok_or_else(overflow)?;
    Ok((days, book.map_or(rules.due_days, |book| book.due_days)))
}

/// The quantities that a version needs of this agreement.
fn needed(due: &Due, rules: &ServiceRules, priced: &Version, day: Date) -> Result<Vec<Counted>, NoBill> {
    rules.quantities.needed(priced.tariff.needs(), |name| fact(due, name, day).is_some())
}

/// Facts that tariffs know by a shorter name.
const ALIASES: &[(&str, &str)] = &[("area_m2", "heated_area_m2"), ("kw", "contract_kw")];

/// A fact on a day, by its own name or by the one that tariffs use; the size of a meter is the master data's.
fn fact(due: &Due, name: &str, day: Date) -> Option<SmolStr> {
    let known = |name: &str| determinants::value_on(&due.attributes, name, day).cloned();
    known(name).or_else(|| {
        let alias = ALIASES.iter().find(|(short, _)| *short == name);
        alias.and_then(|(_, long)| known(long)).or_else(|| match name {
            "meter_size" | "size_mm" => {
                let sizes =
                    due.supplied.iter().filter(|s| s.fitting.to.is_none()).filter_map(|s| s.fitting.size_mm);
                sizes.max().map(|mm| smol_str::format_smolstr!("{mm}"))
            }
            _ => None,
        })
    })
}

/// Looks up all boundaries of the chunk: one query for each instant and policy.
async fn look_up(change: &Transaction<'_>, terms: &Terms, asked: &[Asked<'_>]) -> Result<Answers, SqlError> {
    let mut by_look: BTreeMap<(Timestamp, &str), (&ServiceRules, BTreeSet<Question>)> = BTreeMap::new();
    for found in asked {
        for question in found.spans.iter().flat_map(Span::questions) {
            let key = (question.at, found.due.service.as_str());
            by_look.entry(key).or_insert_with(|| (found.rules, BTreeSet::new())).1.insert(question);
        }
    }
    let mut answers = HashMap::new();
    for ((at, _), (rules, questions)) in by_look {
        let Some(look) = look(terms, rules, at) else { continue };
        let questions: Vec<Question> = questions.into_iter().collect();
        runs_facts::answers(change, &look, &questions, &mut answers).await?;
    }
    Ok(answers)
}

fn look(terms: &Terms, rules: &ServiceRules, at: Timestamp) -> Option<Look> {
    use series::boundary::BoundaryPolicy;
    let earliest = rules.boundary.earliest(at, &terms.zone)?;
    let latest = rules.boundary.latest(at, &terms.zone).filter(|latest| *latest > at);
    let only_at = (rules.boundary.policy == BoundaryPolicy::Freeze).then(|| {
        let midnights = (0..=i64::from(rules.boundary.max_age_days))
            .filter_map(|n| terms.zone.start_of(terms.zone.date(at).checked_sub(n.days()).ok()?));
        // The reading at the boundary itself meets it, whether that is a midnight or not.
        midnights.chain([at]).collect()
    });
    Some(Look { at, earliest, latest, only_at, as_of: terms.as_of })
}

/// An agreement with what was read, before it is priced.
struct Service<'a, 'q> {
    asked: &'q Asked<'a>,
    segments: Vec<Segment>,
    /// Where readings part the usage: a part's first segment, by the part's first day.
    firsts: Vec<(Date, usize)>,
    from: Timestamp,
    to: Timestamp,
    days: CivilPeriod,
    /// The version of the last part.
    priced: &'a Version,
    /// The parts that price or tier year cut.
    cuts: Vec<Cut<'a>>,
    counted: Vec<Counted>,
    tier_year: i16,
    months: u32,
}

impl Service<'_, '_> {
    /// What the versions of all parts ask for.
    fn needs(&self) -> impl Iterator<Item = &Need> {
        self.cuts.iter().flat_map(|cut| cut.version.tariff.needs())
    }
}

fn meet<'a, 'q>(
    terms: &'a Terms,
    asked: &'q Asked<'a>,
    answers: &Answers,
    changes: &Answers,
) -> Result<Service<'a, 'q>, NoBill> {
    let due = asked.due;
    let overflow = || NoBill::new(Reason::Overflow, "the days of the service");
    let answer = |question| answers.get(&question).copied().unwrap_or_default();
    let segments = segments(&asked.spans, asked.rules.boundary, &terms.zone, answer)?;
    let ends = segments.iter().map(|s| s.open.at).min().zip(segments.iter().map(|s| s.close.at).max());
    let (from, to) = match ends {
        Some(ends) => ends,
        None => unmetered(terms, asked)?,
    };
    let (first, end) = (terms.zone.date(from), terms.zone.date(to));
    let days =
        CivilPeriod::new(first, end).or_else(|| CivilPeriod::new(first, first.checked_add(1.day()).ok()?));
    let days = days.ok_or_else(overflow)?;
    let stands_for = nominal(days, asked.days, asked.rules.boundary.max_age_days);
    let dates = Dates { service: stands_for, reading: end, bill: terms.zone.date(terms.as_of) };
    let readings = bill_change::readings(&asked.changes(), changes, &terms.zone)?;
    let read_on = |day| bill_change::read_on(&readings, day, &terms.zone);
    let cuts = cuts(&due.attributes, &terms.versions, dates, read_on)?;
    let begins = cuts.iter().skip(1).map(|cut| cut.from);
    let Parted { segments, firsts } =
        bill_change::part(segments, begins, &readings, &asked.spans, &terms.zone)?;
    let Some(priced) = cuts.last().map(|cut| cut.version) else { return Err(overflow()) };
    let mut counted: Vec<Counted> = Vec::new();
    for cut in &cuts {
        let of_part = needed(due, asked.rules, cut.version, stands_for.last())?;
        counted.extend(of_part.into_iter().filter(|c| !counted.contains(c)).collect::<Vec<_>>());
    }
    if let Some(missing) = counted.iter().find(|c| segments.iter().all(|s| s.name != c.register)) {
        return Err(NoBill::new(Reason::NoMeter, format!("nothing was read of {}", missing.register)));
    }
    let label = terms.label.period(asked.rules.season).ok_or_else(overflow)?;
    let tier_year = tier_year(&priced.tariff, label, dates);
    let months = months(stands_for);
    Ok(Service { asked, segments, firsts, from, to, days, priced, cuts, counted, tier_year, months })
}

/// The instants of a service that no meter counts: the days due, from where the last bill ended.
fn unmetered(terms: &Terms, asked: &Asked<'_>) -> Result<(Timestamp, Timestamp), NoBill> {
    let start_of =
        |date| terms.zone.start_of(date).ok_or_else(|| NoBill::new(Reason::Overflow, "the days due"));
    let (from, to) = (start_of(asked.days.from())?, start_of(asked.days.to())?);
    let from = asked.due.billed_to.map_or(from, |billed| billed.max(from));
    if from < to { Ok((from, to)) } else { Err(NoBill::new(Reason::AlreadyBilled, "")) }
}

/// The counters of all agreements whose tariffs count.
async fn counters(change: &Transaction<'_>, met: &[Service<'_, '_>]) -> Result<Counters, SqlError> {
    let counts = |s: &&Service<'_, '_>| s.needs().any(|need| matches!(need, Need::Counter(_)));
    let agreements: Vec<i32> = met.iter().filter(counts).map(|s| s.asked.due.agreement).collect();
    if agreements.is_empty() {
        return Ok(Counters::default());
    }
    let years: BTreeSet<i16> = met.iter().filter(counts).map(|s| s.tier_year).collect();
    runs_facts::counters(change, &agreements, &years.into_iter().collect::<Vec<_>>()).await
}

fn bill<'a>(
    terms: &Terms,
    service: &Service<'a, '_>,
    counters: &Counters,
    rated: &mut Rated<'a>,
) -> Result<TrialBill, NoBill> {
    let due = service.asked.due;
    bill_counters::opened_are_known(counters, service.priced, due.agreement, service.tier_year)?;
    let inputs = inputs(terms, service, counters);
    let overflow = || NoBill::new(Reason::Overflow, "the bill");
    let mut lines = Vec::new();
    let mut total = Decimal::ZERO;
    let mut moves: Vec<(SmolStr, i16, Decimal, Decimal)> = Vec::new();
    let mut take = |rated: &Rated<'_>, tier_year: i16| -> Option<()> {
        lines.extend(rated.lines.iter().map(line));
        total = total.checked_add(rated.total)?;
        for moved in &rated.counters {
            let by = moved.to.checked_sub(moved.from)?;
            match moves.iter_mut().find(|(name, year, ..)| name == moved.counter && *year == tier_year) {
                Some((.., sum)) => *sum = sum.checked_add(by)?,
                None => moves.push((moved.counter.into(), tier_year, moved.from, by)),
            }
        }
        Some(())
    };
    if inputs.pieces.is_empty() {
        inputs.rate_into(&service.segments, &service.priced.tariff, rated)?;
        take(rated, service.tier_year).ok_or_else(overflow)?;
    } else {
        let find = |id| service.cuts.iter().map(|cut| cut.version).find(|version| version.id == id);
        for part in inputs.rate(|id| find(id).map(|version| &version.tariff))? {
            take(&part.rated, part.tier_year).ok_or_else(overflow)?;
        }
    }
    let text = inputs.to_text().map_err(|_| overflow())?;
    Ok(TrialBill {
        agreement: due.agreement,
        account: due.account,
        company: due.company,
        currency: service.priced.tariff.currency.as_deref().unwrap_or(&due.currency).to_owned(),
        from: service.from,
        to: service.to,
        tariff: service.priced.id,
        total,
        due_days: service.asked.due_days,
        review: review(service, &inputs).into_iter().map(Review::name).collect::<Vec<_>>().join(","),
        sha256: sha256(&text),
        inputs: text,
        lines,
        segments: service.segments.clone(),
        counters: moves,
    })
}

/// A rated line as it is stored and printed.
pub fn line(line: &billing::rating::Line<'_>) -> TrialLine {
    TrialLine {
        code: line.code.into(),
        qty: line.qty.normalize(),
        unit: line.unit().unwrap_or_default().into(),
        price: line.price,
        amount: line.amount,
        payee: line.payee().map(SmolStr::from),
        payer: line.payer().map(SmolStr::from),
    }
}

fn inputs(terms: &Terms, service: &Service<'_, '_>, counters: &Counters) -> Inputs {
    let due = service.asked.due;
    let last = service.days.last();
    let mut attrs = BTreeMap::new();
    let mut before = BTreeMap::new();
    for need in service.needs() {
        match need {
            Need::Attribute(name)
            | Need::Condition(name)
            | Need::Name(name)
            | Need::Extra { attr: name, .. } => {
                if let Some(value) = fact(due, name, last) {
                    attrs.insert(SmolStr::new(name), value);
                }
            }
            Need::Counter(name) => {
                let state = prior(counters, &service.priced.tariff, due.agreement, name, service.tier_year);
                before.insert(SmolStr::new(name), smol_str::format_smolstr!("{}", state.normalize()));
            }
            Need::YearPart | Need::YearWhole | Need::Quantity(_) | Need::Days | Need::Months => {}
        }
    }
    let (attr_months, year_part) = of_year(service, service.tier_year);
    Inputs {
        v: Inputs::VERSION,
        label: smol_str::format_smolstr!("{}", terms.label),
        from: service.days.from(),
        to: service.days.to(),
        days: days_between(service.days.from(), service.days.to()),
        months: service.months,
        tier_year: service.tier_year,
        tariff: service.priced.id,
        tariff_sha256: service.priced.sha256.clone(),
        pieces: pieces(service),
        index_step: service.asked.rules.index_step,
        segments: service.segments.iter().map(FrozenSegment::from).collect(),
        quantities: service.counted.iter().map(FrozenQuantity::from).collect(),
        attrs,
        attr_months,
        year_part,
        prior: before,
    }
}

/// The parts of the service, where it has more than one. The cuts lie on the days that its readings stand for; the
/// first and the last part reach to the readings themselves.
fn pieces(service: &Service<'_, '_>) -> Vec<FrozenPiece> {
    let [_, .., _] = service.cuts.as_slice() else { return Vec::new() };
    let last = service.cuts.len() - 1;
    let piece = |(n, cut): (usize, &Cut<'_>)| FrozenPiece {
        from: if n == 0 { service.days.from() } else { cut.from },
        to: if n == last { service.days.to() } else { cut.to },
        tariff: cut.version.id,
        tariff_sha256: cut.version.sha256.clone(),
        new_year: cut.new_year,
        first_segment: service.firsts.iter().find(|(from, _)| *from == cut.from).map(|(_, first)| *first),
        attr_months: BTreeMap::new(),
        year_part: None,
    };
    let mut pieces: Vec<FrozenPiece> = service.cuts.iter().enumerate().map(piece).collect();
    // What evidence covers of the year that the bill begins in, it need not cover of the next.
    if let Some(new_year) = pieces.iter().position(|piece| piece.new_year) {
        let (attr_months, year_part) = of_year(service, service.tier_year.saturating_add(1));
        for piece in pieces.iter_mut().skip(new_year) {
            piece.attr_months.clone_from(&attr_months);
            piece.year_part.clone_from(&year_part);
        }
    }
    pieces
}

/// What the tariffs ask of a tier year: facts by month, and the part of it that the agreement has.
fn of_year(
    service: &Service<'_, '_>,
    year: i16,
) -> (BTreeMap<SmolStr, Vec<Option<SmolStr>>>, Option<SmolStr>) {
    let due = service.asked.due;
    let text = |n: Decimal| smol_str::format_smolstr!("{n}");
    let mut attr_months = BTreeMap::new();
    let mut year_part = None;
    for need in service.needs() {
        match need {
            Need::Extra { attr, by_month: true, .. } => {
                let months = determinants::value_by_month(&due.attributes, attr, year);
                attr_months.insert(SmolStr::new(attr), months.into_iter().map(|m| m.map(text)).collect());
            }
            Need::YearPart | Need::YearWhole => year_part = Some(part_of_year(due, year)),
            _ => {}
        }
    }
    (attr_months, year_part)
}

/// The months of the tier year that the agreement has: the month of its beginning counts.
fn part_of_year(due: &Due, year: i16) -> SmolStr {
    let months = if due.from.year() == year { 13 - i32::from(due.from.month()) } else { 12 };
    smol_str::format_smolstr!("{months}/12")
}

/// What wants a person's eye before this bill is approved.
fn review(service: &Service<'_, '_>, inputs: &Inputs) -> BTreeSet<Review> {
    let mut found = BTreeSet::new();
    if service.segments.iter().any(|s| s.rollover) {
        found.insert(Review::Rollover);
    }
    let is_estimate = |quality| quality == Quality::Estimated;
    if service.segments.iter().any(|s| is_estimate(s.open.quality) || is_estimate(s.close.quality)) {
        found.insert(Review::Estimated);
    }
    let Some(main) = service.counted.first() else { return found };
    let of_main = || service.segments.iter().filter(|s| s.name == main.register);
    let usage = of_main().try_fold(Decimal::ZERO, |sum, s| sum.checked_add(s.usage(inputs.index_step)?));
    let daily = of_main().filter_map(|s| {
        let billed = service
            .asked
            .due
            .billed
            .iter()
            .find(|b| b.installation == s.installation && b.register == s.register)?;
        billed.daily?.checked_mul(s.multiplier)
    });
    let daily = daily.reduce(|a, b| a.checked_add(b).unwrap_or(a));
    if let Some(usage) = usage {
        found.extend(rule::compare(usage, inputs.days, daily, service.asked.rules.review_floor));
    }
    found
}
