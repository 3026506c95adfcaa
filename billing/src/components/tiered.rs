//! `tiered`: graduated prices (阶梯价); each unit at its block's price. `code#1`, `code#2` …
//!
//! line = (part of the usage within the block) x `price`; how a block is bounded is told in `blocks`.
//!
//! Beijing: 170 m3 used this year, 100 in this bill; the bounds are 180 and 260.
//!
//! ```
//! # use billing::tariff::worked;
//! let water = r#"{"type": "tiered", "code": "water", "qty": "usage_m3", "basis": "annual_cumulative", "tiers": [
//!     {"upto": "180", "price": "2.07"}, {"upto": "260", "price": "4.07"}, {"upto": null, "price": "6.07"}]}"#;
//! let bill = r#"{"qty": {"usage_m3": "100"}, "prior_cumulative": {"usage_m3": "170"}}"#;
//! assert_eq!(worked(water, bill), [
//!     "water#1 10 m3 x 2.07 = 20.70",
//!     "water#2 80 m3 x 4.07 = 325.60",
//!     "water#3 10 m3 x 6.07 = 60.70",
//! ]);
//! // Ten too many were billed: they come back at the price of the block that they were billed in.
//! let back = r#"{"qty": {"usage_m3": "-20"}, "prior_cumulative": {"usage_m3": "270"}}"#;
//! assert_eq!(worked(water, back), ["water#2 -10 m3 x 4.07 = -40.70", "water#3 -10 m3 x 6.07 = -60.70"]);
//! ```
//!
//! The long form combines a counter, scales and adders: yearly bounds of 180 and 260 for four persons, 30 more for
//! each above; six in the household since July, and the year began in April.
//!
//! ```
//! # use billing::tariff::worked;
//! let water = r#"{"type": "tiered", "code": "water", "qty": "usage_m3", "counter": "annual", "scale": ["year_part"],
//!     "adders": [{"attr": "persons", "over": "4", "per_extra": ["30", "40"], "prorate": "month"}],
//!     "tiers": [{"upto": "180", "price": "2"}, {"upto": "260", "price": "4"}, {"upto": null, "price": "6"}]}"#;
//! // 180 x 9/12 + 30/12 x 2 persons x 6 months = 165; 260 x 9/12 + 40/12 x 12 = 235.
//! let bill = r#"{"qty": {"usage_m3": "300"}, "year_part": "9/12",
//!     "attr_months": {"persons": [null, null, null, "4", "4", "4", "6", "6", "6", "6", "6", "6"]}}"#;
//! assert_eq!(worked(water, bill), [
//!     "water#1 165 m3 x 2 = 330.00",
//!     "water#2 70 m3 x 4 = 280.00",
//!     "water#3 65 m3 x 6 = 390.00",
//! ]);
//! ```

use rust_decimal::Decimal;

use super::blocks::Blocks;
use crate::rating::{Made, Run, Slot, Trouble};
use crate::tariff::{Compiler, Fields, Key, Kind, Refused, Step};

pub(crate) const MEANING: &str = "graduated blocks: each unit at its block's price";

/// With those of [`blocks`].
pub(crate) const KEYS: &[Key] = &[
    Key::must("qty", Kind::Text, "the quantity"),
    Key::must("tiers", Kind::List(TIER_KEYS), "the blocks, by rising bounds; the last may be open"),
];

const TIER_KEYS: &[Key] = &[
    Key::must("upto", Kind::NumberOrOpen, "the block's upper bound, inclusive; null: no bound"),
    Key::must("price", Kind::Number, "money per unit"),
];

#[derive(Debug)]
pub(crate) struct Tiered {
    pub(crate) qty: Box<str>,
    slot: Slot,
    pub(crate) blocks: Blocks<Priced>,
}

/// What a block carries.
#[derive(Debug)]
pub(crate) struct Priced {
    code: Box<str>,
    pub(crate) price: Decimal,
}

impl Tiered {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let qty = fields.need_text("qty")?;
        let code = fields.need_text("code")?;
        let blocks = Blocks::read(fields, compiler, qty, TIER_KEYS, |tier, number| {
            Ok(Priced { code: format!("{code}#{number}").into(), price: tier.need_number("price")? })
        })?;
        compiler.lines.extend(blocks.tiers.iter().map(|tier| tier.held.code.clone()));
        Ok(Self { qty: qty.into(), slot: compiler.quantity(qty), blocks })
    }

    #[inline]
    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let usage = run.value(self.slot)?;
        let start = self.blocks.start(run)?;
        if self.blocks.annual {
            run.moves(&self.qty, start, usage)?;
        }
        self.blocks.split(run, start, usage, |run, tier, part| {
            run.priced(step, &tier.held.code, part.qty, tier.held.price, || Made::Block {
                number: tier.number,
                lower: part.lower,
                upper: part.upper,
                from: part.from,
                usage: part.usage,
                band: None,
            })
        })
    }
}
