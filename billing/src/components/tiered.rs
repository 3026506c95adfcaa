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

/// With those of `blocks`.
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

#[cfg(test)]
mod tests {
    use crate::tariff::worked;

    /// Blocks at 1, 2 and 3, with bounds of 30 and 60, under these keys.
    #[track_caller]
    fn check(keys: &str, input: &str, lines: &[&str]) {
        let component = format!(
            r#"{{"type": "tiered", "code": "w", "qty": "m3", {keys} "tiers": [{{"upto": "30", "price": "1"}},
                {{"upto": "60", "price": "2"}}, {{"upto": null, "price": "3"}}]}}"#
        );
        assert_eq!(worked(&component, input), lines, "{keys} {input}");
    }

    #[test]
    fn a_bound_is_inclusive_and_a_part_of_a_unit_has_its_block() {
        check("", r#"{"qty": {"m3": "30"}}"#, &["w#1 30 m3 x 1 = 30.00"]);
        check("", r#"{"qty": {"m3": "30.5"}}"#, &["w#1 30 m3 x 1 = 30.00", "w#2 0.5 m3 x 2 = 1.00"]);
        check("", r#"{"qty": {"m3": "0"}}"#, &[]);
        check(r#""keep_zero": true,"#, r#"{"qty": {"m3": "0"}}"#, &["w#1 0 m3 x 1 = 0.00"]);
    }

    #[test]
    fn the_short_forms_scale_the_bounds() {
        for (keys, input, lines) in [
            (
                r#""basis": "per_day","#,
                r#"{"qty": {"m3": "100"}, "days": "2"}"#,
                ["w#1 60 m3 x 1 = 60.00", "w#2 40 m3 x 2 = 80.00"],
            ),
            (
                r#""basis": "per_norm_days", "norm_days": "30","#,
                r#"{"qty": {"m3": "40"}, "days": "31"}"#,
                ["w#1 31 m3 x 1 = 31.00", "w#2 9 m3 x 2 = 18.00"],
            ),
            (
                // 30 x 22 / 31 = 21.29
                r#""basis": "per_norm_days", "norm_days": "31", "limit_rounding": "floor","#,
                r#"{"qty": {"m3": "21.5"}, "days": "22"}"#,
                ["w#1 21 m3 x 1 = 21.00", "w#2 0.5 m3 x 2 = 1.00"],
            ),
            (
                r#""basis": "months","#,
                r#"{"qty": {"m3": "61"}, "months": "2"}"#,
                ["w#1 60 m3 x 1 = 60.00", "w#2 1 m3 x 2 = 2.00"],
            ),
            (
                r#""basis": "per_unit", "scale_attr": "persons","#,
                r#"{"qty": {"m3": "100"}, "attrs": {"persons": "3"}}"#,
                ["w#1 90 m3 x 1 = 90.00", "w#2 10 m3 x 2 = 20.00"],
            ),
            (
                r#""persons_over": "4", "limit_per_extra_person": "10","#,
                r#"{"qty": {"m3": "60"}, "attrs": {"persons": "6"}}"#,
                ["w#1 50 m3 x 1 = 50.00", "w#2 10 m3 x 2 = 20.00"],
            ),
            (
                r#""persons_over": "4", "limit_per_extra_person": "10","#,
                r#"{"qty": {"m3": "60"}}"#,
                ["w#1 30 m3 x 1 = 30.00", "w#2 30 m3 x 2 = 60.00"],
            ),
        ] {
            check(keys, input, &lines);
        }
    }

    #[test]
    fn the_long_form_combines_scales_and_adds_after_them() {
        check(
            r#""scale": ["months", {"attr": "flats"}],"#,
            r#"{"qty": {"m3": "200"}, "months": "2", "attrs": {"flats": "3"}}"#,
            &["w#1 180 m3 x 1 = 180.00", "w#2 20 m3 x 2 = 40.00"],
        );
        // 30 x 60/30 + 2 x 5 = 70; 60 x 60/30 + 2 x 7 = 134.
        check(
            r#""scale": [{"norm_days": "30"}], "adders": [{"attr": "persons", "over": "4", "per_extra": ["5", "7"]}],"#,
            r#"{"qty": {"m3": "140"}, "days": "60", "attrs": {"persons": "6"}}"#,
            &["w#1 70 m3 x 1 = 70.00", "w#2 64 m3 x 2 = 128.00", "w#3 6 m3 x 3 = 18.00"],
        );
    }

    #[test]
    fn a_correction_goes_down_through_the_blocks_that_its_bill_went_up() {
        let annual = r#""counter": "annual","#;
        let at = |m3: &str, prior: &str| {
            format!(r#"{{"qty": {{"m3": "{m3}"}}, "prior_cumulative": {{"m3": "{prior}"}}}}"#)
        };
        check(annual, &at("20", "50"), &["w#2 10 m3 x 2 = 20.00", "w#3 10 m3 x 3 = 30.00"]);
        check(annual, &at("-20", "70"), &["w#2 -10 m3 x 2 = -20.00", "w#3 -10 m3 x 3 = -30.00"]);
        // What goes below zero, and what no counter stands behind, goes back at the first price.
        check(annual, &at("-20", "10"), &["w#1 -20 m3 x 1 = -20.00"]);
        check("", &at("-5", "0"), &["w#1 -5 m3 x 1 = -5.00"]);
    }

    #[test]
    fn rounded_quantities_add_up() {
        // Bounds of 21.29 and 42.58: 21 + 21, and 8 that are left of 50.
        check(
            r#""basis": "per_norm_days", "norm_days": "31", "quantity_round": "1","#,
            r#"{"qty": {"m3": "50"}, "days": "22"}"#,
            &["w#1 21 m3 x 1 = 21.00", "w#2 21 m3 x 2 = 42.00", "w#3 8 m3 x 3 = 24.00"],
        );
    }
}
