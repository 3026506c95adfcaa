//! Fourth beat: inputs frozen, lines, total.

use jiff::Timestamp;
use rust_decimal::Decimal;
use series::rule::Review;
use smol_str::SmolStr;

use super::freeze::inputs;
use super::review::review;
use super::{Counters, Metered, Terms, each};
use crate::content::{BilledLine, Content, ContentError, CounterMove, RegisterTime, register_times};
use crate::rating::Rated;
use crate::reason::{NoBill, Reason};

/// A bill before review.
#[derive(Clone, Debug)]
pub struct TrialBill {
    /// For what.
    pub agreement: i32,
    /// Who pays.
    pub account: i32,
    /// Whose income.
    pub company: i32,
    /// In which currency.
    pub currency: String,
    /// The first instant of the service.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// The tariff's version, that of the last part.
    pub tariff: i32,
    /// The sum of the lines.
    pub total: Decimal,
    /// Days from issue to due.
    pub due_days: i16,
    /// What wants a person's eye.
    pub review: Vec<Review>,
    /// The book, area and use class that it counts in; empty where the agreement has none.
    pub book: SmolStr,
    /// The area of the premises, by its code.
    pub area: SmolStr,
    /// The use class on its last day.
    pub use_class: SmolStr,
    /// The frozen inputs.
    pub inputs: String,
    /// Its lines.
    pub lines: Vec<BilledLine>,
    /// The register time that it bills.
    pub registers: Vec<RegisterTime>,
    /// Counters that it moves.
    pub counters: Vec<CounterMove>,
}

/// Who is due and gets no bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialException {
    /// For what.
    pub agreement: i32,
    /// Why, with its outcome.
    pub why: NoBill,
}

/// The bills. `counters` are what was found for [`super::counters`].
pub fn rate(
    terms: &Terms,
    met: &[Metered<'_, '_>],
    counters: &Counters,
    exceptions: &mut Vec<TrialException>,
) -> Vec<TrialBill> {
    let mut rated = Rated::new();
    each(met, exceptions, |met| met.asked.due, |met| bill(terms, met, counters, &mut rated))
}

fn bill<'a>(
    terms: &Terms,
    met: &Metered<'a, '_>,
    counters: &Counters,
    rated: &mut Rated<'a>,
) -> Result<TrialBill, NoBill> {
    let due = met.asked.due;
    counters.opened_are_known(met.priced, due.agreement, met.tier_year)?;
    let inputs = inputs(terms, met, counters)?;
    let overflow = || NoBill::new(Reason::Overflow, "the bill");
    let mut sums = Sums::default();
    if inputs.pieces.is_empty() {
        inputs.rate_into(&met.segments, &met.priced.tariff, rated)?;
        sums.take(rated, met.tier_year).ok_or_else(overflow)?;
    } else {
        let find = |id| met.cuts.iter().map(|cut| cut.version).find(|version| version.id == id);
        for part in inputs.rate(|id| find(id).map(|version| &version.tariff))? {
            sums.take(&part.rated, part.tier_year).ok_or_else(overflow)?;
        }
    }
    for moved in &mut sums.moves {
        moved.stood = counters.moved_by(due.agreement, &moved.counter, moved.tier_year);
    }
    let last_day = met.asked.days.last();
    let fact = |name| due.value(name, last_day).cloned().unwrap_or_default();
    let text = inputs.to_text().map_err(|_| overflow())?;
    Ok(TrialBill {
        agreement: due.agreement,
        account: due.account,
        company: due.company,
        currency: met.priced.tariff.currency.as_deref().unwrap_or(&due.currency).to_owned(),
        from: met.from,
        to: met.to,
        tariff: met.priced.id,
        total: sums.total,
        due_days: met.asked.due_days,
        review: review(met, &inputs).into_iter().collect(),
        book: fact("book"),
        area: due.area.clone(),
        use_class: fact("use_class"),
        inputs: text,
        lines: sums.lines,
        registers: register_times(&met.segments, &due.billed),
        counters: sums.moves,
    })
}

impl TrialBill {
    /// What is kept with the bill, as bytes.
    pub fn content(&self) -> Result<Vec<u8>, ContentError> {
        let content = Content {
            inputs: Some(self.inputs.clone()),
            lines: self.lines.clone(),
            counters: self.counters.clone(),
            registers: self.registers.clone(),
        };
        content.into_bytes()
    }
}

/// What the parts of a bill come to.
#[derive(Default)]
struct Sums {
    lines: Vec<BilledLine>,
    total: Decimal,
    moves: Vec<CounterMove>,
}

impl Sums {
    /// Adds a part. `None` beyond 96 bits.
    fn take(&mut self, rated: &Rated<'_>, tier_year: i16) -> Option<()> {
        self.lines.extend(rated.lines.iter().map(BilledLine::from));
        self.total = self.total.checked_add(rated.total)?;
        for moved in &rated.counters {
            let by = moved.to.checked_sub(moved.from)?;
            let known =
                self.moves.iter_mut().find(|m| m.counter == moved.counter && m.tier_year == tier_year);
            match known {
                Some(known) => known.by = known.by.checked_add(by)?,
                None => self.moves.push(CounterMove {
                    counter: moved.counter.into(),
                    tier_year,
                    stood: Decimal::ZERO,
                    prior: moved.from,
                    by,
                }),
            }
        }
        Some(())
    }
}
