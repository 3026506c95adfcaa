//! Documents: what is refused, where and by which rule; what may be published; and that `docs/` says what the code does.

use std::path::{Path, PathBuf};

use billing::rating::{Input, RateError};
use billing::tariff::{Tariff, Validity, components, heading, publication, rows, schema};
use billing::{Language, rating};

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

#[test]
fn the_schema_in_docs_is_generated() {
    let generated = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    let file = docs("tariff.schema.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&file, &generated).unwrap();
    }
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        generated == checked_in,
        "docs/tariff.schema.json is not what the types say; UPDATE_EXPECT=1 rewrites it"
    );
}

#[test]
fn the_table_in_docs_has_every_component_and_every_error() {
    let text = std::fs::read_to_string(docs("tariffs.md")).unwrap();
    for (kind, meaning, keys) in components() {
        let row = format!("| `{kind}` | {meaning} | {} |", keys.join(" "));
        assert!(text.contains(&row), "docs/tariffs.md lacks this row:\n{row}");
    }
    for kind in RateError::KINDS {
        assert!(text.contains(&format!("| `{kind}` |")), "docs/tariffs.md lacks the error {kind}");
    }
}

/// Where the laws of `docs/tariffs.md` are held: each property test cites its law by number.
const LAWS: &[&str] = &[
    include_str!("laws.rs"),
    include_str!("../src/rating/number.rs"),
    include_str!("../src/rating/rounding.rs"),
    include_str!("../src/rating/split.rs"),
];

#[test]
fn every_law_in_docs_is_held_by_a_property_test() {
    let text = std::fs::read_to_string(docs("tariffs.md")).unwrap();
    let laws = text.split_once("\n## Laws\n").unwrap().1;
    let laws: Vec<&str> = laws
        .lines()
        .filter_map(|line| line.split_once(". ").map(|(n, _)| n))
        .filter(|n| n.parse::<u8>().is_ok())
        .collect();
    assert!(laws.len() >= 12, "{laws:?}");
    for law in laws {
        let cited = [format!("/// Law {law}:"), format!("/// Law {law},")];
        let held = LAWS.iter().any(|file| cited.iter().any(|citation| file.contains(citation)));
        assert!(held, "no property test cites law {law}");
    }
}

