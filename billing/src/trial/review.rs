//! What wants a person's eye before a bill is approved.

use std::collections::BTreeSet;

use metering::Quality;
use rust_decimal::Decimal;
use series::rule::{self, Review};

use super::Metered;
use crate::inputs::Inputs;

pub(super) fn review(met: &Metered<'_, '_>, inputs: &Inputs) -> BTreeSet<Review> {
    let mut found = BTreeSet::new();
    if met.segments.iter().any(|s| s.rollover.is_some()) {
        found.insert(Review::Rollover);
    }
    let is_estimate = |quality| quality == Quality::Estimated;
    if met.segments.iter().any(|s| is_estimate(s.open.quality) || is_estimate(s.close.quality)) {
        found.insert(Review::Estimated);
    }
    let Some(main) = met.counted.first() else { return found };
    let of_main = || met.segments.iter().filter(|s| s.name == main.register);
    let usage = of_main().try_fold(Decimal::ZERO, |sum, s| sum.checked_add(s.usage(inputs.index_step)?));
    let daily = of_main().filter_map(|s| {
        let billed = met.asked.due.billed.iter();
        let mut billed = billed.filter(|b| b.installation == s.installation && b.register == s.register);
        billed.next()?.daily?.checked_mul(s.multiplier)
    });
    let daily = daily.reduce(|a, b| a.checked_add(b).unwrap_or(a));
    if let Some(usage) = usage {
        found.extend(rule::compare(usage, inputs.days, daily, met.asked.rules.review_floor));
    }
    found
}
