//! Master data from files: whole file or nothing, in one transaction, set by set.
//!
//! The rows of a file are copied into a temporary table, `incoming` ([`Stage`]); then a [`Plan`] (SQL as data, one
//! file per kind of row) finds what is wrong, compares what is known and adds what is new. A million rows take a
//! dozen statements, and the memory that they take is the server's.
//!
//! A cell that is empty says nothing: a new row takes the default, a known row keeps what it has.

mod accounts;
mod areas;
mod attributes;
mod books;
mod companies;
mod finding;
mod lengths;
mod lines;
mod meter_units;
mod meters;
mod openings;
mod plan;
mod reading_admit;
mod readings;
mod services;
mod stage;

pub use accounts::AccountRow;
pub use areas::AreaRow;
pub use attributes::AttributeRow;
pub use books::BookRow;
pub use companies::CompanyRow;
pub use finding::{Finding, FindingKind};
pub use lengths::lengths;
pub use lines::{DeviceRow, LineRow};
pub use meter_units::run_meters;
pub use meters::MeterRow;
pub use openings::{OpeningItem, OpeningRow};
pub use plan::{Context, Counts, Outcome, Plan, Planned, record, run};
pub use readings::{ReadingRow, run_readings};
pub use series::admit::Rules as Times;
pub use services::ServiceRow;
pub use stage::{Stage, Staged};
