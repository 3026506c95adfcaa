//! The trade's words for names that documents use: what a clerk calls `kva` or `peak`. A name that is not here stands as
//! it is written.

use crate::Language;

/// Each name with its word.
pub const ZH: &[(&str, &str)] = &[
    ("usage", "用量"),
    ("kwh", "电量"),
    ("heat_kwh", "热量"),
    ("heat_gj", "热量"),
    ("max_kw", "最大需量"),
    ("area_m2", "面积"),
    ("heated_area_m2", "供热面积"),
    ("persons", "人口"),
    ("kva", "变压器容量"),
    ("contract_kw", "合同需量"),
    ("meter_size", "口径"),
    ("quota", "定额"),
    ("low_income", "低保"),
    ("prepaid", "预存"),
    ("days", "天数"),
    ("months", "月数"),
    ("year_part", "年度月份比例"),
    ("sharp", "尖"),
    ("peak", "峰"),
    ("shoulder", "平"),
    ("flat", "平"),
    ("valley", "谷"),
    ("deep_valley", "深谷"),
    // Payees that most tariffs have.
    ("sewage", "污水处理费"),
    ("water-resource", "水资源税"),
    ("garbage", "生活垃圾处理费"),
    ("sanitation", "环卫费"),
];

/// A name in the language of the reader.
pub(crate) fn word(name: &str, language: Language) -> &str {
    match language {
        Language::En => name,
        Language::Zh => ZH.iter().find(|(own, _)| *own == name).map_or(name, |(_, word)| word),
    }
}
