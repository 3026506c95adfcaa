//! `percent`: a rate of the sum of named lines. A tax, a duty, a fuel adjustment, a discount where negative.
//!
//! line = (sum of the lines `of`) x `rate`
//!
//! ```
//! # use billing::tariff::worked;
//! assert_eq!(worked(
//!     r#"[{"type": "unit", "code": "energy", "qty": "kwh", "price": "0.5"},
//!         {"type": "percent", "code": "duty", "of": ["energy"], "rate": "0.10"}]"#,
//!     r#"{"qty": {"kwh": "848.20"}}"#,
//! ), ["energy 848.2 kWh x 0.5 = 424.10", "duty 424.1 x 0.10 = 42.41"]);
//! ```

use rust_decimal::Decimal;

use crate::rating::{Made, Run, Trouble};
use crate::tariff::{Compiler, Fields, Key, Kind, Of, Refused, Step};

pub(crate) const MEANING: &str = "a rate of the sum of the named lines";

pub(crate) const KEYS: &[Key] = &[
    Key::must("of", Kind::Names, "the components, or single lines such as energy#2, that it is taken of"),
    Key::must("rate", Kind::Number, "0.10 for 10 %"),
];

#[derive(Debug)]
pub(crate) struct Percent {
    of: Of,
    pub(crate) of_codes: Box<str>,
    pub(crate) rate: Decimal,
}

impl Percent {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        Ok(Self {
            of: compiler.of(fields, "of")?,
            of_codes: fields.names("of").join(" + ").into(),
            rate: fields.need_number("rate")?,
        })
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let base = run.sum(&self.of)?;
        run.priced(step, &step.code, base, self.rate, || Made::Rate { base })
    }
}
