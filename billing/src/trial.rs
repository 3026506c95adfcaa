//! The trial of many bills at once, in four beats: ask all, look up all, meet all, rate all. Each but the second is a function
//! from values to values; looking up is for the caller, who has a database, a scenario's file or a test's list.
//!
//! ```text
//! ask      which days, which tariff, which registers       -> boundaries(), price_readings(): questions
//! look up  the readings of all boundaries
//! meet     boundaries met, segments, parts of the price    -> maxima(), counters(): questions, looked up as well
//! rate     maxima raised, inputs frozen, lines, total, what a person should look at
//! ```
//!
//! An agreement falls out at the first beat that finds no bill for it, with its reason; the others go on. So
//! due = billed + parked + excluded holds by construction.

mod ask;
mod bill;
mod counters;
mod freeze;
mod meet;
mod part;
mod review;

use std::collections::HashMap;

use jiff::Timestamp;
use metering::{Service, Zone};

pub use ask::{Asked, Lookup, ask, boundaries, price_readings};
pub use bill::{TrialBill, TrialException, rate};
pub use counters::{CounterQuestion, Counters, counters};
pub use meet::{Metered, maxima, meet, raise};

use crate::agreement::{BookTerms, Due};
use crate::label::Label;
use crate::pricing::Version;
use crate::reason::NoBill;
use crate::rules::ServiceRules;

/// What all agreements of a run have in common, as frozen with it.
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
    pub rules: HashMap<Service, ServiceRules>,
    /// The published tariffs.
    pub versions: Vec<Version>,
    /// The books, by code.
    pub books: HashMap<String, BookTerms>,
}

/// A trial's outcome.
#[derive(Debug, Default)]
pub struct Trial {
    /// The bills.
    pub bills: Vec<TrialBill>,
    /// Who gets none.
    pub exceptions: Vec<TrialException>,
}

/// Keeps what came out, and notes why the rest did not.
fn each<T, R>(
    all: impl IntoIterator<Item = T>,
    exceptions: &mut Vec<TrialException>,
    due: impl Fn(&T) -> &Due,
    mut step: impl FnMut(&T) -> Result<R, NoBill>,
) -> Vec<R> {
    let mut found = Vec::new();
    for one in all {
        match step(&one) {
            Ok(made) => found.push(made),
            Err(why) => exceptions.push(TrialException { agreement: due(&one).agreement, why }),
        }
    }
    found
}

#[cfg(test)]
mod tests;
