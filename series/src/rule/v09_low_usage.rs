//! V09 low usage: some, but less than 0.3 of the usage a day of the last bill, which was above the floor: a stuck
//! meter, a bypass.

use rust_decimal::Decimal;

use super::Compared;

const TIMES: Decimal = Decimal::from_parts(3, 0, 0, false, 1);

pub(super) fn hits(Compared { usage, before, floor }: Compared) -> bool {
    let low =
        |before: Decimal| before > floor && before.checked_mul(TIMES).is_some_and(|limit| usage < limit);
    usage > Decimal::ZERO && before.is_some_and(low)
}
