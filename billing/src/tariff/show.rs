//! A tariff as a table that a clerk can lay beside the printed notice, in Chinese or English.

use rust_decimal::Decimal;

use super::document::Tariff;
use super::plan::{Label, Step};
use crate::Language;
use crate::components::{
    Component,
    blocks::{Blocks, Factor},
    demand::Demand,
    reduction,
    tou::Pricing,
};
use crate::rating::{Need, Rule, Slot, percent, rounded};
use crate::words::word;

/// One row: code, name, what it is charged on, the price, whose money it is.
pub type Row = [String; 5];

/// The rows of a tariff, the heading first.
pub fn rows(tariff: &Tariff, language: Language) -> Vec<Row> {
    let heading = match language {
        Language::Zh => ["代码", "名称", "计费依据", "价格", "归属"],
        Language::En => ["code", "name", "charged on", "price", "payee"],
    };
    let mut shown = Shown { tariff, language, rows: vec![heading.map(str::to_owned)] };
    shown.steps(&tariff.steps, "");
    shown.rounding();
    shown.rows
}

/// Code, name, medium, currency and days of validity, as far as the document names them.
pub fn heading(tariff: &Tariff, language: Language) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(tariff.code.as_deref().map(str::to_owned));
    parts.extend(tariff.name.as_ref().map(|name| label(name, language)));
    parts.extend(tariff.medium.as_deref().map(str::to_owned));
    parts.extend(tariff.currency.as_deref().map(str::to_owned));
    parts.extend(match (tariff.valid_from, tariff.valid_to, language) {
        (None, ..) => None,
        (Some(from), None, Language::Zh) => Some(format!("{from}起")),
        (Some(from), None, Language::En) => Some(format!("from {from} on")),
        (Some(from), Some(to), Language::Zh) => Some(format!("{from}起，{to}前")),
        (Some(from), Some(to), Language::En) => Some(format!("from {from}, before {to}")),
    });
    parts.join("  ")
}

fn label(name: &Label, language: Language) -> String {
    name.text(language).unwrap_or_default().to_owned()
}

fn n(x: Decimal) -> String {
    x.normalize().to_string()
}

struct Shown<'t> {
    tariff: &'t Tariff,
    language: Language,
    rows: Vec<Row>,
}

