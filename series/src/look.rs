//! What must be looked up so that boundaries are met: questions out, answers in. Who has the readings answers many at once.

use std::collections::HashMap;

use jiff::{Timestamp, ToSpan};
use metering::{MeterId, RegisterId, Zone};

use crate::boundary::{BoundaryPolicy, BoundaryRule};
use crate::index::Index;

/// A boundary that the caller must look up: readings of this register around this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Question {
    /// The meter.
    pub meter: MeterId,
    /// The register.
    pub register: RegisterId,
    /// The instant.
    pub at: Timestamp,
}

/// What the readings say to a [`Question`]: the last usable one at or before, the first usable one after, and
/// whether the one before is in conflict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// At or before the boundary.
    pub before: Option<Index>,
    /// After it.
    pub after: Option<Index>,
    /// Whether somebody must decide first.
    pub in_conflict: bool,
}

/// What was found, by question. A question that is not here found nothing.
pub type Answers = HashMap<Question, Answer>;

/// A stretch in which the greatest reading of a register that holds a maximum must be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MaximumQuestion {
    /// The meter.
    pub meter: MeterId,
    /// The register.
    pub register: RegisterId,
    /// After this: the reading that closed the last bill holds the maximum of that one.
    pub from: Timestamp,
    /// Up to and with this.
    pub to: Timestamp,
}

/// What the readings of a stretch say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaximumAnswer {
    /// The greatest usable one.
    pub greatest: Option<Index>,
    /// Whether somebody must decide first about one of them.
    pub in_conflict: bool,
}

/// What was found, by stretch.
pub type Maxima = HashMap<MaximumQuestion, MaximumAnswer>;

/// Around which instant to look, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The boundary.
    pub at: Timestamp,
    /// Not before this.
    pub earliest: Timestamp,
    /// Before this, where a reading after the boundary is wanted too.
    pub latest: Option<Timestamp>,
    /// Only at one of these, for `freeze`.
    pub only_at: Option<Vec<Timestamp>>,
    /// What was received later does not count.
    pub as_of: Timestamp,
}

impl Look {
    /// For a boundary by its rule. `None` outside the years that can be counted.
    pub fn by(rule: BoundaryRule, at: Timestamp, zone: &Zone, as_of: Timestamp) -> Option<Self> {
        let earliest = rule.earliest(at, zone)?;
        let latest = rule.latest(at, zone).filter(|latest| *latest > at);
        let only_at = (rule.policy == BoundaryPolicy::Freeze).then(|| {
            let midnights = (0..=i64::from(rule.max_age_days))
                .filter_map(|n| zone.start_of(zone.date(at).checked_sub(n.days()).ok()?));
            // The reading at the boundary itself meets it, whether that is a midnight or not.
            midnights.chain([at]).collect()
        });
        Some(Self { at, earliest, latest, only_at, as_of })
    }

    /// For the first reading at an instant or after it.
    pub fn from_on(at: Timestamp, latest: Timestamp, as_of: Timestamp) -> Self {
        Self { at, earliest: at, latest: Some(latest), only_at: None, as_of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freeze_looks_at_midnights_and_at_the_boundary_itself() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let at: Timestamp = "2026-10-31T17:30:00Z".parse().unwrap(); // 01:30 on 1 November
        let rule = BoundaryRule { policy: BoundaryPolicy::Freeze, max_age_days: 1 };
        let look = Look::by(rule, at, &zone, at).unwrap();
        let only: Vec<String> = look.only_at.unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(only, ["2026-10-31T16:00:00Z", "2026-10-30T16:00:00Z", "2026-10-31T17:30:00Z"]);
        assert_eq!((look.earliest.to_string().as_str(), look.latest), ("2026-10-30T16:00:00Z", None));
    }
}
