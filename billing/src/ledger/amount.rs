//! Money in the ledger: whole ten-thousandths of the currency.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::allocation::Overflow;
use crate::late_fee::LateFeeError;

/// Money, in ten-thousandths of the currency; signed. 64 bits hold nine hundred million millions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

/// The decimals that the ledger keeps.
const SCALE: u32 = 4;

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From ten-thousandths.
    pub const fn from_raw(raw: i64) -> Self {
        Self(raw)
    }

    /// In ten-thousandths.
    pub const fn raw(self) -> i64 {
        self.0
    }

    /// Whether it is above zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The sum, where it fits.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// The difference, where it fits.
    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(Overflow)
    }

    /// The other sign.
    pub fn negated(self) -> Result<Self, Overflow> {
        self.0.checked_neg().map(Self).ok_or(Overflow)
    }

    /// Without its sign.
    pub fn size(self) -> Result<Self, Overflow> {
        self.0.checked_abs().map(Self).ok_or(Overflow)
    }

    /// As printed: two decimals, or as many more as it has.
    pub fn decimal(self) -> Decimal {
        let mut decimal = Decimal::new(self.0, SCALE).normalize();
        if decimal.scale() < 2 {
            decimal.rescale(2);
        }
        decimal
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal().fmt(f)
    }
}

/// A number that the ledger does not keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// It has more than four decimals.
    Fine(Decimal),
    /// It is beyond 64 bits of ten-thousandths.
    Large(Decimal),
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fine(amount) => write!(f, "{amount} has more than four decimals"),
            Self::Large(amount) => write!(f, "{amount} is more than the ledger holds"),
        }
    }
}

impl std::error::Error for AmountError {}

impl TryFrom<Decimal> for Amount {
    type Error = AmountError;

    fn try_from(decimal: Decimal) -> Result<Self, AmountError> {
        if decimal.normalize().scale() > SCALE {
            return Err(AmountError::Fine(decimal));
        }
        let raw = decimal.checked_mul(Decimal::from(10_000)).and_then(|raw| raw.to_i64());
        raw.map(Self).ok_or(AmountError::Large(decimal))
    }
}

/// Why a deed cannot be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerError {
    /// A sum beyond what the ledger holds.
    Overflow,
    /// An amount that it does not hold.
    Amount(AmountError),
    /// A late fee that cannot be counted.
    LateFee(LateFeeError),
}

impl LedgerError {
    /// From a closed list, for programs.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Overflow => "overflow",
            Self::Amount(_) => "amount",
            Self::LateFee(_) => "late_fee",
        }
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overflow => f.write_str("a sum of money is more than the ledger holds"),
            Self::Amount(source) => source.fmt(f),
            Self::LateFee(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for LedgerError {}

impl From<Overflow> for LedgerError {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

impl From<AmountError> for LedgerError {
    fn from(source: AmountError) -> Self {
        Self::Amount(source)
    }
}

impl From<LateFeeError> for LedgerError {
    fn from(source: LateFeeError) -> Self {
        Self::LateFee(source)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_has_at_most_four_decimals_and_64_bits() {
        let read = |text: &str| Amount::try_from(text.parse::<Decimal>().unwrap());
        assert_eq!(read("12.5").unwrap().to_string(), "12.50");
        assert_eq!(read("-0.0001").unwrap().raw(), -1);
        assert_eq!(read("7.00000").unwrap().to_string(), "7.00");
        assert!(matches!(read("0.00001"), Err(AmountError::Fine(_))));
        assert!(matches!(read("39000000000000000000000000000"), Err(AmountError::Large(_))));
        assert!(matches!(read("922337203685477.5808"), Err(AmountError::Large(_))));
        assert_eq!(read("922337203685477.5807").unwrap().raw(), i64::MAX);
    }

    proptest! {
        #[test]
        fn every_amount_reads_back(raw: i64) {
            let amount = Amount::from_raw(raw);
            prop_assert_eq!(Amount::try_from(amount.decimal()).unwrap(), amount);
            prop_assert!((2..=4).contains(&amount.decimal().scale()));
        }
    }
}
