//! `power_factor` (力调电费): a surcharge on a poor power factor, a reward for a good one.
//!
//! cos = P / sqrt(P² + Q²), half-up to 0.01; P = `active`, Q = the absolute `reactive` registers, added
//!
//! line = (sum of the lines `of`) x the rate of cos in the table of `standard`
//!
//! cos is found by comparing whole numbers, without a root: it is at least c where P² x (1 - c²) >= Q² x c².
//! With no active energy there is no power factor, and the bill is parked.
//!
//! P 3,000 kWh, Q 600 kvarh: cos 0.98, which at a standard of 0.90 earns 0.75 %.
//!
//! ```
//! # use billing::tariff::worked;
//! let components = r#"[{"type": "demand", "code": "capacity", "basis": "capacity", "attr": "kva", "price": "30"},
//!     {"type": "power_factor", "code": "pf", "active": "p", "reactive": ["q_import", "q_export"], "standard": "0.90",
//!      "of": ["capacity"]}]"#;
//! let bill = |p, q| worked(components, &format!(
//!     r#"{{"attrs": {{"kva": "100"}}, "qty": {{"p": "{p}", "q_import": "{q}", "q_export": "0"}}}}"#));
//! assert_eq!(bill("3000", "600")[1], "pf 0.98 x -0.0075 = -22.50");
//! // cos 0.71: nineteen steps of 0.5 %; cos 0.60: 20 of 0.5 %, 5 of 1 %, 5 of 2 %.
//! assert_eq!(bill("71", "70.42")[1], "pf 0.71 x 0.095 = 285.00");
//! assert_eq!(bill("60", "80")[1], "pf 0.6 x 0.25 = 750.00");
//! assert_eq!(bill("0", "80"), ["pf: no power factor at an active energy of 0"]);
//! ```

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::rating::{Made, Run, Slot, Trouble, number};
use crate::tariff::{Compiler, Fields, Key, Kind, Of, Refused, Step};

pub(crate) const MEANING: &str = "a surcharge or reward by the power factor, on the named lines";

pub(crate) const KEYS: &[Key] = &[
    Key::must("active", Kind::Text, "the active energy"),
    Key::must("reactive", Kind::Names, "the reactive registers; their absolute values are added"),
    Key::must("standard", Kind::OneOf(&["0.90", "0.85", "0.80", "0.9", "0.8"]), "the standard power factor"),
    Key::must("of", Kind::Names, "capacity and energy, without government funds"),
];

/// The table of one standard, in hundredths of cos and in hundredths of a per cent.
#[derive(Debug)]
struct Table {
    /// The standard, at which nothing is charged.
    standard: u8,
    /// From this cos on the best reward.
    best: u8,
    /// The rewards of the steps above the standard, in 0.01 %.
    rewards: &'static [i64],
    /// Below the standard 0.5 % a step down to here, then 1 % a step.
    knee: u8,
    /// From here on 2 % a step.
    second_knee: u8,
}

/// 水电财字(83)215号.
static TABLES: [Table; 3] = [
    Table { standard: 90, best: 95, rewards: &[15, 30, 45, 60, 75], knee: 70, second_knee: 65 },
    Table {
        standard: 85,
        best: 94,
        rewards: &[10, 20, 30, 40, 50, 65, 80, 95, 110],
        knee: 65,
        second_knee: 60,
    },
    Table {
        standard: 80,
        best: 92,
        rewards: &[10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 115, 130],
        knee: 60,
        second_knee: 55,
    },
];

impl Table {
    /// The rate of a cos in hundredths: 0.005 is half a per cent.
    fn rate(&self, cos: u8) -> Decimal {
        let steps = |from: u8, to: u8| i64::from(from.saturating_sub(to));
        let hundredths = if cos > self.standard {
            let step = cos.min(self.best).saturating_sub(self.standard);
            let reward = self.rewards.get(usize::from(step.saturating_sub(1))).copied().unwrap_or_default();
            reward.saturating_neg()
        } else {
            let slow = steps(self.standard, cos.max(self.knee)).saturating_mul(50);
            let faster = steps(self.knee, cos.max(self.second_knee)).saturating_mul(100);
            let fastest = steps(self.second_knee, cos).saturating_mul(200);
            slow.saturating_add(faster).saturating_add(fastest)
        };
        Decimal::new(hundredths, 4).normalize()
    }
}

#[derive(Debug)]
pub(crate) struct PowerFactor {
    active: Slot,
    reactive: Vec<Slot>,
    table: &'static Table,
    of: Of,
    pub(crate) of_codes: Box<str>,
}

