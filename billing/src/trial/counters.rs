//! Tier counters of an agreement before a bill: what issued bills moved them by, and what the old system handed over.

use std::collections::{BTreeSet, HashMap};

use rust_decimal::Decimal;

use super::Metered;
use crate::pricing::Version;
use crate::rating::Need;
use crate::reason::{NoBill, Reason};
use crate::tariff::Tariff;

/// Whose counters must be looked up, and of which tier years.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CounterQuestion {
    /// The agreements whose tariffs count.
    pub agreements: Vec<i32>,
    /// Their tier years.
    pub years: Vec<i16>,
}

/// What is known of tier counters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// What issued bills have moved them by: agreement, counter, tier year.
    pub moved: HashMap<(i32, String, i16), Decimal>,
    /// What the old system handed over for an agreement and tier year, by the reference it came with.
    pub opened: HashMap<(i32, i16), Vec<(String, Decimal)>>,
}

/// The counters that the second look-up must find.
pub fn counters(met: &[Metered<'_, '_>]) -> CounterQuestion {
    let counts = |met: &&Metered<'_, '_>| met.needs().any(|need| matches!(need, Need::Counter(_)));
    let agreements = met.iter().filter(counts).map(|met| met.asked.due.agreement).collect();
    let years: BTreeSet<i16> = met.iter().filter(counts).map(|met| met.tier_year).collect();
    CounterQuestion { agreements, years: years.into_iter().collect() }
}

impl Counters {
    /// What issued bills have moved a counter by.
    pub fn moved_by(&self, agreement: i32, counter: &str, year: i16) -> Decimal {
        self.moved.get(&(agreement, counter.to_owned(), year)).copied().unwrap_or_default()
    }

    /// Where a counter of an agreement stands: what issued bills moved it by, and what the old system handed over for it.
    /// `None` beyond 96 bits.
    pub fn prior(&self, tariff: &Tariff, agreement: i32, counter: &str, year: i16) -> Option<Decimal> {
        let moved = self.moved_by(agreement, counter, year);
        let opened = self.opened.get(&(agreement, year)).into_iter().flatten();
        opened
            .filter(|(reference, _)| tariff.counter(reference) == Some(counter))
            .try_fold(moved, |sum, (_, amount)| sum.checked_add(*amount))
    }

    /// What the old system handed over must be a counter of the tariff: else it would be billed as if it were nothing.
    pub(super) fn opened_are_known(&self, priced: &Version, agreement: i32, year: i16) -> Result<(), NoBill> {
        let mut opened = self.opened.get(&(agreement, year)).into_iter().flatten();
        match opened.find(|(reference, _)| priced.tariff.counter(reference).is_none()) {
            None => Ok(()),
            Some((reference, amount)) => {
                let known: Vec<&str> = priced.tariff.counters().collect();
                let detail = format!(
                    "the opening of tier counter {reference:?} ({}) is of no counter of {}, which counts {}",
                    amount.normalize(),
                    priced.code,
                    if known.is_empty() { "none".to_owned() } else { known.join(", ") },
                );
                Err(NoBill::new(Reason::Rating, detail))
            }
        }
    }
}
