//! Mixed use (混合用水) behind one meter: the usage shared between use classes, each rated by its own tariff. The shares
//! belong to the agreement, not to a tariff.
//!
//! fixed amounts first; each ratio is one of the whole usage, half-up to the step, at most what is left; the rest goes to
//! the named class, so that the parts add up. A correction is shared as the bill that it corrects.

use rust_decimal::Decimal;

use super::error::Trouble;
use super::number;
use super::rounding::{Mode, Rule};
use crate::tariff::{Fields, Key, Kind, Refused, positive};

const KEYS: &[Key] = &[
    Key::must("rest", Kind::Text, "the use class that takes what is left"),
    Key::may("step", Kind::Number, "units of the parts; default 1"),
    Key::must("parts", Kind::List(PART_KEYS), "the other use classes"),
];

const PART_KEYS: &[Key] = &[
    Key::must("class", Kind::Text, "the use class"),
    Key::may("ratio", Kind::Number, "its share of the usage"),
    Key::may("fixed", Kind::Number, "its units in each period"),
];

/// How an agreement's usage is shared between use classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    rest: Box<str>,
    step: Rule,
    parts: Vec<(Box<str>, By)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Ratio(Decimal),
    Fixed(Decimal),
}

/// The usage of one use class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassUsage {
    /// The use class.
    pub class: Box<str>,
    /// Its part, by band where bands were shared; else one number.
    pub usage: Vec<Decimal>,
}

impl Split {
    /// Reads `{"rest", "step", "parts": [{"class", "ratio" | "fixed"}]}`.
    ///
    /// ```
    /// use billing::rating::Split;
    /// let split = Split::from_json(r#"{"rest": "residential", "parts": [
    ///     {"class": "special", "fixed": "5"}, {"class": "commercial", "ratio": "0.3"}]}"#).unwrap();
    /// let shared = split.share("41".parse().unwrap()).unwrap();
    /// let told: Vec<_> = shared.iter().map(|part| format!("{} {}", part.class, part.usage[0])).collect();
    /// assert_eq!(told, ["special 5", "commercial 12", "residential 24"]);
    /// ```
    pub fn from_json(text: &str) -> Result<Self, Refused> {
        let value = crate::tariff::parse(text)?;
        let fields = Fields::open("", &value, &[KEYS])?;
        let rest: Box<str> = fields.need_text("rest")?.into();
        let step = positive(&fields, "step")?.unwrap_or(Decimal::ONE);
        let step = Rule::new(step, Mode::HalfUp).ok_or_else(|| fields.refuse("step", "must be above 0"))?;
        let mut parts: Vec<(Box<str>, By)> = Vec::new();
        let mut ratios = Decimal::ZERO;
        for (path, item) in fields.items("parts") {
            let part = Fields::open(path, item, &[PART_KEYS])?;
            let class = part.need_text("class")?;
            if class == &*rest || parts.iter().any(|(other, _)| &**other == class) {
                return Err(part.refuse("class", format!("{class:?} has a part already")));
            }
            let by = match (part.number("ratio"), part.number("fixed")) {
                (Some(ratio), None) => By::Ratio(ratio),
                (None, Some(fixed)) => By::Fixed(fixed),
                _ => return Err(part.refuse("ratio", "exactly one of ratio and fixed must be given")),
            };
            if let By::Ratio(n) | By::Fixed(n) = by
                && n < Decimal::ZERO
            {
                return Err(part.refuse("ratio", "must not be below 0"));
            }
            if let By::Ratio(ratio) = by {
                ratios = number::add(ratios, ratio).map_err(|_| part.refuse("ratio", "beyond 96 bits"))?;
            }
            parts.push((class.into(), by));
        }
        if ratios > Decimal::ONE {
            return Err(fields.refuse("parts", format!("the ratios come to {ratios}, more than 1")));
        }
        parts.sort_by_key(|(_, by)| matches!(by, By::Ratio(_)));
        Ok(Self { rest, step, parts })
    }

    /// The parts of a usage; the last is the rest. `None` beyond 96 bits.
    pub fn share(&self, usage: Decimal) -> Option<Vec<ClassUsage>> {
        self.share_bands(&[usage])
    }

    /// The parts of a usage in bands: each class has the bands in proportion, its largest taking the class's rest; the
    /// named class has what is left of each band. `None` beyond 96 bits.
    pub fn share_bands(&self, bands: &[Decimal]) -> Option<Vec<ClassUsage>> {
        self.shared(bands).ok()
    }

