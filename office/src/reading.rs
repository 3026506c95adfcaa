//! Readings at odds with others, and frames of which nothing could be used.

pub mod decide;
pub mod replay;

pub use decide::{Decision, decide};
pub use replay::{ReplayOrder, order_replay};
