//! Why an agreement that is due gets no bill: a closed list, shown to the clerk, counted by the run.

use std::fmt;
use std::str::FromStr;

use series::unmet::Unmet;

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
    ($($(#[$doc:meta])* $variant:ident $name:literal $outcome:ident $en:literal $zh:literal;)*) => {
        /// Why there is no bill.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($(#[$doc])* $variant,)* }

        impl Reason {
            /// Every reason, in the order of `docs/billing.md`.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in JSON and in the database.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Whether it parks or excludes.
            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$variant => Outcome::$outcome,)* }
            }

            /// For people, in English.
            pub const fn en(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }

            /// For people, in Chinese.
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }
        }

        impl FromStr for Reason {
            type Err = UnknownReason;
            fn from_str(text: &str) -> Result<Self, UnknownReason> {
                match text { $($name => Ok(Self::$variant),)* _ => Err(UnknownReason(text.to_owned())) }
            }
        }
    };
}

reasons! {
    /// No reading meets the boundary.
    NoReading "no_reading" Parked "no reading meets the end of the period" "期末无可用抄见";
    /// No reading where the agreement begins on a meter that somebody had before.
    NoOpening "no_opening" Parked "no reading where the agreement begins" "起始日无抄见";
    /// A meter was taken out and nobody wrote down its index.
    NoClosing "no_closing" Parked "no closing index of the meter taken out" "拆表无止码";
    /// Two values for the reading at a boundary, and nobody has decided.
    Conflict "conflict" Parked "the boundary reading is in conflict" "边界抄见有冲突未裁定";
    /// The tariff needs a quantity that no meter of the agreement counts.
    NoMeter "no_meter" Parked "no meter counts what the tariff needs" "无计量表具";
    /// No tariff is named, or none of that name is in force.
    NoTariff "no_tariff" Parked "no tariff in force" "无有效价格";
    /// The price changes inside the period, and the tariff does not say how to part it.
    PriceChange "price_change" Parked "the price changes inside the period" "期内价格变更";
    /// The index runs backwards and did not roll over.
    NegativeUsage "negative_usage" Parked "the index runs backwards" "止码小于起码";
    /// The index has more digits than its register.
    DigitsOverflow "digits_overflow" Parked "the index has more digits than the register" "读数超出表位数";
    /// The tariff cannot be applied to these facts.
    Rating "rating" Parked "the tariff cannot be applied" "无法按价格计费";
    /// The tier year ends inside the period, and the tariff counts by service date.
    TierYear "tier_year" Parked "the tier year ends inside the period" "期内跨阶梯年度";
    /// A bill of another run is waiting for review.
    OpenRun "open_run" Parked "a bill of another run waits for review" "另一批次账单待审核";
    /// A number does not fit.
    Overflow "overflow" Parked "a number does not fit" "数值溢出";
    /// Billed to the end of the period, or under this label.
    AlreadyBilled "already_billed" Excluded "already billed" "已开账";
    /// Ended, and billed to its end.
    Ended "ended" Excluded "ended and billed to its end" "已销户结清";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A reason's text that is not in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownReason(String);

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown reason {:?}", self.0)
    }
}

impl std::error::Error for UnknownReason {}

/// No bill: why, with the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoBill {
    /// Why.
    pub reason: Reason,
    /// Which meter, which value: what the clerk needs to mend it.
    pub detail: String,
}

impl NoBill {
    /// With its detail.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

impl fmt::Display for NoBill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.detail.as_str() {
            "" => f.write_str(self.reason.name()),
            detail => write!(f, "{}: {detail}", self.reason),
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
            Unmet::NoMeter(_) => Reason::NoMeter,
            Unmet::NegativeUsage { .. } => Reason::NegativeUsage,
            Unmet::DigitsOverflow(..) => Reason::DigitsOverflow,
            Unmet::HandedOverUnfit(..) | Unmet::OutOfRange(_) => Reason::Overflow,
            Unmet::AlreadyBilled => Reason::AlreadyBilled,
        };
        Self::new(reason, why.to_string())
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
            assert!(!reason.zh().is_empty() && !reason.en().is_empty());
        }
    }
}
