//! A line in one plain sentence, in Chinese or English: the quantity and where it comes from, the block and its bounds,
//! the price, the rounding, the version of the tariff.

mod made;

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::input::{Fact, Input};
use super::line::{Line, Made};
use super::rounding::{Mode, Rule};
use crate::Language;
use crate::components::Component;
use crate::tariff::{Step, Tariff};
use crate::words::word;

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
///     "water#2：第2阶梯，180以上至260 m3；本期前累计170，本期用量100 m3；80 m3 × 4.07 = 325.60（价格BJ-WATER，2014-05-01起）");
/// ```
pub fn explain(tariff: &Tariff, input: &Input, line: &Line<'_>, language: Language) -> String {
    let teller = Teller { tariff, language, unit: line.unit().unwrap_or_default() };
    let mut told = match line.name().and_then(|label| label.text(language)) {
        Some(name) if language == Language::Zh => format!("{name}（{}）：", line.code),
        Some(name) => format!("{name} ({}): ", line.code),
        None => format!("{}{}", line.code, language.pick(": ", "：")),
    };
    let parts = [
        teller.schedule(input, line),
        teller.made(line),
        teller.sources(input, line),
        teller.sum(line),
        teller.money_of(line),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    told.push_str(&parts.join(language.pick("; ", "；")));
    told.push_str(&version(tariff, input, language));
    told
}

/// The tariff and its first day, as far as the document names them, and the part of the period that it prices.
fn version(tariff: &Tariff, input: &Input, language: Language) -> String {
    let mut parts = Vec::new();
    if let Some(code) = &tariff.code {
        let from = tariff.valid_from;
        let from = from.map(|from| language.pick(" of FROM", "，FROM起").replace("FROM", &from.to_string()));
        parts.push(format!("{}{code}{}", language.pick("tariff ", "价格"), from.unwrap_or_default()));
    }
    if let Some(part) = input.period_part {
        let (num, den) = (n(part.num), n(part.den));
        parts.push(match language {
            Language::Zh => format!("{den}天中的{num}天"),
            Language::En => format!("{num} of {den} days"),
        });
    }
    match (parts.is_empty(), language) {
        (true, _) => String::new(),
        (false, Language::Zh) => format!("（{}）", parts.join("，")),
        (false, Language::En) => format!(" ({})", parts.join(", ")),
    }
}

/// A number without padding zeros.
fn n(x: Decimal) -> String {
    x.normalize().to_string()
}

/// A share as a percentage: 0.09 is 9 %.
pub(crate) fn percent(x: Decimal) -> String {
    x.checked_mul(Decimal::ONE_HUNDRED).map_or_else(|| n(x), |x| format!("{} %", n(x)))
}

/// The amount where rounding left it alone, else the exact one.
fn exact(line: &Line<'_>) -> String {
    if line.exact == line.amount { line.amount.to_string() } else { n(line.exact) }
}

struct Teller<'t> {
    tariff: &'t Tariff,
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

    /// A name as the reader calls it.
    fn word<'w>(&self, name: &'w str) -> &'w str {
        word(name, self.language)
    }

    /// A component's printed name, else its code.
    fn name_of<'c>(&'c self, code: &'c str) -> &'c str {
        self.tariff.label_of(code).and_then(|label| label.text(self.language)).unwrap_or(code)
    }

    /// The schedule that the usage chose, where the line is of one.
    fn schedule(&self, input: &Input, line: &Line<'_>) -> String {
        let Some((by, lower, upper)) = line.step.and_then(|step| schedule_of(&self.tariff.steps, step))
        else {
            return String::new();
        };
        let bounds = match (lower, upper) {
            (None, None) => return String::new(),
            (None, Some(upper)) => self.pick(format!("{}以下", n(upper)), format!("up to {}", n(upper))),
            (Some(lower), None) => self.pick(format!("{}以上", n(lower)), format!("above {}", n(lower))),
            (Some(lower), Some(upper)) => self.pick(
                format!("{}以上至{}", n(lower), n(upper)),
                format!("above {} up to {}", n(lower), n(upper)),
            ),
        };
        let usage = input.quantity(by).ok().flatten().map(n).unwrap_or_default();
        let by = self.word(by);
        self.pick(format!("{by}{usage}，适用{bounds}的价格"), format!("{by} {usage}: the schedule {bounds}"))
    }

    /// Whose money it is, or who pays it in the account's place.
    fn money_of(&self, line: &Line<'_>) -> String {
        match (line.payee(), line.payer()) {
            (Some(payee), _) => {
                self.pick(format!("代收（{}）", self.word(payee)), format!("collected for {payee}"))
            }
            (None, Some(payer)) => {
                self.pick(format!("由{}承担", self.word(payer)), format!("paid by {payer}"))
            }
            (None, None) => String::new(),
        }
    }

    /// What a transformer's loss added to a quantity, where one did.
    fn loss(&self, input: &Input, name: &str) -> Option<String> {
        let loss = self.tariff.steps.iter().find_map(|step| match &step.component {
            Component::Loss(loss) if *loss.into_qty == *name => Some(loss),
            _ => None,
        })?;
        let metered = n(input.quantity(&loss.metered).ok().flatten()?);
        let (day, load) = (n(loss.fixed_per_day()), percent(loss.load_rate));
        Some(self.pick(
            format!("抄见{metered}，加变损每日{day}和{load}"),
            format!("{metered} metered, and the transformer's loss of {day} a day and {load}"),
        ))
    }

    /// The readings behind the quantity, where it was summed from segments.
    fn sources(&self, input: &Input, line: &Line<'_>) -> String {
        if let Made::Formula { expr } = line.made {
            return named_in(expr, input).join(self.language.pick(", ", "，"));
        }
        let Some(name) = line.step.and_then(|step| step.component.prices()) else { return String::new() };
        if let Some(loss) = self.loss(input, name) {
            return loss;
        }
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
                one.push_str(self.language.pick(" (rolled over)", "（翻转）"));
            }
            if segment.multiplier != Decimal::ONE {
                let _ = write!(one, " × {}", n(segment.multiplier));
            }
            told.push(one);
        }
        told.join(self.language.pick(", ", "，"))
    }

    /// Quantity times price, and the rounding where it changed something.
    fn sum(&self, line: &Line<'_>) -> String {
        let times = self.language.pick(" x ", " × ");
        let mut told = match (line.price, line.made) {
            (_, Made::TaxIncluded { .. }) => return String::new(),
            (Some(price), Made::Rate { base } | Made::PowerFactor { base, .. }) => {
                format!("{}{times}{} = {}", n(base), percent(price), exact(line))
            }
            (Some(price), Made::TaxByLine { .. }) => {
                format!("{}{}{}", percent(price), self.language.pick(": ", "："), line.amount)
            }
            (None, _) | (_, Made::Fixed | Made::Minimum { .. } | Made::Cap { .. } | Made::Prepaid { .. }) => {
                exact(line)
            }
            (Some(price), _) => format!("{}{times}{} = {}", self.qty(line.qty), n(price), exact(line)),
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
        rounded(rule, self.language)
    }
}

