//! `settlement` (多退少补): at the season's end, the named lines less what was prepaid.
//!
//! line = -`attrs[less]`; the bill comes to the difference, which may be a refund
//!
//! ```
//! # use billing::tariff::worked;
//! let heat = r#"[{"type": "unit", "code": "metered", "qty": "kwh", "price": "0.16"},
//!     {"type": "settlement", "code": "prepaid", "of": ["metered"], "less": "prepaid"}]"#;
//! assert_eq!(worked(heat, r#"{"attrs": {"prepaid": "2400"}, "qty": {"kwh": "9000"}}"#),
//!     ["metered 9000 kWh x 0.16 = 1440.00", "prepaid 1 x -2400 = -2400.00"]);
//! ```

use rust_decimal::Decimal;

use crate::rating::{Made, Run, Slot, Trouble, number};
use crate::tariff::{Compiler, Fields, Key, Kind, Of, Refused, Step};

pub(crate) const MEANING: &str = "season end: the named lines less what was prepaid";

pub(crate) const KEYS: &[Key] = &[
    Key::must("of", Kind::Names, "what the season comes to"),
    Key::must("less", Kind::Text, "the fact that holds what was prepaid"),
];

#[derive(Debug)]
pub(crate) struct Settlement {
    of: Of,
    pub(crate) of_codes: Box<str>,
    slot: Slot,
    pub(crate) less: Box<str>,
}

impl Settlement {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let less = fields.need_text("less")?;
        Ok(Self {
            of: compiler.of(fields, "of")?,
            of_codes: fields.names("of").join(" + ").into(),
            slot: compiler.attr(less),
            less: less.into(),
        })
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let due = run.sum(&self.of)?;
        let prepaid = run.of_period(run.value(self.slot)?)?;
        run.priced(step, &step.code, Decimal::ONE, number::neg(prepaid), || Made::Prepaid { due })
    }
}

#[cfg(test)]
mod tests {
    use crate::tariff::worked;

    #[test]
    fn too_little_prepaid_is_charged_and_too_much_comes_back() {
        let heat = r#"[{"type": "unit", "code": "metered", "qty": "kwh", "price": "0.16"},
            {"type": "settlement", "code": "prepaid", "of": ["metered"], "less": "prepaid"},
            {"type": "formula", "code": "due", "expr": "S_metered + S_prepaid"}]"#;
        let due = |prepaid: &str| {
            let input = format!(r#"{{"attrs": {{"prepaid": "{prepaid}"}}, "qty": {{"kwh": "10000"}}}}"#);
            worked(heat, &input).pop().unwrap()
        };
        assert_eq!(due("1500"), "due 1 = 100.00");
        assert_eq!(due("2400"), "due 1 = -800.00");
        let told = worked(heat, r#"{"qty": {"kwh": "1"}}"#);
        assert_eq!(told, [r#"prepaid: needs fact "prepaid" (input.attrs), which is not given"#]);
    }
}
