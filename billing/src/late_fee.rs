//! Late fees (违约金): a dated policy document, and what it makes of an open debt.
//!
//! fee = round(min(cap, max(minimum, sum over the days of rate x open principal))); 0 where no day counts
//!
//! The sum is exact and rounded once. No fee is taken on a fee. Days on which a debt is disputed don't count; a partial
//! payment cuts the principal from its date; a waiver is a document of its own that is taken off at the end.

mod accrual;
mod policy;

pub use accrual::{Accrual, Debt, Frozen, LateFee, LateFeeError, Paid};
pub use policy::{Cap, Policy, Segment, When};
