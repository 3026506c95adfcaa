//! `unit`: a quantity at one price, less what is free, times a factor, up to a cap.
//!
//! line = min(`cap`, max(0, `qty` - `free`) x `factor`) x `price`
//!
//! Sewage on nine tenths of the water, the first 15 free: max(0, 50 - 15) x 0.9 = 31.5.
//!
//! ```
//! # use billing::tariff::worked;
//! assert_eq!(worked(
//!     r#"{"type": "unit", "code": "sewage", "qty": "m3", "price": "2", "free": "15", "factor": "0.9"}"#,
//!     r#"{"qty": {"m3": "50"}}"#,
//! ), ["sewage 31.5 m3 x 2 = 63.00"]);
//! ```
//!
//! A negative quantity is a correction: it comes back whole, times the factor. What was free or above the cap in the
//! bill that it corrects is not known here.
//!
//! ```
//! # use billing::tariff::worked;
//! assert_eq!(worked(
//!     r#"{"type": "unit", "code": "sewage", "qty": "m3", "price": "2", "free": "15"}"#,
//!     r#"{"qty": {"m3": "-12"}}"#,
//! ), ["sewage -12 m3 x 2 = -24.00"]);
//! ```

use rust_decimal::Decimal;

use crate::rating::{Made, Run, Slot, Trouble, number};
use crate::tariff::{Compiler, Fields, Key, Kind, Refused, Step, not_negative};

pub(crate) const MEANING: &str = "a quantity at one price, less what is free, times a factor, up to a cap";

pub(crate) const KEYS: &[Key] = &[
    Key::must("qty", Kind::Text, "the quantity"),
    Key::must("price", Kind::Number, "money per unit"),
    Key::may("free", Kind::Number, "units that cost nothing; default 0"),
    Key::may("factor", Kind::Number, "times this; default 1"),
    Key::may("cap", Kind::Number, "at most so many units are priced"),
];

#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) qty: Box<str>,
    slot: Slot,
    pub(crate) price: Decimal,
    pub(crate) free: Decimal,
    pub(crate) factor: Decimal,
    pub(crate) cap: Option<Decimal>,
}

impl Unit {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let qty = fields.need_text("qty")?;
        Ok(Self {
            qty: qty.into(),
            slot: compiler.quantity(qty),
            price: fields.need_number("price")?,
            free: not_negative(fields, "free")?.unwrap_or_default(),
            factor: fields.number("factor").unwrap_or(Decimal::ONE),
            cap: not_negative(fields, "cap")?,
        })
    }

    #[inline]
    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let usage = run.value(self.slot)?;
        let mut billed = usage;
        if !self.free.is_zero() && usage >= Decimal::ZERO {
            billed = number::max(Decimal::ZERO, number::sub(usage, run.of_period(self.free)?)?);
        }
        if self.factor != Decimal::ONE {
            billed = number::mul(billed, self.factor)?;
        }
        let cap = match self.cap {
            Some(cap) => Some(run.of_period(cap)?),
            None => None,
        };
        let capped = cap.filter(|cap| billed > *cap);
        let qty = capped.unwrap_or(billed);
        run.priced(step, &step.code, qty, self.price, || Made::Usage {
            usage,
            free: self.free,
            factor: self.factor,
            capped,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::tariff::worked;

    #[test]
    fn free_comes_before_factor_and_factor_before_cap() {
        let told = |m3: &str| {
            let sewage = r#"{"type": "unit", "code": "s", "qty": "m3", "price": "2", "free": "10", "factor": "0.9", "cap": "27"}"#;
            worked(sewage, &format!(r#"{{"qty": {{"m3": "{m3}"}}}}"#)).join(", ")
        };
        assert_eq!(told("10"), "s 0 m3 x 2 = 0.00");
        assert_eq!(told("20"), "s 9 m3 x 2 = 18.00");
        assert_eq!(told("40"), "s 27 m3 x 2 = 54.00");
        assert_eq!(told("50"), "s 27 m3 x 2 = 54.00");
        assert_eq!(told("-20"), "s -18 m3 x 2 = -36.00");
    }
}
