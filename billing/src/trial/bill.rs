//! Fourth beat: inputs frozen, lines, total.

use jiff::Timestamp;
use rust_decimal::Decimal;
use series::rule::Review;
use series::segment::Segment;
use smol_str::SmolStr;

use super::freeze::inputs;
use super::review::review;
use super::{Counters, Metered, Terms, each};
use crate::inputs::sha256;
use crate::rating::{Line, Rated};
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
    /// The frozen inputs.
    pub inputs: String,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// Its lines.
    pub lines: Vec<TrialLine>,
    /// What was read.
    pub segments: Vec<Segment>,
    /// Counters that it moves.
    pub counters: Vec<CounterMove>,
}

/// A line before review.
#[derive(Clone, Debug)]
pub struct TrialLine {
    /// As printed.
    pub code: SmolStr,
    /// How much.
    pub qty: Decimal,
    /// Of what.
    pub unit: SmolStr,
    /// Money per unit.
    pub price: Option<Decimal>,
    /// Rounded.
    pub amount: Decimal,
    /// Whose money it is.
    pub payee: Option<SmolStr>,
    /// Who pays it in the account's place.
    pub payer: Option<SmolStr>,
}

impl From<&Line<'_>> for TrialLine {
    fn from(line: &Line<'_>) -> Self {
        Self {
            code: line.code.into(),
            qty: line.qty.normalize(),
            unit: line.unit().unwrap_or_default().into(),
            price: line.price,
            amount: line.amount,
            payee: line.payee().map(SmolStr::from),
            payer: line.payer().map(SmolStr::from),
        }
    }
}

/// By how much a bill moves a tier counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterMove {
    /// The counter's name.
    pub counter: SmolStr,
    /// Its tier year.
    pub tier_year: i16,
    /// Where it stood before the bill.
    pub prior: Decimal,
    /// Negative where the bill takes back.
    pub by: Decimal,
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
        sha256: sha256(&text),
        inputs: text,
        lines: sums.lines,
        segments: met.segments.clone(),
        counters: sums.moves,
    })
}

/// What the parts of a bill come to.
#[derive(Default)]
struct Sums {
    lines: Vec<TrialLine>,
    total: Decimal,
    moves: Vec<CounterMove>,
}

impl Sums {
    /// Adds a part. `None` beyond 96 bits.
    fn take(&mut self, rated: &Rated<'_>, tier_year: i16) -> Option<()> {
        self.lines.extend(rated.lines.iter().map(TrialLine::from));
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
                    prior: moved.from,
                    by,
                }),
            }
        }
        Some(())
    }
}
