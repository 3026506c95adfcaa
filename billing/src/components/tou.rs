//! `tou`: time-of-use prices (分时电价): a quantity and a price for each band (尖 峰 平 谷 深谷). `code#peak` …
//!
//! line = band's quantity x `prices[band]`, or x `base_price` x `factors[band]`
//!
//! ```
//! # use billing::tariff::worked;
//! let energy = r#"{"type": "tou", "code": "energy", "qty": {"peak": "k2", "valley": "k4"}, "base_price": "0.6255",
//!     "factors": {"peak": "1.6", "valley": "0.4"}}"#;
//! assert_eq!(worked(energy, r#"{"qty": {"k2": "1000", "k4": "1000"}}"#),
//!     ["energy#peak 1000 x 1.00080 = 1000.80", "energy#valley 1000 x 0.25020 = 250.20"]);
//! ```
//!
//! With `tiers`, the block is chosen by the total (Shanghai's form). Each block above the lowest is shared by the bill's
//! own band shares: the smaller bands rounded half-up to `share_step`, the largest takes the rest; the lowest block
//! takes what is left of each band. 200 kWh from 3,070, the bound at 3,120: 150 lie above, 120/200 of them peak.
//!
//! ```
//! # use billing::tariff::worked;
//! let energy = r#"{"type": "tou", "code": "energy", "counter": "annual", "qty": {"peak": "kp", "valley": "kv"}, "tiers": [
//!     {"upto": "3120", "prices": {"peak": "0.617", "valley": "0.307"}},
//!     {"upto": null, "prices": {"peak": "0.677", "valley": "0.337"}}]}"#;
//! let bill = r#"{"qty": {"kp": "120", "kv": "80"}, "prior_cumulative": {"energy": "3070"}}"#;
//! assert_eq!(worked(energy, bill), [
//!     "energy#1.peak 30 x 0.617 = 18.51", "energy#1.valley 20 x 0.307 = 6.14",
//!     "energy#2.peak 90 x 0.677 = 60.93", "energy#2.valley 60 x 0.337 = 20.22"]);
//! ```

use rust_decimal::Decimal;

use super::blocks::{Blocks, Part, Tier};
use crate::rating::{Made, Mode, Rule, Run, Slot, Trouble, number};
use crate::tariff::{Compiler, Fields, Key, Kind, Refused, Step, decimal, positive};

pub(crate) const MEANING: &str =
    "a price for each band of the day, by registers or a calendar; with blocks by the total";

/// With those of `blocks`.
pub(crate) const KEYS: &[Key] = &[
    Key::must("qty", Kind::Texts, "the quantity of each band: {band: register}"),
    Key::may("prices", Kind::Numbers, "money per unit: {band: price}"),
    Key::may("base_price", Kind::Number, "money per unit, before the band's factor"),
    Key::may("factors", Kind::Numbers, "times base_price: {band: factor}"),
    Key::may("tiers", Kind::List(TIER_KEYS), "blocks by the total of the bands"),
    Key::may("share_step", Kind::Number, "the step to which a block is shared between bands; default 1"),
];

const TIER_KEYS: &[Key] = &[
    Key::must("upto", Kind::NumberOrOpen, "the block's upper bound, inclusive; null: no bound"),
    Key::must("prices", Kind::Numbers, "money per unit: {band: price}"),
];

/// The order in which bands are printed; others follow by name.
const ORDER: &[&str] =
    &["sharp", "尖", "peak", "峰", "shoulder", "flat", "平", "valley", "谷", "deep_valley", "深谷"];

#[derive(Debug)]
pub(crate) struct Tou {
    pub(crate) bands: Vec<Band>,
    pub(crate) pricing: Pricing,
}

/// One band and the quantity that lies in it.
#[derive(Debug)]
pub(crate) struct Band {
    pub(crate) name: Box<str>,
    pub(crate) qty: Box<str>,
    slot: Slot,
}

/// A code and a price for each band.
pub(crate) type BandPrices = Vec<(Box<str>, Decimal)>;

#[derive(Debug)]
pub(crate) enum Pricing {
    /// One price for each band.
    Flat(BandPrices),
    /// The same for each block; the step of the shares.
    Blocks(Blocks<BandPrices>, Rule),
}

