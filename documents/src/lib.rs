//! What people read. Pure: values in, text out; the language and the zone are arguments.
//!
//! **Owns** the one dictionary of the trade's words in Chinese and English, what a refusal
//! says, how a table is laid out on a terminal, and the printed documents.
//!
//! **Promises** that a text of a stranger cannot become markup or a command of the terminal, and that each word of a
//! closed list has one name in each language.
//!
//! **Lacks** where the values come from (`store`) and what programs read (`sheets`, JSON).
#![warn(clippy::arithmetic_side_effects)]

pub mod bill;
pub mod dictionary;
pub mod labels;
pub mod refusal;
pub mod tariff;
pub mod terminal;

pub use dictionary::word;
