//! Numbers of a workbook, which are binary floats in it, as the decimals that people see.

/// A spreadsheet keeps and shows so many digits.
const DIGITS: usize = 15;

/// The plain decimal that a spreadsheet shows for a number, with at most fifteen digits and at least `zeros` before the
/// point (the format `00000000` of people who keep the zeros of a number). A number with more digits before the point is
/// written with an exponent, as a spreadsheet does, and so is refused as one that it has spoilt.
///
/// | stored | shown |
/// |---|---|
/// | 86.4 | `86.4` |
/// | 86.39999999999999 | `86.4` |
/// | 4200002026100100000001 | `4.2000020261001E+21` |
pub(super) fn shown(number: f64, zeros: usize) -> String {
    if !number.is_finite() {
        return "#NUM!".to_owned();
    }
    let scientific = format!("{number:.*e}", DIGITS - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let digits = digits.trim_end_matches('0');
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if digits.is_empty() {
        return "0".repeat(zeros.max(1));
    }
    match usize::try_from(exponent) {
        Ok(exponent) if exponent < DIGITS => {
            let whole = digits.get(..=exponent).unwrap_or(digits);
            let fraction = digits.get(exponent + 1..).unwrap_or_default();
            let missing = (exponent + 1).saturating_sub(digits.len());
            let whole = format!("{whole}{}", "0".repeat(missing));
            let point = if fraction.is_empty() { "" } else { "." };
            format!("{sign}{whole:0>zeros$}{point}{fraction}")
        }
        // A fraction: as many zeros as its exponent says.
        Err(_) if exponent >= -20 => {
            let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
            format!("{sign}0.{}{digits}", "0".repeat(zeros))
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            format!("{sign}{first}{point}{rest}E{exponent:+}")
        }
    }
}

/// The number of a plain decimal, and its decimal places, where it reads back as the same decimal; else nothing.
pub(super) fn exact(decimal: &str) -> Option<(f64, usize)> {
    let digits = decimal.strip_prefix('-').unwrap_or(decimal);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let kept =
        if digits.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal };
    if whole.is_empty()
        || !plain(whole)
        || !plain(fraction)
        || digits.ends_with('.')
        || fraction.len() > DIGITS
    {
        return None;
    }
    let number: f64 = decimal.parse().ok()?;
    (shown(number, 0) == kept).then_some((number, fraction.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_shown_as_a_spreadsheet_shows_it() {
        for (number, zeros, text) in [
            (0.0, 0, "0"),
            (-0.0, 0, "0"),
            (7.0, 0, "7"),
            (1500.0, 0, "1500"),
            (86.4, 0, "86.4"),
            (86.399_999_999_999_99, 0, "86.4"),
            (-0.05, 0, "-0.05"),
            (0.000_001, 0, "0.000001"),
            (12_345.0, 8, "00012345"),
            (123_456_789_012_345.0, 0, "123456789012345"),
            (1_234_567_890_123_456.0, 0, "1.23456789012346E+15"),
            (1e300, 0, "1E+300"),
            (1e-300, 0, "1E-300"),
            (f64::NAN, 0, "#NUM!"),
            (f64::INFINITY, 0, "#NUM!"),
        ] {
            assert_eq!(shown(number, zeros), text);
        }
    }

    #[test]
    fn only_a_decimal_that_reads_back_is_a_number() {
        for (decimal, places) in
            [("0", 0), ("0.00", 2), ("-12.50", 2), ("52486.25", 2), ("999999999999.999", 3)]
        {
            assert_eq!(exact(decimal).map(|(_, places)| places), Some(places), "{decimal}");
        }
        for decimal in [
            "",
            "-",
            ".5",
            "5.",
            "007",
            "-0.00",
            "+1",
            "1e5",
            "1,5",
            "12345678901234567.25",
            "9007199254740993",
            "0x1",
        ] {
            assert!(exact(decimal).is_none(), "{decimal}");
        }
    }

    proptest! {
        /// Whatever is written as a number reads back as the same decimal.
        #[test]
        fn what_is_a_number_reads_back(units in any::<i64>(), scale in 0_u32..10) {
            let decimal = rust_decimal::Decimal::new(units, scale);
            if let Some((number, places)) = exact(&decimal.to_string()) {
                prop_assert_eq!(shown(number, 0).parse::<rust_decimal::Decimal>().unwrap(), decimal);
                prop_assert_eq!(places, usize::try_from(scale).unwrap());
            }
        }

        /// Amounts that occur are numbers: up to fifteen digits.
        #[test]
        fn fifteen_digits_are_a_number(units in -999_999_999_999_999_i64..=999_999_999_999_999, scale in 0_u32..7) {
            prop_assume!(units != 0);
            prop_assert!(exact(&rust_decimal::Decimal::new(units, scale).to_string()).is_some());
        }
    }
}
