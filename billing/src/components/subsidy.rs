//! `subsidy` (补贴): a discount that somebody else pays: `payer`, whose receivable it is.
//!
//! line = -`rate` x (sum of the lines `of`), or -`amount`, or -min(`qty`, `limit` x `limit_scale`) x `per_unit`
//!
//! Free electricity for the poor: 15 kWh a month, paid by the civil affairs bureau; two months, 40 kWh used.
//!
//! ```
//! # use billing::tariff::worked;
//! let free = r#"{"type": "subsidy", "code": "free_kwh", "payer": "civil_affairs", "if_attr": "low_income",
//!     "per_unit": "0.52", "qty": "kwh", "limit": "15", "limit_scale": "months"}"#;
//! let bill = r#"{"attrs": {"low_income": "1"}, "qty": {"kwh": "40"}, "months": "2"}"#;
//! assert_eq!(worked(free, bill), ["free_kwh 30 kWh x -0.52 = -15.60"]);
//! ```

use super::reduction::Reduction;
use crate::rating::{Run, Trouble};
use crate::tariff::{Compiler, Fields, Key, Kind, Refused, Step};

pub(crate) const MEANING: &str = "a discount that a third party pays, whose receivable it is";

/// With those of `reduction`.
pub(crate) const KEYS: &[Key] =
    &[Key::may("payer", Kind::Text, "whose receivable it is; a published tariff names one")];

#[derive(Debug)]
pub(crate) struct Subsidy {
    pub(crate) reduction: Reduction,
    pub(crate) payer: Option<Box<str>>,
}

impl Subsidy {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        Ok(Self { reduction: Reduction::read(fields, compiler)?, payer: fields.text("payer").map(Box::from) })
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        self.reduction.rate(step, run)
    }
}
