//! Readings in order to usage: what may be stored, boundaries, segments, rules. Pure: no database, no clock, no float.
//!
//! **Owns** whether a value may be stored as a reading, what a register counted over a span, and what of it looks wrong.
//!
//! **Promises** that segments of one installation touch and do not overlap, and that nothing is guessed in silence: what
//! meets no boundary is [`unmet::Unmet`], what is estimated carries that quality.
//!
//! **Lacks** prices and what becomes of an agreement (`billing`), frames (`protocols`) and tables (`store`).
#![warn(clippy::arithmetic_side_effects)]

pub mod admit;
pub mod boundary;
pub mod fitting;
pub mod index;
pub mod look;
pub mod register;
pub mod rule;
pub mod segment;
pub mod span;
pub mod unmet;
