//! `select`: a whole schedule, chosen by the total usage. Not graduated: one unit more may cost a hundred more.
//!
//! the components of the first case with usage <= `upto`
//!
//! PUCSL 2014: 60 kWh cost 280.50, 61 kWh cost 571.00.
//!
//! ```
//! # use billing::tariff::worked;
//! let schedules = r#"[{"type": "select", "code": "schedule", "by": "kwh", "cases": [
//!     {"upto": "60", "components": [{"type": "unit", "code": "energy", "qty": "kwh", "price": "3"}]},
//!     {"upto": null, "components": [{"type": "unit", "code": "energy", "qty": "kwh", "price": "7.85"}]}]}]"#;
//! assert_eq!(worked(schedules, r#"{"qty": {"kwh": "60"}}"#), ["energy 60 kWh x 3 = 180.00"]);
//! assert_eq!(worked(schedules, r#"{"qty": {"kwh": "61"}}"#), ["energy 61 kWh x 7.85 = 478.85"]);
//! ```

use rust_decimal::Decimal;

use crate::rating::{Run, Slot, Trouble};
use crate::tariff::{Compiler, Fields, Key, Kind, Refused, Scope, Step};

pub(crate) const MEANING: &str = "a whole schedule chosen by the total usage";

pub(crate) const KEYS: &[Key] = &[
    Key::must("by", Kind::Text, "the quantity that chooses"),
    Key::must("cases", Kind::List(CASE_KEYS), "the schedules, by rising usage"),
];

const CASE_KEYS: &[Key] = &[
    Key::must("upto", Kind::NumberOrOpen, "the highest usage of this schedule, inclusive; null: no bound"),
    Key::must("components", Kind::Components, "the schedule"),
];

#[derive(Debug)]
pub(crate) struct Select {
    pub(crate) by: Box<str>,
    slot: Slot,
    pub(crate) cases: Vec<(Option<Decimal>, Vec<Step>)>,
}

impl Select {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let by = fields.need_text("by")?;
        let slot = compiler.quantity(by);
        let mut cases: Vec<(Option<Decimal>, Vec<Step>)> = Vec::new();
        let mut scope = Scope::begin(compiler);
        for (path, item) in fields.items("cases") {
            let case = Fields::open(path, item, &[CASE_KEYS])?;
            let upto = case.number("upto");
            match (cases.last(), upto) {
                (Some((None, _)), _) => return Err(case.refuse("upto", "comes after the open end")),
                (Some((Some(before), _)), Some(upto)) if upto <= *before => {
                    return Err(case.refuse("upto", format!("must be above {before}, the bound before it")));
                }
                _ => {}
            }
            cases.push((upto, super::read_all(&case, "components", compiler)?));
            scope.end_case(compiler);
        }
        scope.end(compiler);
        Ok(Self { by: by.into(), slot, cases })
    }

    pub(crate) fn rate<'t>(&'t self, _: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let usage = run.value(self.slot)?;
        for (upto, steps) in &self.cases {
            match upto {
                Some(upto) if usage > run.of_period(*upto)? => {}
                _ => return run.steps(steps),
            }
        }
        Err(run.over(usage, Trouble::NoSchedule))
    }
}