impl Tou {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let code = fields.need_text("code")?;
        let mut bands: Vec<Band> = Vec::new();
        for (name, register) in fields.entries("qty") {
            let qty = register.as_str().unwrap_or_default();
            bands.push(Band { name: name.into(), qty: qty.into(), slot: compiler.quantity(qty) });
        }
        let place = |name: &str| ORDER.iter().position(|band| *band == name).unwrap_or(ORDER.len());
        bands.sort_by(|a, b| (place(&a.name), &a.name).cmp(&(place(&b.name), &b.name)));
        let pricing = if fields.has("tiers") {
            for key in ["prices", "base_price", "factors"] {
                if fields.has(key) {
                    return Err(
                        fields.refuse(key, "is not for a component with tiers, which hold the prices")
                    );
                }
            }
            let step = positive(fields, "share_step")?.unwrap_or(Decimal::ONE);
            let step = Rule::new(step, Mode::HalfUp)
                .ok_or_else(|| fields.refuse("share_step", "must be above 0"))?;
            let blocks = Blocks::read(fields, compiler, code, TIER_KEYS, |tier, number| {
                let prices = by_band(tier, "prices", &bands)?;
                Ok(bands
                    .iter()
                    .zip(prices)
                    .map(|(band, p)| (format!("{code}#{number}.{}", band.name).into(), p))
                    .collect())
            })?;
            Pricing::Blocks(blocks, step)
        } else {
            for key in super::blocks::KEYS.iter().map(|key| key.name).chain(["share_step"]) {
                if fields.has(key) {
                    return Err(fields.refuse(key, "is only for a component with tiers"));
                }
            }
            let prices = flat_prices(fields, &bands)?;
            Pricing::Flat(
                bands
                    .iter()
                    .zip(prices)
                    .map(|(band, p)| (format!("{code}#{}", band.name).into(), p))
                    .collect(),
            )
        };
        match &pricing {
            Pricing::Flat(list) => compiler.lines.extend(list.iter().map(|(code, _)| code.clone())),
            Pricing::Blocks(blocks, _) => {
                compiler
                    .lines
                    .extend(blocks.tiers.iter().flat_map(|tier| &tier.held).map(|(code, _)| code.clone()));
            }
        }
        Ok(Self { bands, pricing })
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        match &self.pricing {
            Pricing::Flat(prices) => self.bands.iter().zip(prices).try_for_each(|(band, (code, price))| {
                let usage = run.value(band.slot)?;
                run.priced(step, code, usage, *price, || Made::Band { band: &band.name })
            }),
            Pricing::Blocks(blocks, share) => self.rate_blocks(step, run, blocks, *share),
        }
    }

    /// The blocks by the total, from the highest down, then printed from the lowest up.
    fn rate_blocks<'t>(
        &'t self,
        step: &'t Step,
        run: &mut Run<'_, 't>,
        blocks: &'t Blocks<BandPrices>,
        rule: Rule,
    ) -> Result<(), Trouble> {
        let usages = self.bands.iter().map(|band| run.value(band.slot)).collect::<Result<Vec<_>, _>>()?;
        let total = usages.iter().try_fold(Decimal::ZERO, |sum, usage| number::add(sum, *usage))?;
        let start = blocks.start(run)?;
        if blocks.annual {
            run.moves(&step.code, start, total)?;
        }
        let mut parts: Vec<(&Tier<_>, Part)> = Vec::with_capacity(blocks.tiers.len());
        blocks.split(run, start, total, |_, tier, part| {
            parts.push((tier, part));
            Ok(())
        })?;
        // Bands that cancel out touch no block, and are still owed: they stand in the counter's own block.
        if parts.is_empty()
            && let Some(tier) = blocks.standing(run, start)?
        {
            let part = Part { qty: total, lower: start, upper: tier.upto, from: start, usage: total };
            parts.push((tier, part));
        }
        let shares = self.shares(&parts, &usages, total, rule)?;
        for ((tier, part), share) in parts.into_iter().zip(shares) {
            for ((band, qty), (code, price)) in self.bands.iter().zip(share).zip(&tier.held) {
                if !qty.is_zero() {
                    run.priced(step, code, qty, *price, || Made::Block {
                        number: tier.number,
                        lower: part.lower,
                        upper: part.upper,
                        from: part.from,
                        usage: part.usage,
                        band: Some(&band.name),
                    })?;
                }
            }
        }
        Ok(())
    }

    /// How each block is shared between the bands, in the blocks' order.
    fn shares<T>(
        &self,
        parts: &[(&Tier<T>, Part)],
        usages: &[Decimal],
        total: Decimal,
        rule: Rule,
    ) -> Result<Vec<Vec<Decimal>>, Trouble> {
        // The largest band; of equals, the last by name.
        let by_size = |(_, a): &(&Band, &Decimal), (_, b): &(&Band, &Decimal)| a.abs().cmp(&b.abs());
        let largest = self.bands.iter().zip(usages);
        let largest = largest.max_by(|a, b| by_size(a, b).then_with(|| a.0.name.cmp(&b.0.name)));
        let largest = largest.map(|(band, _)| &band.name);
        let mut left = usages.to_vec();
        let mut shares = Vec::with_capacity(parts.len());
        for (_, part) in parts.iter().skip(1).rev() {
            let mut rest = part.qty;
            let mut share = Vec::with_capacity(usages.len());
            for (band, usage) in self.bands.iter().zip(usages) {
                let own = if Some(&band.name) == largest {
                    Decimal::ZERO
                } else {
                    rule.apply(number::div(number::mul(part.qty, *usage)?, total)?)?
                };
                rest = number::sub(rest, own)?;
                share.push(own);
            }
            for ((band, own), left) in self.bands.iter().zip(&mut share).zip(&mut left) {
                if Some(&band.name) == largest {
                    *own = rest;
                }
                *left = number::sub(*left, *own)?;
            }
            shares.push(share);
        }
        shares.push(left);
        shares.reverse();
        Ok(shares)
    }

    /// Its blocks, where it has any.
    pub(crate) fn blocks(&self) -> Option<&Blocks<BandPrices>> {
        match &self.pricing {
            Pricing::Flat(_) => None,
            Pricing::Blocks(blocks, _) => Some(blocks),
        }
    }

    /// The upper bound of the last block, where it has one.
    pub(crate) fn last_bound(&self) -> Option<Decimal> {
        self.blocks()?.tiers.last().and_then(|tier| tier.upto)
    }
}

