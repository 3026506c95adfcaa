//! The two languages of the people's side.

use std::borrow::Cow;

/// A language in which people are told what is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl Language {
    /// `zh` or `en`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// From `zh` or `en`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The one of two texts that is in this language.
    pub const fn pick<'a>(self, en: &'a str, zh: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// What people say for a word of a closed list (`issued`, `water`, `battery_low` …). A word that is on none of the
    /// lists is left as it is.
    pub fn word(self, word: &str) -> Cow<'_, str> {
        match self {
            Self::Zh => match ZH.iter().find(|(name, _)| *name == word) {
                Some((_, zh)) => Cow::Borrowed(*zh),
                None => Cow::Borrowed(word),
            },
            Self::En => Cow::Owned(word.replace('_', " ")),
        }
    }
}

/// The words of the closed lists in Chinese, as the trade says them (docs/glossary.md).
const ZH: &[(&str, &str)] = &[
    // Services and media.
    ("water", "水"),
    ("hot_water", "热水"),
    ("heat", "热"),
    ("cooling", "冷"),
    ("electricity", "电"),
    ("gas", "燃气"),
    ("other", "其他"),
    // Seals of the audit trail.
    ("changed", "被改动"),
    ("row_missing", "记录缺失"),
    ("link_missing", "封印缺失"),
    // Bills and runs.
    ("regular", "正常"),
    ("supplementary", "补开"),
    ("reversal", "冲红"),
    ("correction", "更正"),
    ("opening", "期初"),
    ("frozen", "已冻结"),
    ("trial", "试算"),
    ("review", "待审核"),
    ("approved", "已审批"),
    ("issuing", "开账中"),
    ("issued", "已开账"),
    ("returned", "退回试算"),
    ("aborted", "已中止"),
    ("cancelled", "已冲销"),
    ("parked", "挂起"),
    ("excluded", "排除"),
    // What a person looks at before a run is approved.
    ("rollover", "过零"),
    ("estimated", "估抄"),
    ("exchange", "换表"),
    // Payments.
    ("pay", "缴费"),
    ("deposit", "预存"),
    ("refund", "退款"),
    // Readings.
    ("actual", "实抄"),
    ("self_read", "自报"),
    ("manual", "手工"),
    ("valid", "有效"),
    ("absent", "无值"),
    ("error", "故障"),
    ("unknown", "未知"),
    // Ages of arrears.
    ("not_due", "未到期"),
    ("1-30", "1-30天"),
    ("31-60", "31-60天"),
    ("61-90", "61-90天"),
    ("91-180", "91-180天"),
    ("181-365", "181-365天"),
    ("1-2y", "1-2年"),
    ("2-3y", "2-3年"),
    ("3y+", "3年以上"),
    // Why a frame was rejected.
    ("truncated", "不完整"),
    ("checksum", "校验错"),
    ("structure", "结构错"),
    ("unsupported", "不支持"),
    ("key_missing", "缺密钥"),
    ("key_wrong", "密钥错"),
    ("integrity", "完整性错"),
    ("state_missing", "缺前帧"),
    ("value", "数值错"),
    ("unknown_meter", "无此表"),
    ("future_time", "时间超前"),
    // Alarms.
    ("info", "提示"),
    ("warning", "警告"),
    ("critical", "严重"),
    ("silent", "失联"),
    ("battery_low", "电池欠压"),
    ("power_low", "电源欠压"),
    ("valve_closed", "阀门关"),
    ("valve_fault", "阀门故障"),
    ("tamper", "拆动"),
    ("magnetic_field", "磁干扰"),
    ("removed", "表被拆下"),
    ("reverse_flow", "倒流"),
    ("leak", "漏水"),
    ("burst", "爆管"),
    ("empty_pipe", "空管"),
    ("dry", "长期无用量"),
    ("overload", "超量程"),
    ("flow_sensor_fault", "流量传感器故障"),
    ("temperature_sensor_fault", "温度传感器故障"),
    ("frost", "防冻告警"),
    ("pressure_alarm", "压力告警"),
    ("temperature_alarm", "温度告警"),
    ("power_failure", "停电"),
    ("phase_loss", "缺相"),
    ("phase_reversal", "逆相序"),
    ("over_voltage", "过压"),
    ("under_voltage", "欠压"),
    ("over_current", "过流"),
    ("cover_open", "开盖"),
    ("relay_open", "拉闸"),
    ("clock_fault", "时钟故障"),
    ("memory_fault", "存储故障"),
    ("permanent_error", "永久故障"),
    ("temporary_error", "暂时故障"),
    ("alarm", "告警"),
    ("busy", "忙"),
    ("restart", "重启"),
    ("signal_weak", "信号弱"),
    // Roles.
    ("clerk", "收费员"),
    ("supervisor", "主管"),
    ("cashier", "出纳"),
    ("operator", "运行"),
    ("auditor", "审计"),
    ("admin", "管理员"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventKind, Medium, Quality, Severity};

    #[test]
    fn closed_lists_are_said_in_chinese() {
        let names = EventKind::ALL
            .iter()
            .map(|kind| kind.name())
            .chain(Medium::ALL.iter().map(|medium| medium.name()))
            .chain([Severity::Info, Severity::Warning, Severity::Critical].map(Severity::name))
            .chain([Quality::Actual, Quality::Estimated].map(Quality::name));
        for name in names {
            assert!(!Language::Zh.word(name).is_ascii(), "{name} is not said in Chinese");
        }
    }

    #[test]
    fn no_word_stands_twice() {
        for (n, (word, _)) in ZH.iter().enumerate() {
            assert!(ZH.iter().skip(n + 1).all(|(other, _)| other != word), "{word}");
        }
    }

    #[test]
    fn other_words_are_left_as_they_are() {
        assert_eq!(Language::Zh.word("cjt188"), "cjt188");
        assert_eq!(Language::En.word("battery_low"), "battery low");
    }
}
