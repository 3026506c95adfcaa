//! An index and its register's unit, as files give them.

use metering::{Micro, MicroError, Register, Unit};
use rust_decimal::Decimal;
use sheets::Rule;

/// A number of a unit, in the unit's canonical one. Exactly where money may hang on it, else to the nearest
/// millionth. Without a unit the number counts as billed: it must be exact.
pub(super) fn micro(number: Decimal, unit: Option<Unit>) -> Result<Micro, Rule> {
    let canonical = match unit {
        None => number,
        Some(unit) => unit.to_canonical(number).ok_or(Rule::TooLarge)?,
    };
    let taken = if unit.is_none_or(|unit| unit.dimension().is_billed()) {
        Micro::exact(canonical)
    } else {
        Micro::rounded(canonical).map(|(micro, _)| micro)
    };
    taken.map_err(|error| match error {
        MicroError::Overflow(_) => Rule::TooLarge,
        MicroError::TooFine(_) => Rule::TooFine { places: 6 },
    })
}

/// A register's name.
pub(super) fn register(cell: &str) -> Result<Register, Rule> {
    cell.parse().map_err(|_| Rule::Register)
}

/// A unit's symbol.
pub(super) fn unit(cell: &str) -> Result<Unit, Rule> {
    cell.parse().map_err(|_| Rule::Unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_converted_exactly_or_not_at_all() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(micro(number("1.5"), Some(Unit::GigaJoule)), Ok(Micro::from_raw(1_500_000_000)));
        assert_eq!(micro(number("123"), Some(Unit::Litre)), Ok(Micro::from_raw(123_000)));
        assert_eq!(micro(number("0.0001"), Some(Unit::Litre)), Err(Rule::TooFine { places: 6 }));
        assert_eq!(micro(number("0.0000001"), None), Err(Rule::TooFine { places: 6 }));
        assert_eq!(micro(number("1"), Some(Unit::JoulePerHour)), Ok(Micro::from_raw(0)));
        assert_eq!(micro(number("9999999999999"), None), Err(Rule::TooLarge));
    }
}
