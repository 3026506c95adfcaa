//! V06 negative usage: the bill takes back, after an estimate that was too high.

use rust_decimal::Decimal;

use super::Compared;

pub(super) fn hits(compared: Compared) -> bool {
    compared.usage < Decimal::ZERO
}