/// A document whose components are these.
fn document(components: &str) -> String {
    format!(r#"{{"quantum": "0.01", "rounding": "half_up", "components": {components}}}"#)
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    for (components, place) in [
        (r#"[{"type": "fixed", "code": "a", "amount": "1", "colour": "red"}]"#, "components[0].colour"),
        (r#"[{"type": "fixed", "code": "a"}]"#, "components[0].amount"),
        (r#"[{"type": "fixed", "amount": "1"}]"#, "components[0].code"),
        (r#"[{"type": "fixed", "code": "a#1", "amount": "1"}]"#, "components[0].code"),
        (r#"[{"type": "gift", "code": "a"}]"#, "components[0].type"),
        (r#"[{"type": "fixed", "code": "a", "amount": "1e3"}]"#, "components[0].amount"),
        (r#"[{"type": "fixed", "code": "a", "amount": "1", "rounding": "up"}]"#, "components[0].rounding"),
        (r#"[{"type": "fixed", "code": "a", "amount": "1", "quantum": "0"}]"#, "components[0].quantum"),
        (r#"[{"type": "unit", "code": "a", "price": "1"}]"#, "components[0].qty"),
        (r#"[{"type": "percent", "code": "a", "of": ["b"], "rate": "1"}]"#, "components[0].of"),
        (r#"[{"type": "percent", "code": "a", "of": ["a"], "rate": "1"}]"#, "components[0].of"),
        (r#"[{"type": "tiered", "code": "a", "qty": "u", "tiers": []}]"#, "components[0].tiers"),
        (
            r#"[{"type": "tiered", "code": "a", "qty": "u", "tiers": [{"upto": "9", "price": "1"}, {"upto": "9", "price": "1"}]}]"#,
            "components[0].tiers[1].upto",
        ),
        (
            r#"[{"type": "tiered", "code": "a", "qty": "u", "tiers": [{"upto": null, "price": "1"}, {"upto": null, "price": "1"}]}]"#,
            "components[0].tiers[1].upto",
        ),
        (
            r#"[{"type": "tiered", "code": "a", "qty": "u", "basis": "per_norm_days", "tiers": [{"upto": null, "price": "1"}]}]"#,
            "components[0].norm_days",
        ),
        (
            r#"[{"type": "tiered", "code": "a", "qty": "u", "basis": "per_unit", "tiers": [{"upto": null, "price": "1"}]}]"#,
            "components[0].scale_attr",
        ),
        (
            r#"[{"type": "tiered", "code": "a", "qty": "u", "scale": ["weeks"], "tiers": [{"upto": null, "price": "1"}]}]"#,
            "components[0].scale",
        ),
        (
            r#"[{"type": "tiered", "code": "a", "qty": "u", "persons_over": "4", "tiers": [{"upto": null, "price": "1"}]}]"#,
            "components[0].limit_per_extra_person",
        ),
        (
            r#"[{"type": "tou", "code": "a", "qty": {"peak": "p"}, "prices": {"peak": "1", "flat": "1"}}]"#,
            "components[0].prices",
        ),
        (
            r#"[{"type": "tou", "code": "a", "qty": {"peak": "p", "flat": "f"}, "prices": {"peak": "1"}}]"#,
            "components[0].prices",
        ),
        (
            r#"[{"type": "demand", "code": "a", "basis": "contract", "qty": "kw", "price": "1"}]"#,
            "components[0].contract_attr",
        ),
        (r#"[{"type": "discount", "code": "a", "rate": "0.1", "amount": "3"}]"#, "components[0].rate"),
        (r#"[{"type": "formula", "code": "a", "expr": "1 +"}]"#, "components[0].expr"),
        (r#"[{"type": "formula", "code": "a", "expr": "S_b"}]"#, "components[0].expr"),
        (
            r#"[{"type": "select", "code": "a", "by": "u", "cases": [{"upto": "9", "components": [{"type": "fixed", "code": "b"}]}]}]"#,
            "components[0].cases[0].components[0].amount",
        ),
        ("[]", "components"),
        (r#"[{"type": "fixed", "code": "a", "amount": 1.5}]"#, "components[0].amount"),
        (r#"[{"type": "fixed", "code": "a", "amount": "1", "amount": "2"}]"#, "components[0].amount"),
        (r#"[{"type": "fixed", "code": "a", "amount": "1", "name": {}}]"#, "components[0].name"),
        (r#"[{"type": "unit", "code": "a", "qty": "u", "price": "1", "free": "-1"}]"#, "components[0].free"),
        (
            r#"[{"type": "loss", "qty": "u", "into": "b"}, {"type": "percent", "code": "a", "of": ["loss"], "rate": "1"}]"#,
            "components[1].of",
        ),
        (
            r#"[{"type": "select", "code": "s", "by": "u", "cases": [{"upto": null, "components": []}]}]"#,
            "components[0].cases[0].components",
        ),
        (
            r#"[{"type": "select", "code": "s", "by": "u", "cases": [
                {"upto": "9", "components": [{"type": "tiered", "code": "b", "qty": "u", "tiers": [{"upto": null, "price": "1"}]}]},
                {"upto": null, "components": [{"type": "percent", "code": "c", "of": ["b#1"], "rate": "1"}]}]}]"#,
            "components[0].cases[1].components[0].of",
        ),
    ] {
        let refused = Tariff::from_json(&document(components)).expect_err(components);
        assert_eq!(refused.path, place, "{components}: {refused}");
    }
    assert_eq!(Tariff::from_json(r#"{"quantum": "0.01", "components": []}"#).unwrap_err().path, "rounding");
}

#[test]
fn what_stands_in_a_schedule_may_be_named_after_it() {
    let schedules = r#"[{"type": "select", "by": "u", "cases": [
        {"upto": "9", "components": [{"type": "tiered", "code": "b", "qty": "u", "tiers": [{"upto": null, "price": "1"}]},
            {"type": "percent", "code": "c", "of": ["b#1"], "rate": "1"}]},
        {"upto": null, "components": [{"type": "tiered", "code": "b", "qty": "u", "tiers": [{"upto": null, "price": "2"}]},
            {"type": "percent", "code": "c", "of": ["b"], "rate": "1"}]}]},
        {"type": "percent", "code": "d", "of": ["b#1", "c"], "rate": "1"}]"#;
    let tariff = Tariff::from_json(&document(schedules)).unwrap();
    let total = |u: &str| {
        rating::rate(&tariff, &Input::from_json(&format!(r#"{{"qty": {{"u": "{u}"}}}}"#)).unwrap())
            .unwrap()
            .total
    };
    assert_eq!([total("5"), total("10")].map(|total| total.to_string()), ["20.00", "80.00"]);
}

/// A document that may be published, and what may be wrong with it.
fn published(from: &str, changes: &[(&str, &str)]) -> String {
    let mut text = format!(
        r#"{{"code": "W", "name": {{"zh": "居民用水", "en": "residential water"}}, "medium": "water", "currency": "CNY",
        "valid_from": "{from}", "valid_to": null, "applies_by": "service", "transition": "days", "quantum": "0.01",
        "rounding": "half_up", "components": [
          {{"type": "tiered", "code": "water", "qty": "usage", "basis": "annual_cumulative", "tiers": [
            {{"upto": "180", "price": "2.07"}}, {{"upto": null, "price": "4.07"}}]}},
          {{"type": "unit", "code": "sewage", "qty": "usage", "price": "1.36", "payee": "drains"}}],
        "examples": [{{"input": {{"qty": {{"usage": "10"}}}}, "expected": {{"total": "34.30"}}}}]}}"#
    );
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    text
}

#[test]
fn a_document_is_published_only_with_examples_that_come_out() {
    assert!(publication(&published("2026-01-01", &[]), &[]).is_ok());
    for (old, new, place, says) in [
        ("34.30", "34.31", "examples[0]", "total 34.30, expected 34.31"),
        (r#""CNY""#, r#""yuan""#, "currency", "three capital letters"),
        (r#""water", "currency""#, r#""wine", "currency""#, "medium", "unknown medium"),
        (r#""transition": "days", "#, "", "transition", "is required"),
        (
            r#"{"upto": null, "price": "4.07"}"#,
            r#"{"upto": "900", "price": "4.07"}"#,
            "components[0].tiers",
            "must be open",
        ),
        (r#""code": "sewage""#, r#""code": "water""#, "components[1].code", "earlier component"),
        (r#""code": "sewage""#, r#""code": "sewage fee""#, "components[1].code", "stands in no such name"),
        (
            r#""code": "sewage""#,
            r#""code": "sewage\u202e\u200b""#,
            "components[1].code",
            "invisible character",
        ),
        (r#""code": "sewage""#, r#""code": "sewage ""#, "components[1].code", "would be the same"),
        (
            r#"{"type": "unit", "code": "sewage", "qty": "usage", "price": "1.36", "payee": "drains"}"#,
            r#"{"type": "formula", "code": "share", "expr": "S_water / usage"}"#,
            "components[1].expr",
            "may divide by zero",
        ),
        (
            r#"{"type": "unit", "code": "sewage", "qty": "usage", "price": "1.36", "payee": "drains"}"#,
            r#"{"type": "tou", "code": "t", "qty": {"peak": "usage", "flat": "f_kwh"}, "prices": {"peak": "1", "flat": "1"}}"#,
            "components[1].qty.flat",
            "the bands before it in m3",
        ),
        (
            r#"{"type": "unit", "code": "sewage", "qty": "usage", "price": "1.36", "payee": "drains"}"#,
            r#"{"type": "select", "by": "usage", "cases": [{"upto": null, "components": [{"type": "fixed", "code": "water", "amount": "1"}]}]}"#,
            "components[1].cases[0].components[0].code",
            "earlier component",
        ),
        (
            r#""components": ["#,
            r#""final": {"quantum": "1", "rounding": "floor"}, "components": [{"type": "fixed", "code": "rounding", "amount": "1"}, "#,
            "components[0].code",
            "the rounded total leaves",
        ),
        (r#""qty": "usage", "price""#, r#""qty": "barrels", "price""#, "components[1].qty", "units.barrels"),
    ] {
        let found = publication(&published("2026-01-01", &[(old, new)]), &[]).expect_err(new);
        let hit = found.iter().any(|refused| refused.path == place && refused.rule.contains(says));
        assert!(hit, "{new}: {found:?}");
    }
    let without = r#""examples": [{"input": {"qty": {"usage": "10"}}, "expected": {"total": "34.30"}}]"#;
    let text = published("2026-01-01", &[(&format!(",\n        {without}"), "")]);
    assert_eq!(publication(&text, &[]).unwrap_err()[0].path, "examples");
}

#[test]
fn a_version_closes_the_open_one_and_overlaps_with_none() {
    let day = |text: &str| text.parse().unwrap();
    let open = Validity { from: day("2020-01-01"), to: None };
    let closed = Validity { from: day("2020-01-01"), to: Some(day("2026-01-01")) };
    let publish =
        |from: &str, others: &[Validity]| publication(&published(from, &[]), others).map(|done| done.closes);
    assert_eq!(publish("2026-01-01", &[open]).unwrap(), Some(0));
    assert_eq!(publish("2026-01-01", &[closed]).unwrap(), None);
    assert!(publish("2025-12-31", &[closed]).is_err());
    assert!(publish("2020-01-01", &[open]).is_err());
    assert!(
        publish("2019-01-01", &[open]).is_err(),
        "an open version would overlap with the one that follows"
    );
}

#[test]
fn a_tariff_is_shown_as_the_notice_prints_it() {
    let tariff = Tariff::from_json(&published("2026-01-01", &[])).unwrap();
    assert_eq!(heading(&tariff, Language::En), "W  residential water  water  CNY  from 2026-01-01 on");
    let text =
        |language| rows(&tariff, language).iter().map(|row| row.join("|")).collect::<Vec<_>>().join("\n");
    let en = text(Language::En);
    for part in ["usage 0 to 180 (through the tier year)", "above 180", "1.36/m3", "each line"] {
        assert!(en.contains(part), "{part} in\n{en}");
    }
    assert!(heading(&tariff, Language::Zh).contains("居民用水"));
    let zh = text(Language::Zh);
    for part in ["water#1", "用量(usage) 0-180 (按年累计)", "2.07/m3", "drains", "每项", "四舍五入到0.01"]
    {
        assert!(zh.contains(part), "{part} in\n{zh}");
    }
}

#[test]
fn every_line_can_be_told_in_both_languages() {
    let tariff = Tariff::from_json(&published("2026-01-01", &[])).unwrap();
    let input = Input::from_json(
        r#"{"segments": [{"register": "usage", "meter": "A1", "open": "99987", "close": "00012", "digits": "5", "rollover": true}],
            "prior_cumulative": {"usage": "170"}}"#,
    )
    .unwrap();
    let bill = rating::rate(&tariff, &input).unwrap();
    let told = |language| rating::explain(&tariff, &input, &bill.lines[1], language);
    assert_eq!(
        told(Language::En),
        "water#2: block 2, above 180 m3; 170 before this bill, 25 m3 in it; meter A1 read 99987 to 12 (rolled over); \
         15 m3 x 4.07 = 61.05 (tariff W of 2026-01-01)"
    );
    assert_eq!(
        told(Language::Zh),
        "water#2：第2阶梯，180 m3以上；本期前累计170，本期用量25 m3；表A1 抄见99987至12（翻转）；15 m3 × 4.07 = 61.05\
         （价格W，2026-01-01起）"
    );
}
