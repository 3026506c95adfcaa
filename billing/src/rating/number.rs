//! Exact arithmetic of the engine: 28 digits, checked, nothing bent unnoticed.
//!
//! A product or sum of ordinary prices and quantities fits into 63 bits, where one machine multiplication does
//! what the general decimal takes ten times as long for. These functions take that short way where it is exact
//! and the general one everywhere else; law 12 of `docs/tariffs.md` holds the two ways equal.

#![expect(
    clippy::inline_always,
    reason = "a call returns a number through memory in pieces; inline it stays in registers: twice the bills a second"
)]

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::error::Trouble;

/// Powers of ten that fit into 63 bits.
const POW10: [i64; 19] = {
    let mut table = [1_i64; 19];
    let mut n = 1;
    while n < 19 {
        table[n] = table[n - 1] * 10;
        n += 1;
    }
    table
};

/// Ten to the `n`-th, where it fits into 63 bits.
#[inline(always)]
pub(crate) fn pow10(n: u32) -> Option<i64> {
    POW10.get(n as usize).copied()
}

/// The mantissa of a number that is small enough for the short way.
#[inline(always)]
pub(crate) fn small(x: Decimal) -> Option<i64> {
    i64::try_from(x.mantissa()).ok()
}

/// `a x b`.
#[inline(always)]
pub(crate) fn mul(a: Decimal, b: Decimal) -> Result<Decimal, Trouble> {
    if let (Some(m), Some(n)) = (small(a), small(b))
        && let Some(product) = m.checked_mul(n)
        && let Some(scale) = a.scale().checked_add(b.scale()).filter(|scale| *scale <= Decimal::MAX_SCALE)
    {
        return Ok(Decimal::new(product, scale));
    }
    general(a.checked_mul(b))
}

/// `a + b`.
#[inline(always)]
pub(crate) fn add(a: Decimal, b: Decimal) -> Result<Decimal, Trouble> {
    match aligned(a, b).and_then(|(m, n, scale)| Some((m.checked_add(n)?, scale))) {
        Some((sum, scale)) => Ok(Decimal::new(sum, scale)),
        None => general(a.checked_add(b)),
    }
}

/// `a - b`.
#[inline(always)]
pub(crate) fn sub(a: Decimal, b: Decimal) -> Result<Decimal, Trouble> {
    match aligned(a, b).and_then(|(m, n, scale)| Some((m.checked_sub(n)?, scale))) {
        Some((difference, scale)) => Ok(Decimal::new(difference, scale)),
        None => general(a.checked_sub(b)),
    }
}

/// The general way's answer: out of line, so that the short way stays short.
#[cold]
fn general(answer: Option<Decimal>) -> Result<Decimal, Trouble> {
    answer.ok_or(Trouble::Overflow)
}

/// `a / b` at 28 digits. Divide last: a quotient may have no finite decimal, everything before it has one.
pub(crate) fn div(a: Decimal, b: Decimal) -> Result<Decimal, Trouble> {
    if b.is_zero() {
        return Err(Trouble::DivisionByZero);
    }
    a.checked_div(b).ok_or(Trouble::Overflow)
}

/// `-x`: the sign alone changes.
#[expect(clippy::arithmetic_side_effects, reason = "every number has its negative")]
pub(crate) fn neg(x: Decimal) -> Decimal {
    -x
}

/// How `a` compares with `b`.
#[inline(always)]
pub(crate) fn cmp(a: Decimal, b: Decimal) -> Ordering {
    match aligned(a, b) {
        Some((m, n, _)) => m.cmp(&n),
        None => a.cmp(&b),
    }
}

/// The smaller of two.
#[inline(always)]
pub(crate) fn min(a: Decimal, b: Decimal) -> Decimal {
    if cmp(b, a).is_lt() { b } else { a }
}

/// The larger of two.
#[inline(always)]
pub(crate) fn max(a: Decimal, b: Decimal) -> Decimal {
    if cmp(b, a).is_gt() { b } else { a }
}

/// Both mantissas at the finer of the two scales, where that fits into 63 bits.
#[inline(always)]
fn aligned(a: Decimal, b: Decimal) -> Option<(i64, i64, u32)> {
    let (m, n) = (small(a)?, small(b)?);
    let (sa, sb) = (a.scale(), b.scale());
    match sa.cmp(&sb) {
        Ordering::Equal => Some((m, n, sa)),
        Ordering::Less => Some((m.checked_mul(pow10(sb.wrapping_sub(sa))?)?, n, sb)),
        Ordering::Greater => Some((m, n.checked_mul(pow10(sa.wrapping_sub(sb))?)?, sa)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any decimal: short ones, where the two ways meet, and long ones.
    fn any_decimal() -> impl Strategy<Value = Decimal> {
        prop_oneof![
            (any::<i32>(), 0_u32..10).prop_map(|(m, s)| Decimal::new(i64::from(m), s)),
            (any::<i64>(), 0_u32..=28).prop_map(|(m, s)| Decimal::new(m, s)),
            (any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>(), 0_u32..=28)
                .prop_map(|(lo, mid, hi, neg, s)| Decimal::from_parts(lo, mid, hi, neg, s)),
        ]
    }

    proptest! {
        /// Law 12: the short way and the general way give the same number.
        #[test]
        fn the_short_way_is_exact(a in any_decimal(), b in any_decimal()) {
            prop_assert_eq!(mul(a, b).ok(), a.checked_mul(b));
            prop_assert_eq!(add(a, b).ok(), a.checked_add(b));
            prop_assert_eq!(sub(a, b).ok(), a.checked_sub(b));
            prop_assert_eq!(cmp(a, b), a.cmp(&b));
        }
    }

    #[test]
    fn division_by_zero_is_told_from_overflow() {
        assert_eq!(div(Decimal::ONE, Decimal::ZERO), Err(Trouble::DivisionByZero));
        assert_eq!(div(Decimal::MAX, Decimal::new(1, 28)), Err(Trouble::Overflow));
        assert_eq!(mul(Decimal::MAX, Decimal::TWO), Err(Trouble::Overflow));
    }
}
