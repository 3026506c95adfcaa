//! A tariff as a table that a clerk can lay beside the printed notice.

use billing::tariff::{Tariff, heading, rows};
use metering::Language;

use crate::terminal::{Side, lines, printable};

/// The tariff's heading and its rows, in columns.
pub fn show(tariff: &Tariff, language: Language) -> String {
    let heading = heading(tariff, language);
    let mut shown = String::new();
    if !heading.is_empty() {
        shown.extend([printable(&heading).as_ref(), "\n"]);
    }
    for line in lines(&rows(tariff, language), &[Side::Left; 5], usize::MAX) {
        shown.extend([line.as_str(), "\n"]);
    }
    shown
}
