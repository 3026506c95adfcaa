//! The stored form of a value: a signed 64-bit count of millionths of the canonical unit.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

/// A value in millionths of its canonical unit. Range: ±9.2e12 units, more than any meter counts.
///
/// An integer because it compresses to about 7 bytes a reading where a NUMERIC takes 13, and because two equal
/// values then have equal bits. People never see it: [`fmt::Display`] prints the plain decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micro(i64);

/// Why a decimal is no [`Micro`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MicroError {
    /// Larger than 64 bits of millionths.
    Overflow(Decimal),
    /// Has digits below one millionth.
    TooFine(Decimal),
}

impl fmt::Display for MicroError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overflow(value) => write!(f, "{value} does not fit: the limit is ±9223372036854.775807"),
            Self::TooFine(value) => write!(f, "{value} is finer than 0.000001"),
        }
    }
}

impl std::error::Error for MicroError {}

const SCALE: u32 = 6;

impl Micro {
    /// From the raw count of millionths, as stored.
    pub const fn from_raw(raw: i64) -> Self {
        Self(raw)
    }

    /// The raw count of millionths, to be stored.
    pub const fn raw(self) -> i64 {
        self.0
    }

    /// From a decimal, exactly.
    ///
    /// ```
    /// use metering::{Micro, MicroError};
    /// use rust_decimal::Decimal;
    /// assert_eq!(Micro::exact(Decimal::new(12345, 2)).map(Micro::raw), Ok(123_450_000));
    /// let fine = Decimal::new(1, 7);
    /// assert_eq!(Micro::exact(fine), Err(MicroError::TooFine(fine)));
    /// ```
    pub fn exact(value: Decimal) -> Result<Self, MicroError> {
        let mantissa = value.mantissa();
        let raw = match SCALE.checked_sub(value.scale()) {
            Some(up) => mantissa.checked_mul(10_i128.pow(up)),
            None => {
                let down = 10_i128.pow(value.scale().saturating_sub(SCALE));
                if mantissa.checked_rem(down) != Some(0) {
                    return Err(MicroError::TooFine(value));
                }
                mantissa.checked_div(down)
            }
        };
        raw.and_then(|raw| i64::try_from(raw).ok()).map(Self).ok_or(MicroError::Overflow(value))
    }

    /// From a decimal, half-even to the millionth, and whether that changed it. Only for registers that are never
    /// billed (flow, temperature).
    pub fn rounded(value: Decimal) -> Result<(Self, bool), MicroError> {
        match Self::exact(value) {
            Err(MicroError::TooFine(_)) => {
                let near = value.round_dp_with_strategy(SCALE, RoundingStrategy::MidpointNearestEven);
                Self::exact(near).map(|micro| (micro, true))
            }
            other => other.map(|micro| (micro, false)),
        }
    }

    /// The value as a decimal of canonical units, without trailing zeros.
    pub fn to_decimal(self) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(self.0), SCALE).normalize()
    }
}

impl fmt::Display for Micro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_decimal(), f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn trailing_zeros_beyond_six_places_are_no_digits() {
        assert_eq!(Micro::exact("1.50000000".parse().unwrap()), Ok(Micro(1_500_000)));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let large: Decimal = "9223372036854.775808".parse().unwrap();
        assert_eq!(Micro::exact(large), Err(MicroError::Overflow(large)));
        assert_eq!(Micro::exact(Decimal::MAX), Err(MicroError::Overflow(Decimal::MAX)));
        assert_eq!(Micro::exact("9223372036854.775807".parse().unwrap()), Ok(Micro(i64::MAX)));
    }

    #[test]
    fn an_unbilled_value_rounds_half_even() {
        assert_eq!(Micro::rounded("0.0000025".parse().unwrap()), Ok((Micro(2), true)));
        assert_eq!(Micro::rounded("0.0000035".parse().unwrap()), Ok((Micro(4), true)));
        assert_eq!(Micro::rounded("0.000003".parse().unwrap()), Ok((Micro(3), false)));
    }

    proptest! {
        #[test]
        fn every_micro_reads_back(raw: i64) {
            prop_assert_eq!(Micro::exact(Micro(raw).to_decimal()), Ok(Micro(raw)));
        }
    }
}
