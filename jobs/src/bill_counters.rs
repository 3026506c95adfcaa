//! Tier counters of an agreement before a bill: what issued bills moved them by, and what the old system handed over.

use billing::pricing::Version;
use billing::reason::{NoBill, Reason};
use billing::tariff::Tariff;
use rust_decimal::Decimal;
use store::runs_facts::Counters;

/// Where a counter of an agreement stands: what issued bills moved it by, and what the old system handed over for it.
pub(crate) fn prior(
    counters: &Counters,
    tariff: &Tariff,
    agreement: i32,
    counter: &str,
    year: i16,
) -> Decimal {
    let moved = counters.moved.get(&(agreement, counter.to_owned(), year)).copied().unwrap_or_default();
    let opened = counters.opened.get(&(agreement, year)).into_iter().flatten();
    opened
        .filter(|(reference, _)| tariff.counter(reference) == Some(counter))
        .try_fold(moved, |sum, (_, amount)| sum.checked_add(*amount))
        .unwrap_or(Decimal::MAX)
}

/// What the old system handed over must be a counter of the tariff: else it would be billed as if it were nothing.
pub(crate) fn opened_are_known(
    counters: &Counters,
    priced: &Version,
    agreement: i32,
    year: i16,
) -> Result<(), NoBill> {
    let mut opened = counters.opened.get(&(agreement, year)).into_iter().flatten();
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
