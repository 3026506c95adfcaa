//! Why an agreement that is due gets no bill: a closed list, shown to the clerk, counted by the run.

mod facts;

use std::fmt;

use series::unmet::Unmet;

pub use facts::Facts;

metering::closed_list! {
    /// What becomes of an agreement that is due and not billed.
    pub enum Outcome: "outcome" {
        /// Someone must look at it; the same run again bills it once it is mended.
        Parked = "parked",
        /// There is nothing to bill.
        Excluded = "excluded",
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident $name:literal $outcome:ident;)*) => {
        metering::closed_list! {
            /// Why there is no bill, in the order of `docs/billing.md`.
            pub enum Reason: "reason" { $($(#[$doc])* $variant = $name,)* }
        }

        impl Reason {
            /// Whether it parks or excludes.
            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$variant => Outcome::$outcome,)* }
            }
        }
    };
}

reasons! {
    /// No reading meets the boundary.
    NoReading "no_reading" Parked;
    /// No reading where the agreement begins on a meter that somebody had before.
    NoOpening "no_opening" Parked;
    /// A meter was taken out and nobody wrote down its index.
    NoClosing "no_closing" Parked;
    /// Two values for the reading at a boundary, and nobody has decided.
    Conflict "conflict" Parked;
    /// The tariff needs a quantity that no meter of the agreement counts.
    NoMeter "no_meter" Parked;
    /// No tariff is named, or none of that name is in force.
    NoTariff "no_tariff" Parked;
    /// The price changes inside the period, and the tariff does not say how to part it.
    PriceChange "price_change" Parked;
    /// The index runs backwards and did not roll over.
    NegativeUsage "negative_usage" Parked;
    /// The index has more digits than its register.
    DigitsOverflow "digits_overflow" Parked;
    /// The tariff cannot be applied to these facts.
    Rating "rating" Parked;
    /// The tier year ends inside the period, and the tariff counts by service date.
    TierYear "tier_year" Parked;
    /// A bill of another run is waiting for review.
    OpenRun "open_run" Parked;
    /// A number does not fit.
    Overflow "overflow" Parked;
    /// Billed to the end of the period, or under this label.
    AlreadyBilled "already_billed" Excluded;
    /// Ended, and billed to its end.
    Ended "ended" Excluded;
}

/// No bill: why, with the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoBill {
    /// Why.
    pub reason: Reason,
    /// What the clerk needs to mend it: [`Facts`] as JSON, or words.
    pub detail: String,
}

impl NoBill {
    /// With its facts.
    pub fn of(reason: Reason, facts: &Facts) -> Self {
        Self { reason, detail: facts.to_json() }
    }

    /// With words.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

impl fmt::Display for NoBill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.detail.as_str(), Facts::parse(&self.detail)) {
            ("", _) => f.write_str(self.reason.name()),
            (_, Some(facts)) => write!(f, "{}: {facts}", self.reason),
            (words, None) => write!(f, "{}: {words}", self.reason),
        }
    }
}

impl std::error::Error for NoBill {}

impl From<Unmet> for NoBill {
    fn from(why: Unmet) -> Self {
        let reason = match &why {
            Unmet::NoReading(..) => Reason::NoReading,
            Unmet::NoOpening(..) => Reason::NoOpening,
            Unmet::NoClosing(..) => Reason::NoClosing,
            Unmet::Conflict(..) => Reason::Conflict,
            Unmet::NoMeter(_) | Unmet::Momentary(_) => Reason::NoMeter,
            Unmet::NegativeUsage { .. } => Reason::NegativeUsage,
            Unmet::DigitsOverflow(..) => Reason::DigitsOverflow,
            Unmet::HandedOverUnfit(..) | Unmet::OutOfRange(_) => Reason::Overflow,
            Unmet::AlreadyBilled => Reason::AlreadyBilled,
        };
        match facts::of(&why) {
            Some(facts) => Self::of(reason, &facts),
            None => Self::new(reason, why.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_table_is_the_list() {
        let document = include_str!("../../docs/billing.md");
        let row = |reason: &Reason| format!("| `{}` | {} |", reason.name(), reason.outcome().name());
        let told: Vec<&str> =
            document.lines().filter(|l| l.contains("` | parked |") || l.contains("` | excluded |")).collect();
        assert_eq!(told.len(), Reason::ALL.len());
        for (line, reason) in told.iter().zip(Reason::ALL) {
            assert!(line.starts_with(&row(reason)), "{line}");
        }
    }

    #[test]
    fn reasons_read_back() {
        for reason in Reason::ALL {
            assert_eq!(reason.name().parse(), Ok(*reason));
        }
    }
}
