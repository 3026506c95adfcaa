//! `docs/protocols.md` says what the code says.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use metering::{EventKind, Medium, Quantity, Unit};
use protocols::{ErrorKind, Format, WarningKind};

const DOCUMENT: &str = include_str!("../../docs/protocols.md");

/// The part under a heading.
fn section(heading: &str) -> &'static str {
    let start =
        DOCUMENT.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}")).1;
    start.split("\n## ").next().unwrap()
}

/// The first cell of each row, in order.
fn rows(heading: &str) -> Vec<&'static str> {
    let rows = section(heading).lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|line| line.split('`').next().unwrap()).collect()
}

/// Every word in backticks, in order.
fn words(heading: &str) -> Vec<&'static str> {
    section(heading).split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_closed_lists_are_those_of_the_code() {
    let names = |all: &[Format]| all.iter().map(|format| format.name()).collect::<Vec<_>>();
    assert_eq!(rows("Formats"), names(Format::ALL));
    assert_eq!(words("Quantities"), Quantity::ALL.iter().map(|quantity| quantity.name()).collect::<Vec<_>>());
    assert_eq!(words("Units"), Unit::ALL.iter().map(|unit| unit.symbol()).collect::<Vec<_>>());
    assert_eq!(words("Media"), Medium::ALL.iter().map(|medium| medium.name()).collect::<Vec<_>>());
    assert_eq!(rows("Events"), EventKind::ALL.iter().map(|event| event.name()).collect::<Vec<_>>());
    assert_eq!(rows("Warnings"), WarningKind::ALL.iter().map(|warning| warning.name()).collect::<Vec<_>>());
    assert_eq!(rows("Errors"), ErrorKind::ALL.iter().map(|error| error.name()).collect::<Vec<_>>());
}

#[test]
fn every_profile_has_its_row() {
    let mut names: Vec<_> = protocols::modbus::names().chain(protocols::cjt188::profile_names()).collect();
    names.sort_unstable();
    assert_eq!(rows("Profiles"), names);
}

#[test]
fn the_events_have_their_severities() {
    for event in EventKind::ALL {
        let row = format!("| `{event}` | {} |", event.severity());
        assert!(section("Events").contains(&row), "{row}");
    }
}