    fn shared(&self, bands: &[Decimal]) -> Result<Vec<ClassUsage>, Trouble> {
        let total = bands.iter().try_fold(Decimal::ZERO, |sum, band| number::add(sum, *band))?;
        let (mut left, mut left_bands) = (total.abs(), bands.to_vec());
        let mut shared = Vec::with_capacity(self.parts.len().saturating_add(1));
        for (class, by) in &self.parts {
            let wanted = match by {
                By::Fixed(fixed) => *fixed,
                By::Ratio(ratio) => self.step.apply(number::mul(total.abs(), *ratio)?)?,
            };
            let part = number::min(wanted, left);
            left = number::sub(left, part)?;
            let signed = if total.is_sign_negative() { number::neg(part) } else { part };
            let usage = self.in_bands(signed, bands, total)?;
            for (left, own) in left_bands.iter_mut().zip(&usage) {
                *left = number::sub(*left, *own)?;
            }
            shared.push(ClassUsage { class: class.clone(), usage });
        }
        shared.push(ClassUsage { class: self.rest.clone(), usage: left_bands });
        Ok(shared)
    }

    /// A class's usage in the bands' proportion; the largest band takes the rest.
    fn in_bands(&self, part: Decimal, bands: &[Decimal], total: Decimal) -> Result<Vec<Decimal>, Trouble> {
        let largest = bands.iter().enumerate().max_by_key(|(_, band)| band.abs()).map_or(0, |(n, _)| n);
        let mut rest = part;
        let mut usage = Vec::with_capacity(bands.len());
        for (n, band) in bands.iter().enumerate() {
            let own = if n == largest || total.is_zero() {
                Decimal::ZERO
            } else {
                self.step.apply(number::div(number::mul(part, *band)?, total)?)?
            };
            rest = number::sub(rest, own)?;
            usage.push(own);
        }
        if let Some(own) = usage.get_mut(largest) {
            *own = rest;
        }
        Ok(usage)
    }
}

/// What a master meter counted and no sub-meter did: the common part, billed to the master's account. Negative where the
/// sub-meters counted more, which is a question for the field, not zero.
pub fn master_rest(master: Decimal, subs: &[Decimal]) -> Option<Decimal> {
    subs.iter().try_fold(master, |rest, sub| rest.checked_sub(*sub))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn three() -> Split {
        let split = r#"{"rest": "residential", "parts": [
            {"class": "commercial", "ratio": "0.3"}, {"class": "special", "fixed": "5"}]}"#;
        Split::from_json(split).unwrap()
    }

    #[test]
    fn a_correction_is_shared_as_the_bill_was() {
        let there = three().share(d("41")).unwrap();
        let back = three().share(d("-41")).unwrap();
        for (there, back) in there.iter().zip(&back) {
            assert_eq!(there.usage[0], -back.usage[0], "{}", there.class);
        }
    }

    #[test]
    fn bands_are_shared_in_proportion() {
        let split =
            Split::from_json(r#"{"rest": "home", "parts": [{"class": "shop", "ratio": "0.4"}]}"#).unwrap();
        let shared = split.share_bands(&[d("60"), d("30"), d("11")]).unwrap();
        assert_eq!(shared[0].usage, [d("24"), d("12"), d("4")]);
        assert_eq!(shared[1].usage, [d("36"), d("18"), d("7")]);
    }

    #[test]
    fn what_is_no_split_is_refused() {
        for text in [
            r#"{"rest": "a", "parts": [{"class": "b", "ratio": "0.7"}, {"class": "c", "ratio": "0.4"}]}"#,
            r#"{"rest": "a", "parts": [{"class": "a", "ratio": "0.7"}]}"#,
            r#"{"rest": "a", "parts": [{"class": "b"}]}"#,
            r#"{"rest": "a", "parts": [{"class": "b", "ratio": "0.1", "fixed": "3"}]}"#,
        ] {
            assert!(Split::from_json(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_rest_of_a_master_meter_may_be_negative() {
        assert_eq!(master_rest(d("100"), &[d("60"), d("45")]), Some(d("-5")));
    }

    proptest! {
        /// Law 9: the parts add up to the usage, in every band.
        #[test]
        fn parts_add_up(bands in prop::collection::vec(-5_000_i64..5_000, 1..5)) {
            let bands: Vec<Decimal> = bands.into_iter().map(|n| Decimal::new(n, 1)).collect();
            let shared = three().share_bands(&bands).unwrap();
            for (n, band) in bands.iter().enumerate() {
                let sum: Decimal = shared.iter().map(|part| part.usage[n]).sum();
                prop_assert_eq!(sum, *band);
            }
        }
    }
}
