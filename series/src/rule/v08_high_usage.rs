//! V08 high usage: more than twice the usage a day of the last bill, and more than the floor: a leak, a misreading.

use rust_decimal::Decimal;

use super::Compared;

const TIMES: Decimal = Decimal::TWO;

pub(super) fn hits(Compared { usage, before, floor }: Compared) -> bool {
    let limit = before.and_then(|before| before.max(Decimal::ZERO).checked_mul(TIMES));
    limit.is_some_and(|limit| usage > limit && usage > floor)
}
