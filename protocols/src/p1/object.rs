//! The line of an object, IEC 62056-21 clause 6.5 as the port's profiles use it.
//!
//! ```text
//!  1-0:1.8.1 ( 000123.456*kWh )
//!  A-B:C.D.E  └ value ───────┘   more values may follow, each in brackets
//!  A-B:C.D.E*F, A-B:C.D.E.F      with the sixth group, which is 255 where it is left out
//! ```

use metering::Obis;
use nom::bytes::complete::{take_till, take_while_m_n};
use nom::character::complete::{char, one_of};
use nom::combinator::{all_consuming, map_opt, opt};
use nom::multi::many1;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// The code and what stands in each of its brackets, maybe nothing. `None` where the line is no object.
pub(super) fn object(line: &str) -> Option<(Obis, Vec<&str>)> {
    let (_, object) = all_consuming((code, many1(value))).parse(line).ok()?;
    Some(object)
}

fn code(text: &str) -> IResult<&str, Obis> {
    let (text, (a, b)) = (group, preceded(char('-'), group)).parse(text)?;
    let (text, (c, d, e)) =
        (preceded(char(':'), group), preceded(char('.'), group), preceded(char('.'), group)).parse(text)?;
    let (text, f) = opt(preceded(one_of("*."), group)).parse(text)?;
    Ok((text, Obis { a, b, c, d, e, f: f.unwrap_or(255) }))
}

/// One to three digits, up to 255.
fn group(text: &str) -> IResult<&str, u8> {
    map_opt(take_while_m_n(1, 3, |c: char| c.is_ascii_digit()), |digits: &str| digits.parse().ok())
        .parse(text)
}

fn value(text: &str) -> IResult<&str, &str> {
    delimited(char('('), take_till(|c| c == ')'), char(')')).parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_and_its_values() {
        let read = |line| object(line).map(|(obis, values)| (obis.to_string(), values));
        let of = |code: &str, values: &[&'static str]| Some((code.to_owned(), values.to_vec()));
        assert_eq!(read("1-0:1.8.1(000123.456*kWh)"), of("1-0:1.8.1", &["000123.456*kWh"]));
        assert_eq!(
            read("0-1:24.2.1(101209110000W)(12785.123*m3)"),
            of("0-1:24.2.1", &["101209110000W", "12785.123*m3"])
        );
        assert_eq!(read("0-0:96.13.1()"), of("0-0:96.13.1", &[""]));
        assert_eq!(read("1-0:1.8.0*01(5)"), of("1-0:1.8.0*1", &["5"]));
        assert_eq!(read("1-0:1.8.0.01(5)"), of("1-0:1.8.0*1", &["5"]));
        // A text with an opening bracket is a text.
        assert_eq!(read("0-0:96.13.0(a(b)"), of("0-0:96.13.0", &["a(b"]));
    }

    #[test]
    fn what_is_no_object() {
        for line in [
            "",
            "1-0:1.8.1",
            "1-0:1.8.1(5",
            "1-0:1.8.1(5)x",
            "1-0:1.8.1 (5)",
            "1-0:1.8(5)",
            "1-0:1.8.256(5)",
            "1-0:1.8.0001(5)",
            "1-0:+1.8.0(5)",
            "1-0:1.8.0*(5)",
            "1-0:1.8.0*1.2(5)",
            "(5)",
        ] {
            assert_eq!(object(line), None, "{line}");
        }
    }
}