impl PowerFactor {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let table = match fields.need_text("standard")? {
            "0.85" => &TABLES[1],
            "0.80" | "0.8" => &TABLES[2],
            _ => &TABLES[0],
        };
        Ok(Self {
            active: compiler.quantity(fields.need_text("active")?),
            reactive: fields.names("reactive").into_iter().map(|name| compiler.quantity(name)).collect(),
            table,
            of: compiler.of(fields, "of")?,
            of_codes: fields.names("of").join(" + ").into(),
        })
    }

    /// The power factor at which nothing is charged.
    pub(crate) fn standard(&self) -> Decimal {
        Decimal::new(i64::from(self.table.standard), 2)
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let active = run.value(self.active)?;
        let mut reactive = Decimal::ZERO;
        for slot in &self.reactive {
            reactive = number::add(reactive, run.value(*slot)?.abs())?;
        }
        if active <= Decimal::ZERO {
            return Err(run.over(active, Trouble::NoActiveEnergy));
        }
        let cos = hundredths_of_cos(active, reactive).ok_or(Trouble::Overflow)?;
        let base = run.sum(&self.of)?;
        let rate = self.table.rate(cos);
        let made = || Made::PowerFactor { active, reactive, base };
        run.line(
            step,
            &step.code,
            (Decimal::new(i64::from(cos), 2), Some(rate)),
            number::mul(base, rate)?,
            made,
        )
    }
}

/// P / sqrt(P² + Q²) in hundredths, half-up: the highest n with cos >= (n - 1/2) / 100, which is
/// P² x (200² - k²) >= Q² x k² for k = 2n - 1.
fn hundredths_of_cos(active: Decimal, reactive: Decimal) -> Option<u8> {
    // Cos knows only the ratio: both are brought to whole numbers, and to at most 52 bits, as squares times 200²
    // must fit into 128.
    let scale = active.scale().max(reactive.scale());
    let (mut p, mut q) = (whole(active, scale)?, whole(reactive, scale)?);
    while p.max(q) >= 1 << 55 {
        (p, q) = (p.checked_div(10)?, q.checked_div(10)?);
    }
    let (p, q) = (p.checked_mul(p)?, q.checked_mul(q)?);
    let reaches = |n: u8| {
        let k = u128::from(n).checked_mul(2)?.checked_sub(1)?;
        let k = k.checked_mul(k)?;
        let left = p.checked_mul(40_000_u128.checked_sub(k)?)?;
        Some(left.cmp(&q.checked_mul(k)?) != Ordering::Less)
    };
    (1..=100)
        .rev()
        .find_map(|n| match reaches(n) {
            Some(true) => Some(Some(n)),
            Some(false) => None,
            None => Some(None),
        })
        .unwrap_or(Some(0))
}

/// The mantissa at a scale.
fn whole(x: Decimal, scale: u32) -> Option<u128> {
    let up = 10_u128.checked_pow(scale.checked_sub(x.scale())?)?;
    x.mantissa().unsigned_abs().checked_mul(up)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cos(p: &str, q: &str) -> Option<u8> {
        hundredths_of_cos(p.parse().unwrap(), q.parse().unwrap())
    }

    #[test]
    fn cos_is_half_up_at_the_hundredth() {
        for (p, q, expected) in [
            ("180", "81", 91),
            ("3000", "600", 98),
            ("1", "0", 100),
            ("3", "4", 60),
            ("4", "3", 80),
            ("1", "1", 71),
            ("0.001", "1000000", 0),
            // tan of exactly cos 0.905: not reached by a hair, reached by a hair.
            ("905000000", "425411566", 90),
            ("905000000", "425411565", 91),
            ("79228162514264337593543950335", "1", 100),
        ] {
            assert_eq!(cos(p, q), Some(expected), "{p} {q}");
        }
    }

    #[test]
    fn the_tables_are_those_of_the_notice() {
        let rates = |table: &Table, list: &[(u8, &str)]| {
            for (cos, rate) in list {
                assert_eq!(table.rate(*cos), rate.parse().unwrap(), "{} at {cos}", table.standard);
            }
        };
        rates(
            &TABLES[0],
            &[
                (100, "-0.0075"),
                (95, "-0.0075"),
                (94, "-0.006"),
                (91, "-0.0015"),
                (90, "0"),
                (89, "0.005"),
                (70, "0.1"),
                (65, "0.15"),
                (64, "0.17"),
            ],
        );
        rates(
            &TABLES[1],
            &[
                (94, "-0.011"),
                (91, "-0.0065"),
                (90, "-0.005"),
                (86, "-0.001"),
                (85, "0"),
                (65, "0.1"),
                (60, "0.15"),
                (59, "0.17"),
            ],
        );
        rates(
            &TABLES[2],
            &[
                (92, "-0.013"),
                (91, "-0.0115"),
                (90, "-0.01"),
                (81, "-0.001"),
                (80, "0"),
                (60, "0.1"),
                (55, "0.15"),
                (54, "0.17"),
            ],
        );
    }
}