/// A price for each band: stated, or the base price times the band's factor.
fn flat_prices(fields: &Fields<'_>, bands: &[Band]) -> Result<Vec<Decimal>, Refused> {
    match (fields.has("prices"), fields.number("base_price"), fields.has("factors")) {
        (true, None, false) => by_band(fields, "prices", bands),
        (false, Some(base), true) => {
            let factors = by_band(fields, "factors", bands)?.into_iter();
            factors
                .map(|factor| {
                    number::mul(base, factor).map_err(|_| fields.refuse("factors", "beyond 96 bits"))
                })
                .collect()
        }
        _ => Err(fields.refuse("prices", "must be given, or base_price and factors")),
    }
}

/// The number of each band; a band without one, or one of no band, is refused.
fn by_band(fields: &Fields<'_>, key: &str, bands: &[Band]) -> Result<Vec<Decimal>, Refused> {
    let entries = fields.entries(key);
    if let Some((name, _)) = entries.iter().find(|(name, _)| bands.iter().all(|band| &*band.name != *name)) {
        return Err(fields.refuse(key, format!("{name:?} is no band of qty")));
    }
    bands
        .iter()
        .map(|band| {
            let own =
                entries.iter().find(|(name, _)| *name == &*band.name).and_then(|(_, value)| decimal(value));
            own.ok_or_else(|| fields.refuse(key, format!("band {:?} is missing", band.name)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tariff::worked;

    const ENERGY: &str = r#"{"type": "tou", "code": "e", "counter": "annual", "qty": {"peak": "kp", "valley": "kv"},
        "tiers": [{"upto": "100", "prices": {"peak": "0.6", "valley": "0.3"}},
                  {"upto": null, "prices": {"peak": "0.7", "valley": "0.4"}}]}"#;

    #[test]
    fn a_correction_is_shared_as_its_bill_was() {
        // From 200 down to 50: 100 above the bound, 40 of them valley; 50 below it.
        let back = r#"{"qty": {"kp": "-90", "kv": "-60"}, "prior_cumulative": {"e": "200"}}"#;
        assert_eq!(
            worked(ENERGY, back),
            [
                "e#1.peak -30 x 0.6 = -18.00",
                "e#1.valley -20 x 0.3 = -6.00",
                "e#2.peak -60 x 0.7 = -42.00",
                "e#2.valley -40 x 0.4 = -16.00",
            ]
        );
    }

    #[test]
    fn the_largest_band_takes_the_rest_of_a_block() {
        // 51 of 151 above the bound: 51 x 50 / 151 = 16.9 of them valley.
        let bill = r#"{"qty": {"kp": "101", "kv": "50"}}"#;
        assert_eq!(
            worked(ENERGY, bill),
            [
                "e#1.peak 67 x 0.6 = 40.20",
                "e#1.valley 33 x 0.3 = 9.90",
                "e#2.peak 34 x 0.7 = 23.80",
                "e#2.valley 17 x 0.4 = 6.80",
            ]
        );
    }

    #[test]
    fn a_band_without_a_quantity_is_missing_and_not_zero() {
        let told = worked(ENERGY, r#"{"qty": {"kp": "101"}}"#);
        assert!(told[0].starts_with(r#"e: needs quantity "kv""#), "{told:?}");
    }
}
