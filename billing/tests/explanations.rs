//! Lines told in one sentence each: what a clerk reads out at the counter. No sentence holds a sum that is not true.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use billing::Language;
use billing::rating::{Input, explain, rate};
use billing::tariff::Tariff;

const TARIFF: &str = r#"{"code": "T", "valid_from": "2026-01-01", "quantum": "0.01", "rounding": "half_up", "components": [
    {"type": "loss", "qty": "kwh", "into": "billed_kwh", "fixed_per_day": "4.6", "load_rate": "0.015"},
    {"type": "unit", "code": "energy", "name": {"zh": "电度电费", "en": "energy"}, "qty": "billed_kwh", "price": "0.7"},
    {"type": "tiered", "code": "water", "qty": "m3", "basis": "per_norm_days", "norm_days": "30",
     "tiers": [{"upto": "30", "price": "2"}, {"upto": null, "price": "3"}], "payee": "works"},
    {"type": "demand", "code": "demand", "basis": "contract", "qty": "max_kw", "contract_attr": "contract_kw",
     "min_share": "0.4", "price": "40"},
    {"type": "power_factor", "code": "pf", "active": "kwh", "reactive": ["kvarh"], "standard": "0.90", "of": ["energy"]},
    {"type": "minimum", "code": "minimum", "amount": "200", "of": ["water"]},
    {"type": "vat", "code": "vat", "rate": "0.09", "of": ["water", "energy"], "place": "line"},
    {"type": "vat", "code": "held", "rate": "0.13", "of": ["energy"], "mode": "inclusive"},
    {"type": "select", "by": "kwh", "cases": [{"upto": "60", "components": [{"type": "fixed", "code": "base", "amount": "30"}]},
     {"upto": null, "components": [{"type": "fixed", "code": "base", "amount": "90"}]}]}]}"#;

const INPUT: &str = r#"{"qty": {"kwh": "10000", "m3": "40", "max_kw": "25", "kvarh": "5200"},
    "attrs": {"contract_kw": "100"}, "days": "31"}"#;

/// The sentences, without the tariff that each ends with.
fn told(input: &str, language: Language) -> Vec<String> {
    let (tariff, input) = (Tariff::from_json(TARIFF).unwrap(), Input::from_json(input).unwrap());
    let bill = rate(&tariff, &input).unwrap();
    let ends = |text: String| text.rsplit_once(['(', '（']).map(|(told, _)| told.trim().to_owned()).unwrap();
    bill.lines.iter().map(|line| ends(explain(&tariff, &input, line, language))).collect()
}

#[test]
fn each_line_is_a_sentence_in_english() {
    assert_eq!(
        told(INPUT, Language::En),
        [
            "energy (energy): 10293 kWh used; 10000 metered, and the transformer's loss of 4.6 a day and 1.5 %; 10293 kWh x 0.7 = 7205.10",
            "water#1: block 1, up to 31 m3 (30 in the tariff, scaled); 40 m3 in this bill; 31 m3 x 2 = 62.00; collected for works",
            "water#2: block 2, above 31 m3; 40 m3 in this bill; 9 m3 x 3 = 27.00; collected for works",
            "demand: highest demand 25 kW, contract 100, at least 40 % of it; 40 kW x 40 = 1600.00",
            "pf: active 10000, reactive 5200: power factor 0.89 (standard 0.9), on energy 7205.1; 7205.1 x 0.5 % = 36.0255, rounded half up to 0.01: 36.03",
            "minimum: water 89, topped up to 200; 111.00",
            "vat: on water + energy 7294.1, the tax of each line rounded, then added; 9 %: 656.47",
            "held: energy 7205.1 holds a tax of 828.91 (13 %), which is not added",
            "base: kwh 10000: the schedule above 60; a fixed amount; 90.00",
        ]
    );
}

#[test]
fn each_line_is_a_sentence_in_chinese() {
    assert_eq!(
        told(INPUT, Language::Zh),
        [
            "电度电费（energy）：用量10293 kWh；抄见10000，加变损每日4.6和1.5 %；10293 kWh × 0.7 = 7205.10",
            "water#1：第1阶梯，31 m3以下（价格所列30，已折算）；本期用量40 m3；31 m3 × 2 = 62.00；代收（works）",
            "water#2：第2阶梯，31 m3以上；本期用量40 m3；9 m3 × 3 = 27.00；代收（works）",
            "demand：最大需量25 kW，合同需量100，最低按合同40 %；40 kW × 40 = 1600.00",
            "pf：有功10000，无功5200，功率因数0.89（标准0.9），以电度电费 7205.1为基数；7205.1 × 0.5 % = 36.0255，四舍五入到0.01为 36.03",
            "minimum：water 89，不足保底200的部分；111.00",
            "vat：以water + 电度电费 7294.1为基数，逐项计税取整后相加；9 %：656.47",
            "held：电度电费 7205.1中含税额828.91（税率13 %），不另收",
            "base：电量10000，适用60以上的价格；固定金额；90.00",
        ]
    );
}

#[test]
fn a_part_of_a_period_says_which() {
    let tariff = Tariff::from_json(TARIFF).unwrap();
    let input = Input::from_json(&INPUT.replacen('{', r#"{"period_part": "20/60", "#, 1)).unwrap();
    let bill = rate(&tariff, &input).unwrap();
    let base = explain(&tariff, &input, bill.line("base").unwrap(), Language::En);
    assert!(base.ends_with("a fixed amount; 30.00 (tariff T of 2026-01-01, 20 of 60 days)"), "{base}");
    let base = explain(&tariff, &input, bill.line("base").unwrap(), Language::Zh);
    assert!(base.ends_with("固定金额；30.00（价格T，2026-01-01起，60天中的20天）"), "{base}");
}

#[test]
fn a_formula_is_told_with_what_it_names() {
    let tariff = r#"{"quantum": "0.01", "rounding": "half_up", "components": [
        {"type": "formula", "code": "credit", "expr": "0 - 0.10 * min(kwh, 500) * months + kwh * 0"}]}"#;
    let input = r#"{"qty": {"kwh": "250"}, "months": "2"}"#;
    let (tariff, input) = (Tariff::from_json(tariff).unwrap(), Input::from_json(input).unwrap());
    let bill = rate(&tariff, &input).unwrap();
    let told = explain(&tariff, &input, &bill.lines[0], Language::En);
    assert!(told.contains("; kwh = 250, months = 2; -50.00"), "{told}");
}
