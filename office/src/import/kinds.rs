//! The kinds of row, one file each.

pub(super) mod accounts;
pub(super) mod areas;
pub(super) mod attributes;
pub(super) mod books;
pub(super) mod companies;
pub(super) mod devices;
pub(super) mod lines;
pub(super) mod meters;
pub(super) mod openings;
pub(super) mod payments;
mod quantity;
pub(super) mod readings;
pub(super) mod services;

/// The services that are billed.
const SERVICES: &[&str] = &["water", "heat", "electricity"];
