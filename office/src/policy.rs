//! Policies: late fees, the order of settlement, tier years: dated documents.

pub mod publish;

pub use publish::publish;
