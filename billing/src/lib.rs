//! Usage to determinants to charges to a bill, a ledger, arrears. Pure: no database, no clock, no float.
//!
//! **Owns** the rules of the trade: what a tariff document means, what a period is billed for, what is overdue.
//!
//! **Promises** that a total is the sum of the lines printed, that re-rating the same inputs gives the same bill,
//! and that every line can say what it was made of.
//!
//! **Lacks** readings' bytes (`protocols`) and tables (`store`).
#![warn(clippy::arithmetic_side_effects)]

mod components;
mod language;
pub mod rating;
pub mod sample;
pub mod tariff;

pub use language::Language;
