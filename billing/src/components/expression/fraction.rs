//! A value on its way through a formula: exact, with the division still to do.

use rust_decimal::Decimal;

use crate::rating::{Trouble, number};

/// `num / den`; `den` is never zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fraction {
    pub(crate) num: Decimal,
    pub(crate) den: Decimal,
}

impl Fraction {
    pub(crate) fn of(num: Decimal) -> Self {
        Self { num, den: Decimal::ONE }
    }

    pub(crate) fn opposite(self) -> Self {
        Self { num: number::neg(self.num), ..self }
    }

    pub(crate) fn divided(self) -> Result<Decimal, Trouble> {
        if self.den == Decimal::ONE { Ok(self.num) } else { number::div(self.num, self.den) }
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        if self.den == other.den {
            return Some(Self { num: number::add(self.num, other.num).ok()?, den: self.den });
        }
        let num =
            number::add(exact_product(self.num, other.den)?, exact_product(other.num, self.den)?).ok()?;
        Self { num, den: exact_product(self.den, other.den)? }.reduced()
    }

    pub(crate) fn times(self, other: Self) -> Option<Self> {
        Self { num: exact_product(self.num, other.num)?, den: exact_product(self.den, other.den)? }.reduced()
    }

    /// Divided out where that is exact.
    fn reduced(self) -> Option<Self> {
        if self.den == Decimal::ONE {
            return Some(self);
        }
        let quotient = number::div(self.num, self.den).ok()?;
        let back = exact_product(quotient, self.den);
        Some(if back == Some(self.num) { Self::of(quotient) } else { self })
    }
}

/// A product that lost no digit; `None` where 28 digits can't hold it.
fn exact_product(a: Decimal, b: Decimal) -> Option<Decimal> {
    let product = number::mul(a, b).ok()?;
    let scale = a.scale().checked_add(b.scale())?;
    (product.scale() == scale || product.is_zero() || scale_is_padding(a, b, product)).then_some(product)
}

/// Whether a product has fewer decimals than its factors together because its last ones were zeros.
fn scale_is_padding(a: Decimal, b: Decimal, product: Decimal) -> bool {
    let (a, b) = (a.normalize(), b.normalize());
    a.scale()
        .checked_add(b.scale())
        .is_some_and(|scale| product.scale() >= scale && scale <= Decimal::MAX_SCALE)
}
