//! `quota` (超定额累进加价): what is above the quota costs multiples of one component's price. `code#1`, `code#2` …
//!
//! line = (part of the usage above the quota within the band) x `of_price` x `multiple`
//!
//! The bands are shares of the quota, inclusive. Quota 1,000, used 1,150: 100 at one price more, 50 at two.
//!
//! ```
//! # use billing::tariff::worked;
//! let quota = r#"{"type": "quota", "code": "over", "qty": "m3", "quota_attr": "quota", "of_price": "3.50", "bands": [
//!     {"upto_ratio": "0.10", "multiple": "1"}, {"upto_ratio": null, "multiple": "2"}]}"#;
//! assert_eq!(worked(quota, r#"{"attrs": {"quota": "1000"}, "qty": {"m3": "1150"}}"#),
//!     ["over#1 100 m3 x 3.50 = 350.00", "over#2 50 m3 x 7.00 = 350.00"]);
//! assert!(worked(quota, r#"{"attrs": {"quota": "1000"}, "qty": {"m3": "1000"}}"#).is_empty());
//! ```

use rust_decimal::Decimal;

use crate::rating::{Made, Run, Slot, Trouble, number};
use crate::tariff::{Compiler, Fields, Key, Kind, Refused, Step};

pub(crate) const MEANING: &str = "what is above a quota, in bands, at multiples of a price";

pub(crate) const KEYS: &[Key] = &[
    Key::must("qty", Kind::Text, "the quantity"),
    Key::must("quota_attr", Kind::Text, "the fact that holds the quota of the period"),
    Key::must("of_price", Kind::Number, "the price that is multiplied: the water component's alone"),
    Key::must("bands", Kind::List(BAND_KEYS), "by rising share; the last is open"),
];

const BAND_KEYS: &[Key] = &[
    Key::must(
        "upto_ratio",
        Kind::NumberOrOpen,
        "up to this share of the quota above it, inclusive; null: no bound",
    ),
    Key::must("multiple", Kind::Number, "times of_price"),
];

#[derive(Debug)]
pub(crate) struct Quota {
    pub(crate) qty: Box<str>,
    slot: Slot,
    pub(crate) attr: Box<str>,
    attr_slot: Slot,
    pub(crate) bands: Vec<Band>,
}

#[derive(Debug)]
pub(crate) struct Band {
    number: u16,
    code: Box<str>,
    pub(crate) upto_ratio: Option<Decimal>,
    pub(crate) price: Decimal,
}

impl Quota {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let (qty, quota_attr) = (fields.need_text("qty")?, fields.need_text("quota_attr")?);
        let (code, of_price) = (fields.need_text("code")?, fields.need_number("of_price")?);
        let mut bands: Vec<Band> = Vec::new();
        for (n, (path, item)) in fields.items("bands").into_iter().enumerate() {
            let band = Fields::open(path, item, &[BAND_KEYS])?;
            let number =
                u16::try_from(n.saturating_add(1)).map_err(|_| fields.refuse("bands", "too many"))?;
            let upto_ratio = band.number("upto_ratio");
            match (bands.last().map_or(Some(Decimal::ZERO), |before| before.upto_ratio), upto_ratio) {
                (None, _) => {
                    return Err(band.refuse("upto_ratio", "comes after the open end, which is the last band"));
                }
                (Some(before), Some(upto)) if upto <= before => {
                    return Err(
                        band.refuse("upto_ratio", format!("must be above {before}, the bound before it"))
                    );
                }
                _ => {}
            }
            let price = number::mul(of_price, band.need_number("multiple")?);
            let price = price.map_err(|_| band.refuse("multiple", "beyond 96 bits"))?;
            bands.push(Band { number, code: format!("{code}#{number}").into(), upto_ratio, price });
        }
        compiler.lines.extend(bands.iter().map(|band| band.code.clone()));
        Ok(Self {
            qty: qty.into(),
            slot: compiler.quantity(qty),
            attr: quota_attr.into(),
            attr_slot: compiler.attr(quota_attr),
            bands,
        })
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let usage = run.value(self.slot)?;
        let quota = run.of_period(run.value(self.attr_slot)?)?;
        let over = number::sub(usage, quota)?;
        let mut lower = Decimal::ZERO;
        for band in &self.bands {
            if over <= lower {
                return Ok(());
            }
            let upper = band.upto_ratio.map(|ratio| number::mul(quota, ratio)).transpose()?;
            let to = upper.map_or(over, |upper| number::min(upper, over));
            if to > lower {
                let (qty, lower) = (number::sub(to, lower)?, number::add(quota, lower)?);
                let upper = upper.map(|upper| number::add(quota, upper)).transpose()?;
                let number = band.number;
                run.priced(step, &band.code, qty, band.price, || Made::Block {
                    number,
                    lower,
                    upper,
                    from: Decimal::ZERO,
                    usage,
                    band: None,
                })?;
            }
            lower = upper.unwrap_or(over);
        }
        if over > lower { Err(run.over(usage, Trouble::BeyondLastBlock)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use crate::tariff::worked;

    #[test]
    fn a_band_is_inclusive_and_a_correction_knows_no_quota() {
        let quota = r#"{"type": "quota", "code": "q", "qty": "m3", "quota_attr": "quota", "of_price": "3.50", "bands": [
            {"upto_ratio": "0.10", "multiple": "1"}, {"upto_ratio": null, "multiple": "2"}]}"#;
        let used = |m3: &str| {
            worked(quota, &format!(r#"{{"attrs": {{"quota": "1000"}}, "qty": {{"m3": "{m3}"}}}}"#))
        };
        assert_eq!(used("1100"), ["q#1 100 m3 x 3.50 = 350.00"]);
        assert_eq!(used("1100.5"), ["q#1 100 m3 x 3.50 = 350.00", "q#2 0.5 m3 x 7.00 = 3.50"]);
        assert!(used("-50").is_empty());
    }
}
