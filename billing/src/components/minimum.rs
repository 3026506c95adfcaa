//! `minimum` (保底): tops the named lines up to an amount.
//!
//! line = `amount` - (sum of the lines `of`), where that is above 0
//!
//! ```
//! # use billing::tariff::worked;
//! let water = r#"[{"type": "unit", "code": "water", "qty": "m3", "price": "3.50"},
//!     {"type": "minimum", "code": "minimum", "amount": "10.00", "of": ["water"]}]"#;
//! assert_eq!(worked(water, r#"{"qty": {"m3": "2"}}"#), ["water 2 m3 x 3.50 = 7.00", "minimum 1 x 3.00 = 3.00"]);
//! assert_eq!(worked(water, r#"{"qty": {"m3": "3"}}"#), ["water 3 m3 x 3.50 = 10.50"]);
//! ```

use rust_decimal::Decimal;

use crate::rating::{Made, Run, Trouble, number};
use crate::tariff::{Compiler, Fields, Key, Kind, Of, Refused, Step};

pub(crate) const MEANING: &str = "tops the named lines up to an amount";

pub(crate) const KEYS: &[Key] = &[
    Key::must("amount", Kind::Number, "the least that the named lines come to"),
    Key::must("of", Kind::Names, "the components, or single lines"),
];

#[derive(Debug)]
pub(crate) struct Minimum {
    pub(crate) amount: Decimal,
    of: Of,
    pub(crate) of_codes: Box<str>,
}

impl Minimum {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        Ok(Self {
            amount: fields.need_number("amount")?,
            of: compiler.of(fields, "of")?,
            of_codes: fields.names("of").join(" + ").into(),
        })
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let sum = run.sum(&self.of)?;
        let to = run.of_period(self.amount)?;
        let short = number::sub(to, sum)?;
        if short <= Decimal::ZERO {
            return Ok(());
        }
        run.priced(step, &step.code, Decimal::ONE, short, || Made::Minimum { sum, to })
    }
}
