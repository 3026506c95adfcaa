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
