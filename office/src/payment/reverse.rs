//! Taking a payment back.

use metering::refusal::Refusal;
use store::payments::{Payment, Receipt};

use crate::{Caller, Office};

/// Takes a payment back by its reference: what it settled is open again. By a person.
pub async fn reverse(
    office: &Office,
    caller: &Caller,
    payment: &Payment<'_>,
    reason: &str,
) -> Result<Receipt, Refusal> {
    super::recorded(office, caller, payment, reason).await
}
