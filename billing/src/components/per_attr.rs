//! `per_attr`: a fact times its price. Heated area, contracted kW, persons, meter size.
//!
//! line = `attrs[attr]` x `price`
//!
//! ```
//! # use billing::tariff::worked;
//! assert_eq!(worked(
//!     r#"{"type": "per_attr", "code": "capacity", "attr": "area_m2", "price": "70"}"#,
//!     r#"{"attrs": {"area_m2": "130"}}"#,
//! ), ["capacity 130 m2 x 70 = 9100.00"]);
//! ```

use rust_decimal::Decimal;

use crate::rating::{Made, Run, Slot, Trouble};
use crate::tariff::{Compiler, Fields, Key, Kind, Refused, Step};

pub(crate) const MEANING: &str = "a fact times a price";

pub(crate) const KEYS: &[Key] = &[
    Key::must("attr", Kind::Text, "the fact, such as area_m2"),
    Key::must("price", Kind::Number, "money per unit of the fact"),
];

#[derive(Debug)]
pub(crate) struct PerAttr {
    pub(crate) attr: Box<str>,
    slot: Slot,
    pub(crate) price: Decimal,
}

impl PerAttr {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let attr = fields.need_text("attr")?;
        Ok(Self { attr: attr.into(), slot: compiler.attr(attr), price: fields.need_number("price")? })
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let value = run.of_period(run.value(self.slot)?)?;
        run.priced(step, &step.code, value, self.price, || Made::Attribute { attr: &self.attr })
    }
}
