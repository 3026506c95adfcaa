//! Tariffs.

pub mod publish;

pub use publish::publish;
