//! A line in one plain sentence, in Chinese or English: the quantity and where it comes from, the block and its bounds,
//! the price, the rounding, the version of the tariff.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::input::Input;
use super::line::{Line, Made};
use super::rounding::{Mode, Rule};
use crate::Language;
use crate::tariff::Tariff;

/// Tells one line.
///
/// ```
/// use billing::Language;
/// use billing::rating::{Input, explain, rate};
/// use billing::tariff::Tariff;
///
/// let tariff = Tariff::from_json(r#"{"code": "BJ-WATER", "medium": "water", "valid_from": "2014-05-01",
///     "quantum": "0.01", "rounding": "half_up", "components": [
///     {"type": "tiered", "code": "water", "qty": "usage", "basis": "annual_cumulative", "tiers": [
///         {"upto": "180", "price": "2.07"}, {"upto": "260", "price": "4.07"}, {"upto": null, "price": "6.07"}]}]}"#).unwrap();
/// let input = Input::from_json(r#"{"qty": {"usage": "100"}, "prior_cumulative": {"usage": "170"}}"#).unwrap();
/// let bill = rate(&tariff, &input).unwrap();
/// assert_eq!(explain(&tariff, &input, &bill.lines[1], Language::En),
///     "water#2: block 2, above 180 up to 260 m3; 170 before this bill, 100 m3 in it; 80 m3 x 4.07 = 325.60 \
///      (tariff BJ-WATER of 2014-05-01)");
/// assert_eq!(explain(&tariff, &input, &bill.lines[1], Language::Zh),
///     "water#2：第2阶梯，180以上至260 m3；本期前累计170，本期用量100 m3；80 m3 × 4.07 = 325.60（价目BJ-WATER，2014-05-01起）");
/// ```
pub fn explain(tariff: &Tariff, input: &Input, line: &Line<'_>, language: Language) -> String {
    let teller = Teller { language, unit: line.unit().unwrap_or_default() };
    let name = line.name().and_then(|label| match language {
        Language::Zh => label.zh.as_deref().or(label.en.as_deref()),
        Language::En => label.en.as_deref().or(label.zh.as_deref()),
    });
    let mut told = match name {
        Some(name) if language == Language::Zh => format!("{name}（{}）：", line.code),
        Some(name) => format!("{name} ({}): ", line.code),
        None => format!("{}{}", line.code, language.pick("：", ": ")),
    };
    let parts = [teller.made(line), teller.sources(input, line), teller.sum(line)];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    told.push_str(&parts.join(language.pick("；", "; ")));
    told.push_str(&version(tariff, language));
    told
}

/// The tariff and its first day, as far as the document names them.
fn version(tariff: &Tariff, language: Language) -> String {
    match (&tariff.code, tariff.valid_from, language) {
        (Some(code), Some(from), Language::Zh) => format!("（价目{code}，{from}起）"),
        (Some(code), Some(from), Language::En) => format!(" (tariff {code} of {from})"),
        (Some(code), None, Language::Zh) => format!("（价目{code}）"),
        (Some(code), None, Language::En) => format!(" (tariff {code})"),
        (None, ..) => String::new(),
    }
}

/// A number without padding zeros.
fn n(x: Decimal) -> String {
    x.normalize().to_string()
}

/// The amount where rounding left it alone, else the exact one.
fn exact(line: &Line<'_>) -> String {
    if line.exact == line.amount { line.amount.to_string() } else { n(line.exact) }
}

struct Teller<'t> {
    language: Language,
    unit: &'t str,
}

