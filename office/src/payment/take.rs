//! Taking a payment or a deposit.

use metering::refusal::Refusal;
use store::payments::{Payment, Receipt};

use crate::{Caller, Office};

/// Takes a payment: it settles what is open, late fees of its day first; the rest is prepaid. A deposit is prepaid, whatever is open.
pub async fn take(
    office: &Office,
    caller: &Caller,
    payment: &Payment<'_>,
    reason: &str,
) -> Result<Receipt, Refusal> {
    super::recorded(office, caller, payment, reason).await
}
