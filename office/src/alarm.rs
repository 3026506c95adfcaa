//! Alarms as people handle them.

pub mod acknowledge;

pub use acknowledge::acknowledge;