/// A rule in words.
pub(crate) fn rounded(rule: Rule, language: Language) -> String {
    let quantum = rule.quantum();
    let (zh, en) = match rule.mode() {
        Mode::HalfUp => ("四舍五入", "rounded half up"),
        Mode::HalfEven => ("四舍六入五成双", "rounded half to even"),
        Mode::Floor => ("向下舍", "rounded down"),
        Mode::Ceil => ("向上进", "rounded up"),
    };
    match language {
        Language::Zh => format!("{zh}到{quantum}"),
        Language::En => format!("{en} to {quantum}"),
    }
}

/// What chose the schedule that a component stands in, and its bounds.
fn schedule_of<'t>(steps: &'t [Step], wanted: &Step) -> Option<(&'t str, Option<Decimal>, Option<Decimal>)> {
    steps.iter().find_map(|step| {
        let Component::Select(select) = &step.component else { return None };
        let mut lower = None;
        for (upper, inner) in &select.cases {
            if inner.iter().any(|one| std::ptr::eq(one, wanted)) {
                return Some((&*select.by, lower, *upper));
            }
            if let Some(found) = schedule_of(inner, wanted) {
                return Some(found);
            }
            lower = *upper;
        }
        None
    })
}

/// The quantities and facts that a formula names, with their values, each once; sums of lines are on the bill itself.
fn named_in(expr: &str, input: &Input) -> Vec<String> {
    let value = |name: &str| match name {
        "days" => input.days,
        "months" => input.months,
        name => {
            let quantity =
                input.qty.iter().find(|(given, _)| &**given == name).map(|(_, quantity)| *quantity);
            quantity.or_else(|| {
                input.attrs.iter().find(|(given, _)| &**given == name).and_then(|(_, fact)| match fact {
                    Fact::Number(number) => Some(*number),
                    Fact::Text(_) => None,
                })
            })
        }
    };
    let mut told: Vec<String> = Vec::new();
    for name in expr.split(|c: char| !c.is_alphanumeric() && c != '_') {
        if let Some(value) = value(name) {
            let one = format!("{name} = {}", n(value));
            if !told.contains(&one) {
                told.push(one);
            }
        }
    }
    told
}
