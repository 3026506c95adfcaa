//! `discount` (优惠): a rate of named lines, an amount, or so much for each unit up to a limit; only where a fact holds.
//!
//! line = -`rate` x (sum of the lines `of`), or -`amount`, or -min(`qty`, `limit` x `limit_scale`) x `per_unit`
//!
//! ```
//! # use billing::tariff::worked;
//! let water = r#"[{"type": "unit", "code": "water", "qty": "m3", "price": "3.50"},
//!     {"type": "discount", "code": "low_income", "if_attr": "low_income", "rate": "0.20", "of": ["water"]}]"#;
//! assert_eq!(worked(water, r#"{"attrs": {"low_income": "1"}, "qty": {"m3": "10"}}"#)[1],
//!     "low_income 35 x -0.20 = -7.00");
//! assert_eq!(worked(water, r#"{"qty": {"m3": "10"}}"#).len(), 1);
//! ```

use super::reduction::Reduction;
use crate::rating::{Run, Trouble};
use crate::tariff::{Compiler, Fields, Key, Refused, Step};

pub(crate) const MEANING: &str =
    "a rate of named lines, an amount, or so much a unit, taken off where a fact holds";

/// Those of `reduction`.
pub(crate) const KEYS: &[Key] = super::reduction::KEYS;

#[derive(Debug)]
pub(crate) struct Discount(pub(crate) Reduction);

impl Discount {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        Reduction::read(fields, compiler).map(Self)
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        self.0.rate(step, run)
    }
}

#[cfg(test)]
mod tests {
    use crate::tariff::worked;

    #[test]
    fn each_form_takes_off_its_own() {
        let told = |keys: &str, input: &str| {
            worked(&format!(r#"{{"type": "discount", "code": "d", {keys}}}"#), input).join(", ")
        };
        assert_eq!(told(r#""amount": "5""#, "{}"), "d 1 x -5 = -5.00");
        assert_eq!(
            told(r#""per_unit": "0.5", "qty": "m3""#, r#"{"qty": {"m3": "7"}}"#),
            "d 7 m3 x -0.5 = -3.50"
        );
        let limited = r#""per_unit": "0.5", "qty": "m3", "limit": "3", "limit_scale": "persons""#;
        let home = |m3| format!(r#"{{"qty": {{"m3": "{m3}"}}, "attrs": {{"persons": "2"}}}}"#);
        assert_eq!(told(limited, &home("7")), "d 6 m3 x -0.5 = -3.00");
        // A correction takes back what was taken off.
        assert_eq!(told(limited, &home("-7")), "d -7 m3 x -0.5 = 3.50");
    }

    #[test]
    fn a_fact_that_says_no_takes_nothing_off() {
        let low = r#"{"type": "discount", "code": "d", "amount": "5", "if_attr": "low_income"}"#;
        for (fact, lines) in [("1", 1), ("yes", 1), ("0", 0), ("no", 0), ("否", 0)] {
            let input = format!(r#"{{"attrs": {{"low_income": "{fact}"}}}}"#);
            assert_eq!(worked(low, &input).len(), lines, "{fact}");
        }
        assert!(worked(low, "{}").is_empty());
    }
}
