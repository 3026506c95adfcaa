//! The inputs of a bill, frozen: from these alone it is rated, now and years later.

use std::collections::BTreeMap;

use metering::days_between;
use rust_decimal::Decimal;
use smol_str::{SmolStr, format_smolstr};

use super::{Counters, Metered, Terms};
use crate::determinants;
use crate::inputs::{FrozenPiece, FrozenQuantity, FrozenSegment, Inputs};
use crate::pricing::Cut;
use crate::rating::Need;
use crate::reason::{NoBill, Reason};

/// A fact by month of a tier year; `None` in a month without one.
type ByMonth = BTreeMap<SmolStr, Vec<Option<SmolStr>>>;

pub(super) fn inputs(terms: &Terms, met: &Metered<'_, '_>, counters: &Counters) -> Result<Inputs, NoBill> {
    let due = met.asked.due;
    let last = met.days.last();
    let mut attrs = BTreeMap::new();
    let mut before = BTreeMap::new();
    for need in met.needs() {
        match need {
            Need::Attribute(name)
            | Need::Condition(name)
            | Need::Name(name)
            | Need::Extra { attr: name, .. } => {
                if let Some(value) = due.fact(name, last) {
                    attrs.insert(SmolStr::new(name), value);
                }
            }
            Need::Counter(name) => {
                let state = counters
                    .prior(&met.priced.tariff, due.agreement, name, met.tier_year)
                    .ok_or_else(|| NoBill::new(Reason::Overflow, format!("the counter {name}")))?;
                before.insert(SmolStr::new(name), format_smolstr!("{}", state.normalize()));
            }
            Need::YearPart | Need::YearWhole | Need::Quantity(_) | Need::Days | Need::Months => {}
        }
    }
    let (attr_months, year_part) = of_year(met, met.tier_year);
    Ok(Inputs {
        v: Inputs::VERSION,
        label: format_smolstr!("{}", terms.label),
        from: met.days.from(),
        to: met.days.to(),
        days: days_between(met.days.from(), met.days.to()),
        months: met.months,
        tier_year: met.tier_year,
        tariff: met.priced.id,
        tariff_sha256: met.priced.sha256.clone(),
        pieces: pieces(met),
        index_step: met.asked.rules.index_step,
        segments: met.segments.iter().map(FrozenSegment::from).collect(),
        quantities: met.counted.iter().map(FrozenQuantity::from).collect(),
        attrs,
        attr_months,
        year_part,
        prior: before,
    })
}

/// The parts of the service, where it has more than one. The cuts lie on the days that its readings stand for; the
/// first and the last part reach to the readings themselves.
fn pieces(met: &Metered<'_, '_>) -> Vec<FrozenPiece> {
    let [_, .., _] = met.cuts.as_slice() else { return Vec::new() };
    let last = met.cuts.len().saturating_sub(1);
    let piece = |(n, cut): (usize, &Cut<'_>)| FrozenPiece {
        from: if n == 0 { met.days.from() } else { cut.from },
        to: if n == last { met.days.to() } else { cut.to },
        tariff: cut.version.id,
        tariff_sha256: cut.version.sha256.clone(),
        new_year: cut.new_year,
        first_segment: met.firsts.iter().find(|(from, _)| *from == cut.from).map(|(_, first)| *first),
        attr_months: BTreeMap::new(),
        year_part: None,
    };
    let mut pieces: Vec<FrozenPiece> = met.cuts.iter().enumerate().map(piece).collect();
    // What evidence covers of the year that the bill begins in, it need not cover of the next.
    if let Some(new_year) = pieces.iter().position(|piece| piece.new_year) {
        let (attr_months, year_part) = of_year(met, met.tier_year.saturating_add(1));
        for piece in pieces.iter_mut().skip(new_year) {
            piece.attr_months.clone_from(&attr_months);
            piece.year_part.clone_from(&year_part);
        }
    }
    pieces
}

/// What the tariffs ask of a tier year: facts by month, and the part of it that the agreement has.
fn of_year(met: &Metered<'_, '_>, year: i16) -> (ByMonth, Option<SmolStr>) {
    let due = met.asked.due;
    let text = |n: Decimal| format_smolstr!("{n}");
    let mut attr_months = BTreeMap::new();
    let mut year_part = None;
    for need in met.needs() {
        match need {
            Need::Extra { attr, by_month: true, .. } => {
                let months = determinants::value_by_month(&due.attributes, attr, year);
                attr_months.insert(SmolStr::new(attr), months.into_iter().map(|m| m.map(text)).collect());
            }
            Need::YearPart | Need::YearWhole => year_part = Some(due.part_of_year(year)),
            _ => {}
        }
    }
    (attr_months, year_part)
}
