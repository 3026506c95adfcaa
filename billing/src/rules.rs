//! How a service is billed: what its boundaries are met by, and what stands for a price that names no register.

use rust_decimal::Decimal;
use series::boundary::BoundaryRule;

use crate::determinants::Quantities;
use crate::label::Season;

/// The rules of one service.
#[derive(Clone, Debug)]
pub struct ServiceRules {
    /// How a boundary is met.
    pub boundary: BoundaryRule,
    /// Indexes are floored to it; `None`: they are billed as they are.
    pub index_step: Option<Decimal>,
    /// The heating season.
    pub season: Season,
    /// Days from issue to due, where an agreement has no book.
    pub due_days: i16,
    /// Usage below which no bill is put on the review list as high, in units of the index.
    pub review_floor: Decimal,
    /// Which register counts which quantity.
    pub quantities: Quantities,
}
