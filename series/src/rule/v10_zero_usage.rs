//! V10 zero usage: nothing, where as many days of the last bill had used a unit or more: an empty home, a stuck meter.

use rust_decimal::Decimal;

use super::Compared;

pub(super) fn hits(Compared { usage, before, .. }: Compared) -> bool {
    usage.is_zero() && before.is_some_and(|before| before >= Decimal::ONE)
}
