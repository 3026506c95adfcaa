//! Why an agreement that is due gets no bill.

use billing::reason::Reason;
use metering::Language;

/// What a clerk reads for a reason's name; a name that is not on the list stays as it is.
pub fn reason(language: Language, name: &str) -> &str {
    let Ok(reason) = name.parse::<Reason>() else { return name };
    let (en, zh) = said(reason);
    language.pick(en, zh)
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
        Reason::OpenRun => ("a bill of another run waits for review", "另一批次账单待审核"),
        Reason::Overflow => ("a number does not fit", "数值溢出"),
        Reason::AlreadyBilled => ("already billed", "已开账"),
        Reason::Ended => ("ended and billed to its end", "已销户结清"),
    }
}
