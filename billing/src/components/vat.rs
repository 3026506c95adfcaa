//! `vat` (增值税): a tax on named lines. Exclusive, it is added, on each line or on their sum, which can differ by cents;
//! inclusive, the prices hold it already and the line only states it.
//!
//! - sum: line = round((sum of the lines `of`) x `rate`)
//! - line: line = sum of round(each of the lines `of` x `rate`)
//! - inclusive: line = 0; tax stated = gross - gross / (1 + `rate`)
//!
//! Two lines of 0.05 at 9 %: 0.0045 rounds to nothing on each, 0.009 to 0.01 on the sum.
//!
//! ```
//! # use billing::tariff::worked;
//! let bill = |place| worked(&format!(
//!     r#"[{{"type": "fixed", "code": "a", "amount": "0.05"}}, {{"type": "fixed", "code": "b", "amount": "0.05"}},
//!         {{"type": "vat", "code": "vat", "rate": "0.09", "of": ["a", "b"], "place": "{place}"}}]"#), "{}");
//! assert_eq!(bill("line")[2], "vat 0.1 x 0.09 = 0.00");
//! assert_eq!(bill("sum")[2], "vat 0.1 x 0.09 = 0.01");
//! ```

use rust_decimal::Decimal;

use crate::rating::{Made, Rule, Run, Trouble, number};
use crate::tariff::{Compiler, Fields, Key, Kind, Of, Refused, Step, rule};

pub(crate) const MEANING: &str = "a tax on the named lines, added by line or on their sum, or only stated";

pub(crate) const KEYS: &[Key] = &[
    Key::must("rate", Kind::Number, "0.09 for 9 %"),
    Key::must("of", Kind::Names, "the components, or single lines, that are taxed"),
    Key::may("place", Kind::OneOf(&["line", "sum"]), "where the tax is rounded; default sum"),
    Key::may(
        "mode",
        Kind::OneOf(&["exclusive", "inclusive"]),
        "added to the prices (default), or held in them",
    ),
];

#[derive(Debug)]
pub(crate) struct Vat {
    pub(crate) rate: Decimal,
    of: Of,
    pub(crate) of_codes: Box<str>,
    by_line: bool,
    pub(crate) inclusive: bool,
    rule: Rule,
}

impl Vat {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let rate = fields.need_number("rate")?;
        if rate <= Decimal::NEGATIVE_ONE {
            return Err(fields.refuse("rate", "must be above -1"));
        }
        Ok(Self {
            rate,
            of: compiler.of(fields, "of")?,
            of_codes: fields.names("of").join(" + ").into(),
            by_line: fields.text("place") == Some("line"),
            inclusive: fields.text("mode") == Some("inclusive"),
            rule: rule(fields, Some(compiler.rule))?,
        })
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let base = run.sum(&self.of)?;
        let tax = match (self.by_line, self.inclusive) {
            (false, false) => number::mul(base, self.rate)?,
            (false, true) => self.rule.apply(self.held_in(base)?)?,
            (true, _) => run.named(&self.of).try_fold(Decimal::ZERO, |sum, line| {
                let exact = if self.inclusive {
                    self.held_in(line.amount)?
                } else {
                    number::mul(line.amount, self.rate)?
                };
                number::add(sum, self.rule.apply(exact)?)
            })?,
        };
        let priced = (base, Some(self.rate));
        if self.inclusive {
            run.line(step, &step.code, priced, Decimal::ZERO, || Made::TaxIncluded { gross: base, tax })
        } else if self.by_line {
            run.line(step, &step.code, priced, tax, || Made::TaxByLine { base })
        } else {
            run.line(step, &step.code, priced, tax, || Made::Rate { base })
        }
    }

    /// The tax in a price that holds it: gross x rate / (1 + rate), which is gross - gross / (1 + rate).
    fn held_in(&self, gross: Decimal) -> Result<Decimal, Trouble> {
        number::div(number::mul(gross, self.rate)?, number::add(Decimal::ONE, self.rate)?)
    }
}

#[cfg(test)]
mod tests {
    use crate::tariff::worked;

    #[test]
    fn a_tax_that_the_price_holds_adds_nothing() {
        let held = r#"[{"type": "fixed", "code": "a", "amount": "113"},
            {"type": "vat", "code": "vat", "rate": "0.13", "of": ["a"], "mode": "inclusive"}]"#;
        assert_eq!(worked(held, "{}"), ["a 1 x 113 = 113.00", "vat 113 x 0.13 = 0.00"]);
    }

    #[test]
    fn a_tax_on_a_correction_comes_back() {
        let water = r#"[{"type": "unit", "code": "a", "qty": "m3", "price": "3.50"},
            {"type": "vat", "code": "vat", "rate": "0.09", "of": ["a"]}]"#;
        assert_eq!(worked(water, r#"{"qty": {"m3": "-10"}}"#)[1], "vat -35 x 0.09 = -3.15");
    }
}
