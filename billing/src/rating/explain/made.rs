//! What a line was made of, in words.

use rust_decimal::Decimal;

use super::{Teller, n, percent};
use crate::components::{Component, blocks::Blocks};
use crate::rating::line::{Line, Made};

impl Teller<'_> {
    /// What the line was made of.
    pub(super) fn made(&self, line: &Line<'_>) -> String {
        match line.made {
            Made::Untold => String::new(),
            Made::Fixed => self.pick("固定金额".into(), "a fixed amount".into()),
            Made::Attribute { attr } => {
                let attr = self.word(attr);
                self.pick(format!("按{attr}计"), format!("by {attr}"))
            }
            Made::Usage { usage, free, factor, capped } => self.usage(usage, free, factor, capped),
            Made::Block { number, lower, upper, from, usage, band } => {
                let mut told = self.block(line, number, (lower, upper));
                if let Some(band) = band {
                    let band = self.word(band);
                    told.push_str(&self.pick(format!("，{band}时段"), format!(", band {band}")));
                }
                told.push_str(&self.counted(from, usage));
                told
            }
            Made::Band { band } => {
                let band = self.word(band);
                self.pick(format!("{band}时段"), format!("band {band}"))
            }
            Made::Demand { measured, contract } => self.demand(line, measured, contract),
            Made::PowerFactor { active, reactive, base } => {
                let (active, reactive, cos, base) =
                    (n(active), n(reactive), n(line.qty), self.base(line, base));
                let standard = line.step.and_then(|step| match &step.component {
                    Component::PowerFactor(one) => Some(n(one.standard())),
                    _ => None,
                });
                let standard = standard.unwrap_or_default();
                self.pick(
                    format!("有功{active}，无功{reactive}，功率因数{cos}（标准{standard}），以{base}为基数"),
                    format!("active {active}, reactive {reactive}: power factor {cos} (standard {standard}), on {base}"),
                )
            }
            Made::Minimum { sum, to } => {
                let (sum, to) = (self.base(line, sum), n(to));
                self.pick(format!("{sum}，不足保底{to}的部分"), format!("{sum}, topped up to {to}"))
            }
            Made::Cap { sum, at } => {
                let (sum, at) = (self.base(line, sum), n(at));
                self.pick(format!("{sum}，超出封顶{at}的部分"), format!("{sum}, cut to {at}"))
            }
            Made::Rate { base } => {
                let base = self.base(line, base);
                self.pick(format!("以{base}为基数"), format!("on {base}"))
            }
            Made::TaxByLine { base } => {
                let base = self.base(line, base);
                self.pick(
                    format!("以{base}为基数，逐项计税取整后相加"),
                    format!("on {base}, the tax of each line rounded, then added"),
                )
            }
            Made::PerUnit { usage, limit } => {
                let mut told =
                    self.pick(format!("用量{}", self.qty(usage)), format!("{} used", self.qty(usage)));
                if let Some(limit) = limit {
                    told.push_str(
                        &self.pick(format!("，上限{}", n(limit)), format!(", at most {}", n(limit))),
                    );
                }
                told
            }
            Made::TaxIncluded { gross, tax } => {
                let gross = self.base(line, gross);
                let rate = line.price.map(percent).unwrap_or_default();
                self.pick(
                    format!("{gross}中含税额{tax}（税率{rate}），不另收"),
                    format!("{gross} holds a tax of {tax} ({rate}), which is not added"),
                )
            }
            Made::Prepaid { due } => {
                let due = self.base(line, due);
                self.pick(
                    format!("全季应收{due}，减已预收"),
                    format!("{due} is due for the season, less what was prepaid"),
                )
            }
            Made::Formula { expr } => self.pick(format!("公式 {expr}"), format!("formula {expr}")),
            Made::Running { sum, rule } => {
                let (sum, rounded) = (n(sum), self.rounded(rule));
                self.pick(format!("合计{sum}{rounded}的差额"), format!("the difference of {sum} {rounded}"))
            }
        }
    }

    /// The lines that a rate is taken of, and their sum: `water + sewage 376.53`.
    fn base(&self, line: &Line<'_>, sum: Decimal) -> String {
        let of = line.step.and_then(|step| step.component.of_codes()).unwrap_or_default();
        let of: Vec<&str> = of.split(" + ").map(|code| self.name_of(code)).collect();
        format!("{} {}", of.join(" + "), n(sum))
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

    /// A block and its bounds, and the bound of the document where a scale or an adder has made another of it.
    fn block(&self, line: &Line<'_>, number: u16, (lower, upper): (Decimal, Option<Decimal>)) -> String {
        let component = line.step.map(|step| &step.component);
        let is_quota = matches!(component, Some(Component::Quota(_)));
        let bounds = match upper {
            Some(upper) if lower.is_zero() => {
                self.pick(format!("{}以下", self.qty(upper)), format!("up to {}", self.qty(upper)))
            }
            Some(upper) => self.pick(
                format!("{}以上至{}", n(lower), self.qty(upper)),
                format!("above {} up to {}", n(lower), self.qty(upper)),
            ),
            None if lower.is_zero() => self.pick("不限量".into(), "without bound".into()),
            None => self.pick(format!("{}以上", self.qty(lower)), format!("above {}", self.qty(lower))),
        };
        let stated = component.and_then(|component| stated_bound(component, number));
        let stated = match (stated, upper) {
            (Some(stated), Some(upper)) if stated != upper => {
                let stated = n(stated);
                self.pick(
                    format!("（价格所列{stated}，已折算）"),
                    format!(" ({stated} in the tariff, scaled)"),
                )
            }
            _ => String::new(),
        };
        if is_quota {
            self.pick(
                format!("超定额第{number}档，{bounds}"),
                format!("band {number} above the quota, {bounds}"),
            )
        } else {
            self.pick(
                format!("第{number}阶梯，{bounds}{stated}"),
                format!("block {number}, {bounds}{stated}"),
            )
        }
    }

    fn counted(&self, from: Decimal, usage: Decimal) -> String {
        let usage = self.qty(usage);
        if from.is_zero() {
            self.pick(format!("；本期用量{usage}"), format!("; {usage} in this bill"))
        } else {
            self.pick(
                format!("；本期前累计{}，本期用量{usage}", n(from)),
                format!("; {} before this bill, {usage} in it", n(from)),
            )
        }
    }

    fn demand(&self, line: &Line<'_>, measured: Decimal, contract: Option<Decimal>) -> String {
        let Some(Component::Demand(demand)) = line.step.map(|step| &step.component) else {
            return String::new();
        };
        let measured_told = self.qty(measured);
        let (Some(agreed), Some(rules)) = (contract, &demand.contract) else {
            return if demand.by_capacity {
                self.pick(format!("装见容量{measured_told}"), format!("installed capacity {measured_told}"))
            } else {
                self.pick(format!("最大需量{measured_told}"), format!("highest demand {measured_told}"))
            };
        };
        let mut told = self.pick(
            format!("最大需量{measured_told}，合同需量{}", n(agreed)),
            format!("highest demand {measured_told}, contract {}", n(agreed)),
        );
        let (over, least) = (percent(rules.over_ratio), percent(rules.min_share));
        if line.qty > measured && measured > agreed {
            let times = n(rules.over_multiple);
            told.push_str(&self.pick(
                format!("，超过合同{over}的部分按{times}倍"),
                format!(", what is above {over} of it counts {times} times"),
            ));
        } else if line.qty > measured {
            told.push_str(&self.pick(format!("，最低按合同{least}"), format!(", at least {least} of it")));
        }
        told
    }
}

/// A block's bound as the document states it.
fn stated_bound(component: &Component, number: u16) -> Option<Decimal> {
    fn of<T>(blocks: &Blocks<T>, number: u16) -> Option<Decimal> {
        blocks.tiers.iter().find(|tier| tier.number == number).and_then(|tier| tier.upto)
    }
    match component {
        Component::Tiered(tiered) => of(&tiered.blocks, number),
        Component::Tou(tou) => tou.blocks().and_then(|blocks| of(blocks, number)),
        _ => None,
    }
}