impl Teller<'_> {
    /// A quantity with its unit.
    fn qty(&self, x: Decimal) -> String {
        if self.unit.is_empty() { n(x) } else { format!("{} {}", n(x), self.unit) }
    }

    fn pick(&self, zh: String, en: String) -> String {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// What the line was made of.
    fn made(&self, line: &Line<'_>) -> String {
        match line.made {
            Made::Untold => String::new(),
            Made::Fixed => self.pick("固定金额".into(), "a fixed amount".into()),
            Made::Attribute { attr } => self.pick(
                format!("按{attr} {}", self.qty(line.qty)),
                format!("by {attr}, {}", self.qty(line.qty)),
            ),
            Made::Usage { usage, free, factor, capped } => self.usage(usage, free, factor, capped),
            Made::Block { number, lower, upper, from, usage, band } => {
                self.block(number, (lower, upper), (from, usage), band)
            }
            Made::Band { band } => self.pick(format!("{band}时段"), format!("band {band}")),
            Made::Demand { measured, contract: None } => self.pick(
                format!("需量或容量{}", self.qty(measured)),
                format!("demand or capacity {}", self.qty(measured)),
            ),
            Made::Demand { measured, contract: Some(contract) } => self.pick(
                format!("最大需量{}，合同需量{}，计费需量{}", n(measured), n(contract), self.qty(line.qty)),
                format!("highest {}, contract {}, charged {}", n(measured), n(contract), self.qty(line.qty)),
            ),
            Made::PowerFactor { active, reactive, base } => self.pick(
                format!("有功{}，无功{}，功率因数{}，基数{}", n(active), n(reactive), n(line.qty), n(base)),
                format!(
                    "active {}, reactive {}, power factor {}, on {}",
                    n(active),
                    n(reactive),
                    n(line.qty),
                    n(base)
                ),
            ),
            Made::Minimum { sum, to } => self.pick(
                format!("合计{}，保底至{}", n(sum), n(to)),
                format!("{} topped up to {}", n(sum), n(to)),
            ),
            Made::Cap { sum, at } => {
                self.pick(format!("合计{}，封顶{}", n(sum), n(at)), format!("{} cut to {}", n(sum), n(at)))
            }
            Made::Rate { base } => self.pick(format!("以{}为基数", n(base)), format!("on {}", n(base))),
            Made::PerUnit { usage, limit: Some(limit) } => self.pick(
                format!("用量{}，上限{}", self.qty(usage), n(limit)),
                format!("{} used, at most {}", self.qty(usage), n(limit)),
            ),
            Made::PerUnit { usage, limit: None } => {
                self.pick(format!("用量{}", self.qty(usage)), format!("{} used", self.qty(usage)))
            }
            Made::TaxIncluded { gross, tax } => self.pick(
                format!("价税合计{}，其中税额{}，不另收", n(gross), tax),
                format!("{} holds a tax of {tax}, which is not added", n(gross)),
            ),
            Made::Prepaid { due } => self.pick(
                format!("应收{}，扣除预收", n(due)),
                format!("{} is due for the season, less what was prepaid", n(due)),
            ),
            Made::Formula { expr } => self.pick(format!("公式 {expr}"), format!("formula {expr}")),
            Made::Running { sum, rule } => {
                let sum = n(sum);
                self.pick(
                    format!("合计{sum}，{}", self.rounded(rule)),
                    format!("{sum}, {}", self.rounded(rule)),
                )
            }
        }
    }

    fn usage(&self, usage: Decimal, free: Decimal, factor: Decimal, capped: Option<Decimal>) -> String {
        let mut told = self.pick(format!("用量{}", self.qty(usage)), format!("{} used", self.qty(usage)));
        if !free.is_zero() && usage >= Decimal::ZERO {
            told.push_str(&self.pick(format!("，免费{}", n(free)), format!(", {} of it free", n(free))));
        }
        if factor != Decimal::ONE {
            told.push_str(&self.pick(format!("，系数{}", n(factor)), format!(", times {}", n(factor))));
        }
        if let Some(cap) = capped {
            told.push_str(&self.pick(format!("，最多{}", n(cap)), format!(", at most {}", n(cap))));
        }
        told
    }

    fn block(
        &self,
        number: u16,
        (lower, upper): (Decimal, Option<Decimal>),
        (from, usage): (Decimal, Decimal),
        band: Option<&str>,
    ) -> String {
        let bounds = match upper {
            Some(upper) => self.pick(
                format!("{}以上至{}", n(lower), self.qty(upper)),
                format!("above {} up to {}", n(lower), self.qty(upper)),
            ),
            None => self.pick(format!("{}以上", self.qty(lower)), format!("above {}", self.qty(lower))),
        };
        let mut told = self.pick(format!("第{number}阶梯，{bounds}"), format!("block {number}, {bounds}"));
        if let Some(band) = band {
            told.push_str(&self.pick(format!("，{band}时段"), format!(", band {band}")));
        }
        let usage = self.qty(usage);
        told.push_str(&if from.is_zero() {
            self.pick(format!("；本期用量{usage}"), format!("; {usage} in this bill"))
        } else {
            self.pick(
                format!("；本期前累计{}，本期用量{usage}", n(from)),
                format!("; {} before this bill, {usage} in it", n(from)),
            )
        });
        told
    }

    /// The readings behind the quantity, where it was summed from segments.
    fn sources(&self, input: &Input, line: &Line<'_>) -> String {
        let Some(name) = line.step.and_then(|step| step.component.prices()) else { return String::new() };
        if input.qty.iter().any(|(given, _)| &**given == name) {
            return String::new();
        }
        let mut told = Vec::new();
        for segment in input.segments.iter().filter(|segment| &*segment.register == name) {
            let mut one = match &segment.meter {
                Some(meter) => self.pick(format!("表{meter} "), format!("meter {meter} ")),
                None => String::new(),
            };
            let (open, close) = (n(segment.open), n(segment.close));
            one.push_str(&self.pick(format!("抄见{open}至{close}"), format!("read {open} to {close}")));
            if segment.rollover && segment.close < segment.open {
                one.push_str(self.language.pick("（翻转）", " (rolled over)"));
            }
            if segment.multiplier != Decimal::ONE {
                let _ = write!(one, " × {}", n(segment.multiplier));
            }
            told.push(one);
        }
        told.join(self.language.pick("，", ", "))
    }

    /// Quantity times price, and the rounding where it changed something.
    fn sum(&self, line: &Line<'_>) -> String {
        let mut told = match line.price {
            Some(price) if matches!(line.made, Made::Fixed | Made::Minimum { .. } | Made::Cap { .. }) => {
                n(price)
            }
            Some(price) => {
                let times = self.language.pick(" × ", " x ");
                format!("{}{times}{} = {}", self.qty(line.qty), n(price), exact(line))
            }
            None => exact(line),
        };
        if line.exact != line.amount
            && let Some(rule) = line.rule()
        {
            let rounded = self.rounded(rule);
            told.push_str(
                &self.pick(format!("，{rounded}为 {}", line.amount), format!(", {rounded}: {}", line.amount)),
            );
        }
        told
    }

    fn rounded(&self, rule: Rule) -> String {
        let quantum = rule.quantum();
        let (zh, en) = match rule.mode() {
            Mode::HalfUp => ("四舍五入", "rounded half up"),
            Mode::HalfEven => ("四舍六入五成双", "rounded half to even"),
            Mode::Floor => ("向下舍", "rounded down"),
            Mode::Ceil => ("向上进", "rounded up"),
        };
        self.pick(format!("{zh}到{quantum}"), format!("{en} to {quantum}"))
    }
}
