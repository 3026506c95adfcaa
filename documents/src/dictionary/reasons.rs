//! Why an agreement that is due gets no bill, and what a clerk needs to mend it.

use billing::reason::{Facts, Reason};
use metering::{Language, Zone, moment};

/// What a clerk reads for a reason's name; a name that is not on the list stays as it is.
pub fn reason(language: Language, name: &str) -> &str {
    let Ok(reason) = name.parse::<Reason>() else { return name };
    let (en, zh) = said(reason);
    language.pick(en, zh)
}

/// What is stored beside a reason, in the reader's words and in civil time; words that are no facts stay as they are.
///
/// ```
/// use documents::dictionary::detail;
/// use metering::{Language, Zone};
/// let zone = Zone::named("Asia/Shanghai").unwrap();
/// let stored = r#"{"serial":"W1","register":"8-0:1.0.0","value":"2000","before":"2260.19"}"#;
/// assert_eq!(detail(Language::Zh, &zone, stored), "W1 8-0:1.0.0，2000（此前 2260.19）");
/// let stored = r#"{"serial":"W1","register":"8-0:1.0.0","at":"2026-10-31T16:00:00Z"}"#;
/// assert_eq!(detail(Language::En, &zone, stored), "W1 8-0:1.0.0, 2026-11-01 00:00:00");
/// assert_eq!(detail(Language::Zh, &zone, r#"{"run":"5"}"#), "批次 5");
/// ```
pub fn detail(language: Language, zone: &Zone, stored: &str) -> String {
    let Some(facts) = Facts::parse(stored) else { return stored.to_owned() };
    let place: Vec<String> = [facts.serial, facts.register].into_iter().flatten().collect();
    let value = match (facts.value, facts.before, language) {
        (Some(value), Some(before), Language::Zh) => Some(format!("{value}（此前 {before}）")),
        (Some(value), Some(before), Language::En) => Some(format!("{value} after {before}")),
        (value, _, _) => value,
    };
    let civil = |at: String| at.parse().map_or(at, |at| moment::civil(at, zone));
    let run = facts.run.map(|run| format!("{} {run}", language.pick("run", "批次")));
    let parts = [
        facts.tariff,
        (!place.is_empty()).then(|| place.join(" ")),
        value,
        facts.at.map(civil),
        facts.day,
        run,
        facts.period,
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(language.pick(", ", "，"))
}

/// English and Chinese.
const fn said(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::NoReading => ("no reading meets the end of the period", "期末无可用抄见"),
        Reason::NoOpening => ("no reading where the agreement begins", "起始日无抄见"),
        Reason::NoClosing => ("no closing index of the meter taken out", "拆表无止码"),
        Reason::Conflict => ("the boundary reading is in conflict", "边界抄见有冲突未裁定"),
        Reason::NoMeter => ("no meter counts what the tariff needs", "无计量表具"),
        Reason::NoTariff => ("no tariff in force", "无有效价格"),
        Reason::PriceChange => ("the price changes inside the period", "期内价格变更"),
        Reason::NegativeUsage => ("the index runs backwards", "止码小于起码"),
        Reason::DigitsOverflow => ("the index has more digits than the register", "读数超出表位数"),
        Reason::Rating => ("the tariff cannot be applied", "无法按价格计费"),
        Reason::TierYear => ("the tier year ends inside the period", "期内跨阶梯年度"),
        Reason::OpenRun => ("a bill of another run waits for review", "另一批次账单待审批"),
        Reason::Overflow => ("a number does not fit", "数值溢出"),
        Reason::AlreadyBilled => ("already billed", "已开账"),
        Reason::Ended => ("ended and billed to its end", "已销户结清"),
    }
}
