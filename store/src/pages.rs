//! What the console's pages show: read models, each one bounded query or a few.
//!
//! Amounts and quantities come as the text that PostgreSQL prints: a page shows them and never computes with them.

pub mod alarms;
pub mod bills;
pub mod home;
pub mod meters;
pub mod payments;

/// Rows on one page.
pub const PAGE: i64 = 50;
