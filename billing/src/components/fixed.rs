//! `fixed`: an amount. A service charge, a meter rent.
//!
//! line = 1 x `amount`
//!
//! ```
//! # use billing::tariff::worked;
//! assert_eq!(worked(r#"{"type": "fixed", "code": "base", "amount": "20.61"}"#, r#"{}"#), ["base 1 x 20.61 = 20.61"]);
//! ```

use rust_decimal::Decimal;

use crate::rating::{Made, Run, Trouble};
use crate::tariff::{Compiler, Fields, Key, Kind, Refused, Step};

pub(crate) const MEANING: &str = "an amount";

pub(crate) const KEYS: &[Key] = &[Key::must("amount", Kind::Number, "money")];

#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) amount: Decimal,
}

impl Fixed {
    pub(crate) fn read(fields: &Fields<'_>, _: &mut Compiler) -> Result<Self, Refused> {
        Ok(Self { amount: fields.need_number("amount")? })
    }

    #[inline]
    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let amount = run.of_period(self.amount)?;
        run.line(step, &step.code, (Decimal::ONE, Some(amount)), amount, || Made::Fixed)
    }
}
