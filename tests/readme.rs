//! The tables of README.md and docs/operations.md are the program's own lists.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use billing::tariff::COMPONENTS;
use protocols::Format;

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

fn readme() -> String {
    page("README.md")
}

/// The rows of the table between two marks: name and meaning.
#[track_caller]
fn table<'a>(readme: &'a str, mark: &str) -> Vec<(&'a str, &'a str)> {
    let part = readme.split_once(&format!("<!-- {mark} -->")).and_then(|(_, rest)| rest.split_once("<!-- /"));
    let (part, _) = part.unwrap_or_else(|| panic!("there is no table of {mark}"));
    let row = |line: &'a str| line.trim_matches(['|', ' ']).split_once(" | ");
    part.lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(row)
        .map(|(name, of)| (name.trim_matches('`'), of))
        .collect()
}

#[test]
fn every_format_is_in_the_table() {
    let readme = readme();
    let rows = table(&readme, "formats");
    let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, Format::ALL.iter().map(|format| format.name()).collect::<Vec<_>>());
    assert!(rows.iter().all(|(_, of)| of.len() > 10), "each says what is read: {rows:?}");
}

#[test]
fn every_component_is_in_the_table_with_its_meaning() {
    assert_eq!(table(&readme(), "components"), COMPONENTS);
}

#[test]
fn every_kind_of_refusal_is_in_the_operators_table() {
    let page = page("docs/operations.md");
    let names: Vec<&str> = table(&page, "refusals").iter().map(|(name, _)| *name).collect();
    assert_eq!(names, metering::refusal::RefusalKind::NAMES);
}

#[test]
fn it_stays_short() {
    assert!(readme().lines().count() <= 150);
}
