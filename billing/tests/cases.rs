//! The published bills and the bills of the trade: each comes out to the cent. `billing/cases` is always checked, the
//! collection beside the repository where it is there.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../tests/support/cases.rs"]
#[expect(dead_code, reason = "bills are read by folder, frames by file")]
mod cases;

use std::path::Path;

use billing::tariff::Case;

fn check(lines: &[String]) {
    let (mut passed, mut failed) = (0, Vec::new());
    for line in lines {
        match Case::from_json(line) {
            Ok(case) => match case.differences().as_slice() {
                [] => passed += 1,
                found => failed.push(format!("{}: {found:?}", case.id)),
            },
            Err(refused) => failed.push(format!("{}: {refused}", Case::id_in(line).unwrap_or_default())),
        }
    }
    assert!(failed.is_empty(), "{passed} passed, {} failed:\n{}", failed.len(), failed.join("\n"));
}

fn own() -> Vec<String> {
    cases::all_lines(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"))
}

#[test]
fn every_published_bill_comes_out() {
    let own = own();
    assert!(own.len() >= 149, "{} cases", own.len());
    check(&own);
}

#[test]
fn every_bill_of_the_collection_comes_out() {
    if let Some(folder) = cases::folder("bills") {
        let lines = cases::all_lines(&folder);
        assert!(!lines.is_empty(), "no case in {}", folder.display());
        check(&lines);
    }
}

#[test]
fn every_case_has_a_source_and_an_id_of_its_own() {
    let mut ids = std::collections::BTreeSet::new();
    for line in own() {
        let case: serde_json::Value = serde_json::from_str(&line).unwrap();
        let text = |key: &str| case[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        assert!(text("source").is_some(), "{line}");
        assert!(ids.insert(text("id").unwrap()), "{} stands twice", case["id"]);
    }
}
