//! Usage to determinants to charges to a bill, a ledger, arrears. Pure: no database, no clock, no float.
//!
//! **Owns** the rules of the trade: what a tariff document means, what a period is billed for, what is overdue.
//!
//! **Promises** that a total is the sum of the lines printed, that re-rating the same inputs gives the same bill,
//! and that every line can say what it was made of.
//!
//! **Lacks** readings' bytes (`protocols`) and tables (`store`).
#![warn(clippy::arithmetic_side_effects)]

pub mod agreement;
pub mod allocation;
pub mod arrears;
pub mod calendar;
mod components;
pub mod content;
pub mod cycle;
pub mod determinants;
pub mod frontier;
pub mod inputs;
pub mod label;
pub mod late_fee;
pub mod ledger;
pub mod pricing;
pub mod rating;
pub mod reason;
pub mod rules;
pub mod sample;
pub mod tariff;
pub mod trial;
pub mod words;

pub use metering::Language;
