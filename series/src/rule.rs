//! Rules that look at a usage before it is billed, a file each. Those that refuse are asked when a segment is made
//! ([`crate::segment::Segment::new`]); these only want a person's eye and go on the review list of the run.
//!
//! A new rule is a file `rule/vNN_name.rs` with `hits`, a variant of [`Review`] and a line in [`RULES`].

mod v06_negative_usage;
mod v08_high_usage;
mod v09_low_usage;
mod v10_zero_usage;

use rust_decimal::Decimal;

metering::closed_list! {
    /// A rule that puts a bill on the review list.
    pub enum Review: "review" {
        /// More than twice the usage a day of the last bill.
        HighUsage = "high_usage",
        /// Less than 0.3 of it: a stuck meter, a bypass.
        LowUsage = "low_usage",
        /// Nothing was used, and the bill before had usage.
        ZeroUsage = "zero_usage",
        /// The bill takes back.
        NegativeUsage = "negative_usage",
        /// A register passed its highest index.
        Rollover = "rollover",
        /// A boundary was estimated.
        Estimated = "estimated",
    }
}

/// A usage beside that of the last bill, in units of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Compared {
    /// Negative where the bill takes back.
    usage: Decimal,
    /// What as many days would have used at the last bill's usage a day; `None` without a last bill.
    before: Option<Decimal>,
    /// Below this usage no bill is high, none low.
    floor: Decimal,
}

type Rule = fn(Compared) -> bool;

/// At most one of them hits.
const RULES: &[(Review, Rule)] = &[
    (Review::NegativeUsage, v06_negative_usage::hits),
    (Review::HighUsage, v08_high_usage::hits),
    (Review::LowUsage, v09_low_usage::hits),
    (Review::ZeroUsage, v10_zero_usage::hits),
];

/// What a usage of so many days looks like beside the last bill's usage a day.
pub fn compare(usage: Decimal, days: u32, daily_before: Option<Decimal>, floor: Decimal) -> Option<Review> {
    let before = daily_before.and_then(|daily| daily.checked_mul(Decimal::from(days)));
    let compared = Compared { usage, before, floor };
    RULES.iter().find(|(_, hits)| hits(compared)).map(|(review, _)| *review)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn usage_is_compared_with_the_bill_before() {
        for (usage, before, expected) in [
            ("10", "0.3", None),
            ("25", "0.3", Some(Review::HighUsage)),
            ("0", "0.3", Some(Review::ZeroUsage)),
            ("0", "0", None),
            ("-3", "0.3", Some(Review::NegativeUsage)),
            ("20", "3", Some(Review::LowUsage)),
        ] {
            assert_eq!(compare(d(usage), 30, Some(d(before)), d("20")), expected, "{usage} after {before}");
        }
        assert_eq!(compare(d("1000"), 30, None, d("20")), None);
    }

    proptest! {
        #[test]
        fn at_most_one_rule_hits(usage in -500_i64..5000, before in prop::option::of(-500_i64..5000), floor in 0_i64..50) {
            let compared = Compared {
                usage: Decimal::new(usage, 1),
                before: before.map(|before| Decimal::new(before, 1)),
                floor: Decimal::from(floor),
            };
            prop_assert!(RULES.iter().filter(|(_, hits)| hits(compared)).count() <= 1);
        }
    }
}
