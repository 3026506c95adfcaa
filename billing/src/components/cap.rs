//! `cap` (封顶): cuts the named lines to a fact times a price. Metered heat of a dwelling, never above its area fee.
//!
//! line = -(sum of the lines `of` - `attrs[at.attr]` x `at.price`), where that is below 0
//!
//! ```
//! # use billing::tariff::worked;
//! let heat = r#"[{"type": "per_attr", "code": "basic", "attr": "area_m2", "price": "12"},
//!     {"type": "unit", "code": "metered", "qty": "kwh", "price": "0.16"},
//!     {"type": "cap", "code": "cap", "of": ["basic", "metered"], "at": {"attr": "area_m2", "price": "24"}}]"#;
//! let bill = |kwh| worked(heat, &format!(r#"{{"attrs": {{"area_m2": "100"}}, "qty": {{"kwh": "{kwh}"}}}}"#));
//! assert_eq!(bill("9000")[2], "cap 1 x -240.00 = -240.00");
//! assert_eq!(bill("7500").len(), 2);
//! ```

use rust_decimal::Decimal;

use crate::rating::{Made, Run, Slot, Trouble, number};
use crate::tariff::{Compiler, Fields, Key, Kind, Of, Refused, Step};

pub(crate) const MEANING: &str = "cuts the named lines to a fact times a price";

pub(crate) const KEYS: &[Key] = &[
    Key::must("of", Kind::Names, "the components, or single lines"),
    Key::must("at", Kind::Object(AT_KEYS), "what they are cut to"),
];

const AT_KEYS: &[Key] = &[
    Key::must("attr", Kind::Text, "the fact, such as area_m2"),
    Key::must("price", Kind::Number, "money per unit of the fact"),
];

#[derive(Debug)]
pub(crate) struct Cap {
    of: Of,
    pub(crate) of_codes: Box<str>,
    slot: Slot,
    pub(crate) attr: Box<str>,
    pub(crate) price: Decimal,
}

impl Cap {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let at = fields.value("at").ok_or_else(|| fields.refuse("at", "is required"))?;
        let at = Fields::open(fields.at("at"), at, &[AT_KEYS])?;
        let attr = at.need_text("attr")?;
        Ok(Self {
            of: compiler.of(fields, "of")?,
            of_codes: fields.names("of").join(" + ").into(),
            slot: compiler.attr(attr),
            attr: attr.into(),
            price: at.need_number("price")?,
        })
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let sum = run.sum(&self.of)?;
        let at = run.of_period(number::mul(run.value(self.slot)?, self.price)?)?;
        let cut = number::sub(at, sum)?;
        if cut >= Decimal::ZERO {
            return Ok(());
        }
        run.priced(step, &step.code, Decimal::ONE, cut, || Made::Cap { sum, at })
    }
}
