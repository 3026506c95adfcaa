//! What `discount` and `subsidy` share: a rate of named lines, an amount, or so much for each unit up to a limit; only
//! where a fact holds.

use rust_decimal::Decimal;

use crate::rating::{Made, Need, Run, Slot, Trouble, number};
use crate::tariff::{Compiler, Fields, Key, Kind, Of, Refused, Step, not_negative};

/// The keys of a reduction.
pub(crate) const KEYS: &[Key] = &[
    Key::may("if_attr", Kind::Text, "only where this fact holds"),
    Key::may("rate", Kind::Number, "this share of the lines `of`"),
    Key::may("of", Kind::Names, "the components, or single lines, that it is for; of them the rate is taken"),
    Key::may("amount", Kind::Number, "this amount"),
    Key::may("per_unit", Kind::Number, "this for each unit of `qty`"),
    Key::may("qty", Kind::Text, "with per_unit: the quantity"),
    Key::may("limit", Kind::Number, "with per_unit: for at most so many units"),
    Key::may("limit_scale", Kind::Text, "times days, months, or a fact such as persons"),
];

/// What is taken off, and when.
#[derive(Debug)]
pub(crate) struct Reduction {
    pub(crate) if_attr: Option<(Slot, Box<str>)>,
    pub(crate) by: By,
}

#[derive(Debug)]
pub(crate) enum By {
    Rate { rate: Decimal, of: Of, of_codes: Box<str> },
    Amount(Decimal),
    PerUnit { price: Decimal, slot: Slot, qty: Box<str>, limit: Option<Decimal>, scale: Option<Slot> },
}

impl Reduction {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let given: Vec<&str> =
            ["rate", "amount", "per_unit"].into_iter().filter(|key| fields.has(key)).collect();
        let [by] = given.as_slice() else {
            return Err(fields.refuse("rate", "exactly one of rate, amount and per_unit must be given"));
        };
        let strange = ["qty", "limit", "limit_scale"].into_iter().find(|key| fields.has(key));
        if let Some(key) = strange.filter(|_| *by != "per_unit") {
            return Err(fields.refuse(key, format!("means nothing with {by}")));
        }
        let of = compiler.of(fields, "of")?;
        let by = match *by {
            "rate" if !fields.has("of") => return Err(fields.refuse("of", "is required by rate")),
            "rate" => By::Rate {
                rate: fields.need_number("rate")?,
                of,
                of_codes: fields.names("of").join(" + ").into(),
            },
            "amount" => By::Amount(fields.need_number("amount")?),
            _ => {
                let qty =
                    fields.text("qty").ok_or_else(|| fields.refuse("qty", "is required by per_unit"))?;
                if fields.has("limit_scale") && !fields.has("limit") {
                    return Err(fields.refuse("limit", "is required by limit_scale"));
                }
                By::PerUnit {
                    price: fields.need_number("per_unit")?,
                    slot: compiler.quantity(qty),
                    qty: qty.into(),
                    limit: not_negative(fields, "limit")?,
                    scale: fields.text("limit_scale").map(|scale| match scale {
                        "days" => compiler.slot(Need::Days),
                        "months" => compiler.slot(Need::Months),
                        attr => compiler.attr(attr),
                    }),
                }
            }
        };
        let if_attr =
            fields.text("if_attr").map(|attr| (compiler.slot(Need::Condition(attr.into())), attr.into()));
        Ok(Self { if_attr, by })
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        if let Some((slot, _)) = self.if_attr
            && run.value(slot)?.is_zero()
        {
            return Ok(());
        }
        match &self.by {
            By::Rate { rate, of, .. } => {
                let base = run.sum(of)?;
                run.priced(step, &step.code, base, number::neg(*rate), || Made::Rate { base })
            }
            By::Amount(amount) => {
                let amount = run.of_period(*amount)?;
                run.priced(step, &step.code, Decimal::ONE, number::neg(amount), || Made::Fixed)
            }
            By::PerUnit { price, slot, limit, scale, .. } => {
                let usage = run.value(*slot)?;
                let limit = match (limit, scale) {
                    (Some(limit), Some(scale)) => Some(number::mul(*limit, run.value(*scale)?)?),
                    (Some(limit), None) => Some(run.of_period(*limit)?),
                    (None, _) => None,
                };
                let qty = limit.map_or(usage, |limit| number::min(usage, limit));
                run.priced(step, &step.code, qty, number::neg(*price), || Made::PerUnit { usage, limit })
            }
        }
    }

    /// The lines that a rate is taken of.
    pub(crate) fn of_codes(&self) -> Option<&str> {
        match &self.by {
            By::Rate { of_codes, .. } => Some(of_codes),
            _ => None,
        }
    }

    pub(crate) fn prices(&self) -> Option<&str> {
        match &self.by {
            By::PerUnit { qty, .. } => Some(qty),
            _ => None,
        }
    }
}