impl Shown<'_> {
    /// A name as the reader calls it, with the document's own where that is another.
    fn word(&self, name: &str) -> String {
        match word(name, self.language) {
            told if told == name => name.to_owned(),
            told => format!("{told}({name})"),
        }
    }

    /// The printed names of components, where they have any.
    fn names(&self, codes: &str) -> String {
        let name =
            |code| self.tariff.label_of(code).and_then(|label| label.text(self.language)).unwrap_or(code);
        codes.split(" + ").map(name).collect::<Vec<_>>().join(" + ")
    }

    /// The fact that a place holds.
    fn fact(&self, Slot(slot): Slot) -> String {
        match self.tariff.needs.get(slot as usize) {
            Some(Need::Attribute(name)) => self.word(name),
            Some(Need::Days) => self.word("days"),
            Some(Need::Months) => self.word("months"),
            _ => String::new(),
        }
    }

    fn rule(&self, rule: Rule) -> String {
        rounded(rule, self.language)
    }

    fn pick(&self, zh: String, en: String) -> String {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    fn row(&mut self, code: &str, step: &Step, what: String, price: String) {
        let name = step.name.as_ref().map(|name| label(name, self.language)).unwrap_or_default();
        let payee = match (step.payee.as_deref(), step.component.payer()) {
            (Some(payee), _) => payee.to_owned(),
            (None, Some(payer)) => self.pick(format!("{payer}承担"), format!("paid by {payer}")),
            (None, None) => String::new(),
        };
        self.rows.push([code.to_owned(), name, what, price, payee]);
    }

    /// The components, those of a schedule under the condition that chooses it.
    fn steps(&mut self, steps: &[Step], condition: &str) {
        for step in steps {
            self.step(step, condition);
        }
    }

    fn step(&mut self, step: &Step, condition: &str) {
        let under = |what: String| if condition.is_empty() { what } else { format!("{condition}: {what}") };
        let per = step.unit.as_deref().map(|unit| format!("/{unit}")).unwrap_or_default();
        match &step.component {
            Component::Select(select) => self.select(select.by.as_ref(), &select.cases),
            Component::Tiered(tiered) => {
                for (bounds, tier) in self.bounds(&tiered.blocks).into_iter().zip(&tiered.blocks.tiers) {
                    let code = format!("{}#{}", step.code, tier.number);
                    let what = under(format!("{} {bounds}", self.word(&tiered.qty)));
                    self.row(&code, step, what, format!("{}{per}", n(tier.held.price)));
                }
            }
            Component::Tou(tou) => match &tou.pricing {
                Pricing::Flat(prices) => {
                    for (band, (code, price)) in tou.bands.iter().zip(prices) {
                        self.row(
                            code,
                            step,
                            under(format!("{} ({})", word(&band.name, self.language), band.qty)),
                            format!("{}{per}", n(*price)),
                        );
                    }
                }
                Pricing::Blocks(blocks, _) => {
                    for (bounds, tier) in self.bounds(blocks).into_iter().zip(&blocks.tiers) {
                        for (band, (code, price)) in tou.bands.iter().zip(&tier.held) {
                            let what = under(format!("{} {bounds}", word(&band.name, self.language)));
                            self.row(code, step, what, format!("{}{per}", n(*price)));
                        }
                    }
                }
            },
            Component::Quota(quota) => {
                let mut lower = Decimal::ZERO;
                for (number, band) in (1..).zip(&quota.bands) {
                    let attr = self.word(&quota.attr);
                    let above = self.pick(
                        format!("超{attr} {}以上", percent(lower)),
                        format!("more than {} over {attr}", percent(lower)),
                    );
                    let what = match band.upto_ratio {
                        Some(upto) => self.pick(
                            format!("超{attr} {}至{}", percent(lower), percent(upto)),
                            format!("{} to {} over {attr}", percent(lower), percent(upto)),
                        ),
                        None => above,
                    };
                    lower = band.upto_ratio.unwrap_or(lower);
                    self.row(
                        &format!("{}#{number}", step.code),
                        step,
                        under(what),
                        format!("+{}{per}", n(band.price)),
                    );
                }
            }
            other => {
                let (what, price) = self.plain(other, &per);
                self.row(&step.code, step, under(what), price);
            }
        }
    }

    fn select(&mut self, by: &str, cases: &[(Option<Decimal>, Vec<Step>)]) {
        let mut lower: Option<Decimal> = None;
        let by = self.word(by);
        for (upto, steps) in cases {
            let condition = match (lower, upto) {
                (None, None) => String::new(),
                (Some(lower), None) => format!("{by} > {}", n(lower)),
                (None, Some(upto)) => format!("{by} <= {}", n(*upto)),
                (Some(lower), Some(upto)) => format!("{} < {by} <= {}", n(lower), n(*upto)),
            };
            self.steps(steps, &condition);
            lower = *upto;
        }
    }

    /// Each block's bounds in words, with what scales and raises them.
    fn bounds<T>(&self, blocks: &Blocks<T>) -> Vec<String> {
        let mut how: Vec<String> = Vec::new();
        if blocks.annual {
            how.push(self.pick("按年累计".into(), "through the tier year".into()));
        }
        how.extend(blocks.scale.iter().map(|factor| self.factor(*factor)));
        for adder in &blocks.adders {
            let list: Vec<String> = adder.per_extra.iter().map(|x| n(*x)).collect();
            let (list, over, attr) = (list.join("/"), n(adder.over), self.word(&adder.attr));
            let by_month = if adder.by_month {
                self.pick("，按月折算".into(), ", by month".into())
            } else {
                String::new()
            };
            how.push(self.pick(
                format!("{attr}超{over}每一加{list}{by_month}"),
                format!("+{list} for each of {attr} over {over}{by_month}"),
            ));
        }
        how.extend(blocks.limit_rounding.map(|rule| {
            self.pick(format!("界限{}", self.rule(rule)), format!("bounds {}", self.rule(rule)))
        }));
        let how = if how.is_empty() { String::new() } else { format!(" ({})", how.join(", ")) };
        let mut lower = Decimal::ZERO;
        let mut told = Vec::new();
        for tier in &blocks.tiers {
            let bounds = match tier.upto {
                Some(upto) => {
                    self.pick(format!("{}-{}", n(lower), n(upto)), format!("{} to {}", n(lower), n(upto)))
                }
                None => self.pick(format!("{}以上", n(lower)), format!("above {}", n(lower))),
            };
            lower = tier.upto.unwrap_or(lower);
            told.push(format!("{bounds}{how}"));
        }
        told
    }

    fn factor(&self, factor: Factor) -> String {
        match factor {
            Factor::Days(_) => format!("× {}", self.word("days")),
            Factor::NormDays(_, norm) => format!("× {} / {}", self.word("days"), n(norm)),
            Factor::Months(_) => format!("× {}", self.word("months")),
            Factor::Attr(slot) => format!("× {}", self.fact(slot)),
            Factor::YearPart(..) => format!("× {}", self.word("year_part")),
        }
    }

    /// What a component of one row is charged on, and its price.
    fn plain(&self, component: &Component, per: &str) -> (String, String) {
        match component {
            Component::Fixed(fixed) => (self.pick("固定".into(), "fixed".into()), n(fixed.amount)),
            Component::PerAttr(one) => (self.word(&one.attr), format!("{}{per}", n(one.price))),
            Component::Unit(unit) => {
                let mut what = self.word(&unit.qty);
                if !unit.free.is_zero() {
                    what = self.pick(
                        format!("（{what} - 免费{}）", n(unit.free)),
                        format!("({what} - {} free)", n(unit.free)),
                    );
                }
                if unit.factor != Decimal::ONE {
                    what = format!("{what} × {}", n(unit.factor));
                }
                if let Some(cap) = unit.cap {
                    what =
                        self.pick(format!("{what}，最多{}", n(cap)), format!("{what}, at most {}", n(cap)));
                }
                (what, format!("{}{per}", n(unit.price)))
            }
            Component::Percent(one) => (self.names(&one.of_codes), percent(one.rate)),
            Component::Formula(formula) => (formula.expr.to_string(), String::new()),
            Component::RoundRunning(one) => {
                (self.pick("截至此处合计".into(), "the total so far".into()), self.rule(one.rule))
            }
            Component::Demand(demand) => (self.demand(demand), format!("{}{per}", n(demand.price))),
            Component::PowerFactor(one) => (
                self.pick(
                    format!("{}，按功率因数奖惩", self.names(&one.of_codes)),
                    format!("{}, by the power factor", self.names(&one.of_codes)),
                ),
                self.pick(format!("标准{}", one.standard()), format!("standard {}", one.standard())),
            ),
            Component::Loss(loss) => {
                let day = n(loss.fixed_per_day());
                let load = percent(loss.load_rate);
                (
                    self.pick(
                        format!("{} + 变损每日{day} + {load} → {}", self.word(&loss.metered), loss.into_qty),
                        format!("{} + loss of {day} a day + {load} → {}", loss.metered, loss.into_qty),
                    ),
                    String::new(),
                )
            }
            Component::Minimum(one) => (
                self.pick(
                    format!("{}保底", self.names(&one.of_codes)),
                    format!("{}, at least", self.names(&one.of_codes)),
                ),
                n(one.amount),
            ),
            Component::Cap(cap) => (
                self.pick(
                    format!("{}封顶", self.names(&cap.of_codes)),
                    format!("{}, at most", self.names(&cap.of_codes)),
                ),
                format!("{} × {}", self.word(&cap.attr), n(cap.price)),
            ),
            Component::Discount(discount) => self.reduction(&discount.0, per),
            Component::Subsidy(subsidy) => self.reduction(&subsidy.reduction, per),
            Component::Vat(vat) => {
                let held = if vat.inclusive {
                    self.pick("（已含）".into(), " (included)".into())
                } else {
                    String::new()
                };
                (self.names(&vat.of_codes), format!("{}{held}", percent(vat.rate)))
            }
            Component::Settlement(one) => (
                self.pick(
                    format!("{}，多退少补", self.names(&one.of_codes)),
                    format!("{}, less what was prepaid", self.names(&one.of_codes)),
                ),
                format!("-{}", self.word(&one.less)),
            ),
            Component::Tiered(_) | Component::Tou(_) | Component::Quota(_) | Component::Select(_) => {
                (String::new(), String::new())
            }
        }
    }

    fn demand(&self, demand: &Demand) -> String {
        let name = self.word(&demand.name);
        let Some(contract) = &demand.contract else { return name };
        let agreed = self.word(&contract.attr);
        let (over, times, least) =
            (percent(contract.over_ratio), n(contract.over_multiple), percent(contract.min_share));
        self.pick(
            format!("{name}，超{agreed} {over}部分按{times}倍，最低{least}"),
            format!("{name}, {times} times above {over} of {agreed}, at least {least} of it"),
        )
    }

    fn reduction(&self, one: &reduction::Reduction, per: &str) -> (String, String) {
        let (what, price) = match &one.by {
            reduction::By::Rate { rate, of_codes, .. } => {
                (self.names(of_codes), format!("-{}", percent(*rate)))
            }
            reduction::By::Amount(amount) => {
                (self.pick("固定".into(), "fixed".into()), format!("-{}", n(*amount)))
            }
            reduction::By::PerUnit { price, qty, limit, scale, .. } => {
                let scale = scale.map(|slot| format!(" × {}", self.fact(slot))).unwrap_or_default();
                let upto = limit.map(|limit| {
                    self.pick(format!("，最多{}{scale}", n(limit)), format!(", at most {}{scale}", n(limit)))
                });
                (format!("{}{}", self.word(qty), upto.unwrap_or_default()), format!("-{}{per}", n(*price)))
            }
        };
        match &one.if_attr {
            Some((_, attr)) => {
                let attr = self.word(attr);
                (self.pick(format!("{what}，凭{attr}"), format!("{what}, if {attr}")), price)
            }
            None => (what, price),
        }
    }

    /// How amounts are rounded, as the notice's last line has it.
    fn rounding(&mut self) {
        let tariff = self.tariff;
        let place = if tariff.rounds_lines {
            self.pick("每项".into(), "each line".into())
        } else {
            self.pick("合计".into(), "the total".into())
        };
        let what = self.pick("取整".into(), "rounding".into());
        let rule = self.rule(tariff.rule);
        self.rows.push([String::new(), what, place, rule, String::new()]);
        if let Some(last) = tariff.last_rule {
            let (what, place) = (
                self.pick("取整".into(), "rounding".into()),
                self.pick("最后合计".into(), "the total, last".into()),
            );
            let rule = self.rule(last);
            self.rows.push([String::new(), what, place, rule, String::new()]);
        }
    }
}
