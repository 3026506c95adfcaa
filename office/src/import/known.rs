//! What is wrong with a row in view of what is stored or of who brings it, as a rule of a sheet.

use metering::Language;
use metering::refusal::Refusal;
use sheets::Rule;
use store::import::FindingKind;

/// The rule with its sentence; `other` is the stored value, the number of the other row, a likely meaning.
pub(super) fn rule(kind: FindingKind, other: Option<&str>) -> Rule {
    let other = other.unwrap_or_default();
    let (en, zh) = sentence(kind, other);
    let whole = |text: &str| match other {
        "" => text.trim_end_matches([':', '：']).to_owned(),
        other => format!("{text} {other}"),
    };
    Rule::Said { name: kind.name(), en: whole(en), zh: whole(zh) }
}

/// A refusal of one row, in both languages.
pub(super) fn refused(refusal: &Refusal) -> Rule {
    let said = |language| documents::refusal::say(refusal, language);
    Rule::Said { name: refusal.why.name(), en: said(Language::En), zh: said(Language::Zh) }
}

fn sentence(kind: FindingKind, other: &str) -> (&'static str, &'static str) {
    use FindingKind as K;
    match kind {
        K::Unknown if other.is_empty() => ("there is none of that name", "不存在"),
        K::Unknown => ("there is none of that name; perhaps this is meant:", "不存在；是否为："),
        K::Twice => ("the same key as row", "与该行重复："),
        K::Disagrees => ("something else than row", "与该行不一致："),
        K::Differs => (
            "known with another content (change it with --update); stored:",
            "已存在且内容不同（可用 --update 修改）；已存：",
        ),
        K::Fixed => ("cannot be changed any more; stored:", "不可再改；已存："),
        K::Dated => (
            "a dated fact: change it from its date with `import attributes`; stored:",
            "这是带日期的属性：请用 import attributes 按生效日修改；已存：",
        ),
        K::Backwards => ("begins before what is already known:", "早于已有记录："),
        K::Overlaps => ("shares time with", "时间重叠："),
        K::Outside => ("outside", "超出："),
        K::Mismatch => ("does not fit", "不匹配："),
        K::Taken => ("already that of", "已被占用："),
        K::Ambiguous => ("has to be said: there are several", "有多个，必须填写"),
        K::Cycle => ("is part of itself", "上级形成循环"),
        K::Future => ("lies in the future", "在未来"),
        K::TooOld => ("too far in the past; the earliest is", "时间过早；最早为"),
        K::BeforeInstallation => ("before the meter was put in,", "早于装表时间："),
        K::AfterRemoval => ("after the meter was taken out,", "晚于拆表时间："),
        K::TooFine => ("more than 6 decimal places", "超过 6 位小数"),
        K::TooLarge => ("too large", "数值过大"),
        K::Digits => ("more digits than the register has; it ends before", "超出表位数；满度为"),
        K::RunsBackwards => (
            "less than the register showed before; fill `reason` if it is right. Before:",
            "小于前次读数；如属实请填写原因。前次：",
        ),
    }
}
