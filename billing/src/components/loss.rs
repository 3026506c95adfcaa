//! `loss` (变损): the transformer's loss, added where the meter stands on the low side. It makes no line, but a quantity
//! that later components price.
//!
//! `qty[into]` = `qty` + round(`fixed_per_day` x days + `load_rate` x `qty`, `step`)
//!
//! 10,000 kWh in 30 days: 4.6 x 30 + 0.015 x 10,000 = 288 lost.
//!
//! ```
//! # use billing::tariff::worked;
//! assert_eq!(worked(
//!     r#"[{"type": "loss", "qty": "kwh", "into": "billed_kwh", "fixed_per_day": "4.6", "load_rate": "0.015"},
//!         {"type": "unit", "code": "energy", "qty": "billed_kwh", "price": "0.70"}]"#,
//!     r#"{"qty": {"kwh": "10000"}, "days": "30"}"#), ["energy 10288 kWh x 0.70 = 7201.60"]);
//! ```

use rust_decimal::Decimal;

use crate::rating::{Mode, Need, Rule, Run, Slot, Trouble, number};
use crate::tariff::{Compiler, Fields, Key, Kind, Refused, Step, not_negative, positive};

pub(crate) const MEANING: &str = "a transformer's loss, added to a quantity before it is priced";

pub(crate) const KEYS: &[Key] = &[
    Key::must("qty", Kind::Text, "the quantity as metered"),
    Key::must("into", Kind::Text, "the quantity with the loss"),
    Key::may("fixed_per_day", Kind::Number, "units lost each day without load; default 0"),
    Key::may("load_rate", Kind::Number, "units lost for each unit metered; default 0"),
    Key::may("step", Kind::Number, "the loss is rounded to this; default 1"),
];

#[derive(Debug)]
pub(crate) struct Loss {
    qty: Slot,
    /// The quantity as metered.
    pub(crate) metered: Box<str>,
    into: Slot,
    /// The quantity with the loss.
    pub(crate) into_qty: Box<str>,
    /// The same quantity, as formulas ask for it.
    into_name: Slot,
    fixed: Option<(Slot, Decimal)>,
    pub(crate) load_rate: Decimal,
    rule: Rule,
}

impl Loss {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let into = fields.need_text("into")?;
        let step = positive(fields, "step")?.unwrap_or(Decimal::ONE);
        let mode = fields.text("rounding").and_then(|mode| mode.parse().ok()).unwrap_or(Mode::HalfUp);
        let fixed = not_negative(fields, "fixed_per_day")?.filter(|fixed| !fixed.is_zero());
        Ok(Self {
            qty: compiler.quantity(fields.need_text("qty")?),
            metered: fields.need_text("qty")?.into(),
            into_qty: into.into(),
            into: compiler.quantity(into),
            into_name: compiler.slot(Need::Name(into.into())),
            fixed: fixed.map(|fixed| (compiler.slot(Need::Days), fixed)),
            load_rate: not_negative(fields, "load_rate")?.unwrap_or_default(),
            rule: Rule::new(step, mode).ok_or_else(|| fields.refuse("step", "must be above 0"))?,
        })
    }

    /// Units lost each day without load.
    pub(crate) fn fixed_per_day(&self) -> Decimal {
        self.fixed.map_or(Decimal::ZERO, |(_, fixed)| fixed)
    }

    pub(crate) fn rate<'t>(&'t self, _: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let metered = run.value(self.qty)?;
        let mut lost = number::mul(metered, self.load_rate)?;
        if let Some((days, fixed)) = self.fixed {
            lost = number::add(lost, number::mul(fixed, run.value(days)?)?)?;
        }
        let billed = number::add(metered, self.rule.apply(lost)?)?;
        run.set(self.into, billed);
        run.set(self.into_name, billed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::tariff::worked;

    #[test]
    fn an_idle_transformer_loses_its_iron_and_a_correction_takes_the_load_back() {
        let told = |keys: &str, input: &str| {
            let components = format!(
                r#"[{{"type": "loss", "qty": "kwh", "into": "kwh_billed", {keys}}},
                    {{"type": "unit", "code": "energy", "qty": "kwh_billed", "price": "0.70"}}]"#
            );
            worked(&components, input).join(", ")
        };
        let iron = r#""fixed_per_day": "4.6", "load_rate": "0.015""#;
        assert_eq!(told(iron, r#"{"qty": {"kwh": "0"}, "days": "30"}"#), "energy 138 kWh x 0.70 = 96.60");
        assert_eq!(
            told(r#""load_rate": "0.015""#, r#"{"qty": {"kwh": "-1000"}}"#),
            "energy -1015 kWh x 0.70 = -710.50"
        );
        assert_eq!(
            told(r#""load_rate": "0.0152", "step": "0.1""#, r#"{"qty": {"kwh": "101"}}"#),
            "energy 102.5 kWh x 0.70 = 71.75"
        );
        assert!(told(iron, r#"{"qty": {"kwh": "0"}}"#).contains("needs the days of the period"));
    }
}
