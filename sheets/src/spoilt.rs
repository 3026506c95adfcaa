//! What a spreadsheet does to numbers that are names: 1.23E+11, 12345.0, lost leading zeros, digits beyond the
//! fifteenth turned to zeros. Seen from the value itself, or from the others in its column.

use crate::fault::Rule;

/// How long the all-digit values of a column are, in the file and among the stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lengths {
    file: Tally,
    stored: Tally,
    /// Longer than 15 digits, and how many of those have only zeros after the fifteenth.
    long: (u64, u64),
}

/// By length: how many, and how many of them begin with 0.
type Tally = Vec<(u64, u64)>;

/// Adds to a tally. Nothing that is named by hand is longer than 64 characters: a hostile cell must not make a table
/// of its length.
fn add(tally: &mut Tally, length: usize, count: u64, zero_led: u64) {
    if length > 64 {
        return;
    }
    if tally.len() <= length {
        tally.resize(length + 1, (0, 0));
    }
    if let Some(slot) = tally.get_mut(length) {
        slot.0 += count;
        slot.1 += zero_led;
    }
}

impl Lengths {
    /// Learns from one value of the file.
    pub fn learn(&mut self, value: &str) {
        if !is_digits(value) {
            return;
        }
        add(&mut self.file, value.len(), 1, u64::from(value.starts_with('0')));
        if value.len() > KEPT {
            self.long.0 += 1;
            self.long.1 += u64::from(ends_in_zeros(value));
        }
    }

    /// Learns from what is stored.
    pub fn learn_stored(&mut self, length: usize, count: u64, zero_led: u64) {
        add(&mut self.stored, length, count, zero_led);
    }

    /// The file and the stored together.
    fn all(&self) -> Tally {
        let mut all = self.file.clone();
        for (length, (count, zero_led)) in self.stored.iter().enumerate() {
            add(&mut all, length, *count, *zero_led);
        }
        all
    }

    /// Whether numbers of this length are a series of their own, as another maker's serials are: three are stored,
    /// or three stand in a file whose column is text, since others in it have kept their zeros.
    fn is_series(&self, length: usize) -> bool {
        let without_zero =
            |tally: &Tally| tally.get(length).map_or(0, |(count, zeros)| count.saturating_sub(*zeros));
        let is_text = self.file.iter().any(|(_, zeros)| *zeros > 0);
        length >= 6 && (without_zero(&self.stored) >= 3 || (is_text && without_zero(&self.file) >= 3))
    }

    /// The one length that the values have, where they have one: those that begin with 0 are all of it and none is
    /// longer; or, of numbers given out in a length (`majority`), nine of ten are, of at least six digits.
    pub fn fixed(&self, majority: bool) -> Option<usize> {
        let all = self.all();
        let longest = all.iter().rposition(|(count, _)| *count > 0)?;
        let mut zero_led = all.iter().enumerate().filter(|(_, (_, zeros))| *zeros > 0).map(|(n, _)| n);
        match (zero_led.next(), zero_led.next()) {
            (Some(length), None) if length == longest => return Some(length),
            (Some(_), _) => return None,
            (None, _) => {}
        }
        let total: u64 = all.iter().map(|(count, _)| count).sum();
        let (at_longest, _) = all.get(longest)?;
        (majority && longest >= 6 && total >= 10 && at_longest * 10 >= total * 9).then_some(longest)
    }

    /// Whether long numbers were cut to 15 digits: one that ends in zeros may be so by itself, three are not.
    fn cut(&self) -> bool {
        self.long.0 >= 3 && self.long.0 == self.long.1
    }
}

/// A spreadsheet keeps so many digits.
const KEPT: usize = 15;

