//! How often a book is billed, and for which days a label bills it.

use jiff::ToSpan;

use crate::label::{Label, Season};
use metering::CivilPeriod;

metering::closed_list! {
    /// The cycle of a book.
    pub enum Cycle: "cycle" {
        /// Each month.
        Monthly = "monthly",
        /// In January, March, …: for the two months that end there.
        BimonthlyOdd = "bimonthly-odd",
        /// In February, April, …: for the two months that end there.
        BimonthlyEven = "bimonthly-even",
        /// In March, June, September, December.
        Quarterly = "quarterly",
        /// Once a heating season.
        Season = "season",
    }
}

impl Cycle {
    /// The days for which a book of this cycle is due under a label; `None` when it is not due.
    /// Under days that are named one by one (`FROM..TO`) every book is due.
    pub fn due(self, label: Label, season: Season) -> Option<CivilPeriod> {
        let named = label.period(season)?;
        let month = match label {
            Label::Range(_) => return Some(named),
            Label::Season(_) => return (self == Self::Season).then_some(named),
            Label::Month(first) => first.month(),
        };
        let months = match self {
            Self::Monthly => 1,
            Self::BimonthlyOdd if month.rem_euclid(2) == 1 => 2,
            Self::BimonthlyEven if month.rem_euclid(2) == 0 => 2,
            Self::Quarterly if month.rem_euclid(3) == 0 => 3,
            _ => return None,
        };
        CivilPeriod::new(named.to().checked_sub(months.months()).ok()?, named.to())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The days due, as text; `-` when not due.
    fn due(cycle: &str, label: &str) -> String {
        let (cycle, label): (Cycle, Label) = (cycle.parse().unwrap(), label.parse().unwrap());
        cycle.due(label, Season::default()).map_or("-".into(), |p| format!("{}..{}", p.from(), p.to()))
    }

    #[test]
    fn a_book_is_due_by_its_cycle() {
        for (cycle, label, expected) in [
            ("monthly", "2026-10", "2026-10-01..2026-11-01"),
            ("bimonthly-even", "2026-10", "2026-09-01..2026-11-01"),
            ("bimonthly-even", "2026-09", "-"),
            ("bimonthly-odd", "2027-01", "2026-12-01..2027-02-01"),
            ("bimonthly-odd", "2026-10", "-"),
            ("quarterly", "2026-12", "2026-10-01..2027-01-01"),
            ("quarterly", "2026-11", "-"),
            ("season", "2026-11", "-"),
            ("season", "season:2025-26", "2025-11-15..2026-03-16"),
            ("monthly", "season:2025-26", "-"),
            ("season", "2026-01-01..2026-01-10", "2026-01-01..2026-01-10"),
        ] {
            assert_eq!(due(cycle, label), expected, "{cycle} {label}");
        }
    }

    #[test]
    fn each_month_of_a_year_is_billed_once() {
        for cycle in ["monthly", "bimonthly-odd", "bimonthly-even", "quarterly"] {
            let mut billed: Vec<String> =
                (1..=12).map(|m| due(cycle, &format!("2026-{m:02}"))).filter(|d| d != "-").collect();
            billed.dedup();
            for pair in billed.windows(2) {
                assert_eq!(pair[0].split("..").nth(1), pair[1].split("..").next(), "{cycle}");
            }
        }
    }
}
