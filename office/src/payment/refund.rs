//! Giving prepaid money back.

use metering::refusal::Refusal;
use store::payments::{Payment, Receipt};

use crate::{Caller, Office};

/// Gives prepaid money back: no more than is prepaid, and by a person.
pub async fn refund(
    office: &Office,
    caller: &Caller,
    payment: &Payment<'_>,
    reason: &str,
) -> Result<Receipt, Refusal> {
    super::recorded(office, caller, payment, reason).await
}