fn is_digits(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn ends_in_zeros(value: &str) -> bool {
    value.bytes().skip(KEPT).all(|byte| byte == b'0')
}

/// Any value: what a spreadsheet writes where it has none, or no room for one.
pub(crate) fn any(value: &str) -> Option<Rule> {
    let error = matches!(value, "#REF!" | "#N/A" | "#VALUE!" | "#NAME?" | "#DIV/0!" | "#NUM!" | "#NULL!");
    (error || (value.len() > 2 && value.bytes().all(|byte| byte == b'#'))).then_some(Rule::SpreadsheetError)
}

/// 1.23E+11 and its relatives.
pub(crate) fn has_exponent(value: &str) -> bool {
    let Some((mantissa, exponent)) = value.split_once(['e', 'E']) else { return false };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = mantissa.strip_prefix('-').unwrap_or(mantissa).replacen('.', "", 1);
    // `1E2` is also a code that people give; a shortened number has a point or a signed exponent.
    is_digits(&digits) && is_digits(exponent) && (mantissa.contains('.') || value.contains(['+', '-']))
}

/// A value that names something.
pub(crate) fn name(value: &str, column: Option<&Lengths>, fixed: Option<usize>) -> Option<Rule> {
    if has_exponent(value) {
        return Some(Rule::Exponent);
    }
    if value.strip_suffix(".0").or_else(|| value.strip_suffix(".00")).is_some_and(is_digits) {
        return Some(Rule::PointZero);
    }
    if !is_digits(value) {
        return None;
    }
    if value.len() > KEPT && ends_in_zeros(value) && column.is_some_and(Lengths::cut) {
        return Some(Rule::LostDigits);
    }
    let length = fixed?;
    let is_short = value.len() < length && !value.starts_with('0');
    (is_short && !column.is_some_and(|column| column.is_series(value.len())))
        .then_some(Rule::LostZeros { length })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(values: &[&str]) -> Lengths {
        let mut lengths = Lengths::default();
        for value in values {
            lengths.learn(value);
        }
        lengths
    }

    fn check(value: &str, others: &[&str]) -> Option<&'static str> {
        let lengths = lengths(others);
        name(value, Some(&lengths), lengths.fixed(true)).map(|rule| rule.name())
    }

    #[test]
    fn a_shortened_number_is_seen_by_itself() {
        for (value, rule) in [
            ("1.23E+11", Some("exponent")),
            ("1.23457e+17", Some("exponent")),
            ("2E+11", Some("exponent")),
            ("12345.0", Some("point_zero")),
            ("1E2", None),
            ("B-12.0", None),
            ("00123", None),
        ] {
            assert_eq!(check(value, &[]), rule, "{value}");
        }
    }

    #[test]
    fn lost_zeros_are_seen_by_the_others() {
        assert_eq!(check("12345", &["0012345", "0099999", "12345"]), Some("lost_zeros"));
        assert_eq!(check("0012345", &["0012345", "12345"]), None);
        // Codes of a tree have many lengths, some of them with a zero.
        assert_eq!(check("11", &["01", "0101", "11", "1101"]), None);
        // Counted numbers: none begins with a zero, and no length is the rule.
        assert_eq!(check("9", &["8", "9", "10", "11"]), None);
    }

    #[test]
    fn another_makers_serials_are_a_series_of_their_own() {
        let mixed = ["000000000001", "000000000002", "21000001", "21000002", "21000003"];
        assert_eq!(check("21000003", &mixed), None);
        assert_eq!(check("21000003", &mixed[..3]), Some("lost_zeros"));
        // A whole column that lost its zeros is no series: the stored ones have theirs.
        let mut spoilt = lengths(&["21000001", "21000002", "21000003"]);
        spoilt.learn_stored(12, 100, 100);
        assert!(name("21000001", Some(&spoilt), spoilt.fixed(true)).is_some());
        spoilt.learn_stored(8, 3, 0);
        assert!(name("21000001", Some(&spoilt), spoilt.fixed(true)).is_none());
    }

    #[test]
    fn nine_of_ten_are_a_rule_for_numbers_only() {
        let mut numbers: Vec<String> = (0..20).map(|n| format!("21{n:06}")).collect();
        numbers.push("1000007".into());
        let all: Vec<&str> = numbers.iter().map(String::as_str).collect();
        assert_eq!(check("1000007", &all), Some("lost_zeros"));
        assert_eq!(lengths(&all).fixed(false), None);
    }

    #[test]
    fn digits_beyond_the_fifteenth_are_seen_when_all_are_zeros() {
        let cut = ["123456789012345000", "223456789012345000", "323456789012345000"];
        assert_eq!(check(cut[0], &cut), Some("lost_digits"));
        assert_eq!(check(cut[0], &[cut[0], cut[1], "323456789012345678"]), None);
    }

    #[test]
    fn errors_of_the_spreadsheet_are_no_values() {
        assert!(any("#REF!").is_some() && any("########").is_some());
        assert!(any("#5").is_none() && any("").is_none());
    }
}
