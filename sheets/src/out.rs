//! Rows as CSV: for programs as they are, for spreadsheets with a byte order mark and without anything that would run.

use std::borrow::Cow;
use std::io::{self, Write};

/// Who reads what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// RFC 4180, UTF-8, each cell as it is.
    Program,
    /// A byte order mark, so that Chinese is read as what it is, and cells that do not run as formulas.
    Spreadsheet,
}

/// Writes rows.
pub struct Writer<W: Write> {
    rows: csv::Writer<W>,
    audience: Audience,
}

impl<W: Write> Writer<W> {
    /// Into `out`.
    pub fn new(mut out: W, audience: Audience) -> io::Result<Self> {
        if audience == Audience::Spreadsheet {
            out.write_all("\u{feff}".as_bytes())?;
        }
        Ok(Self { rows: csv::Writer::from_writer(out), audience })
    }

    /// Writes a row, or the header.
    pub fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) -> io::Result<()> {
        for cell in cells {
            match self.audience {
                Audience::Program => self.rows.write_field(cell.as_ref())?,
                Audience::Spreadsheet => self.rows.write_field(disarmed(cell.as_ref()).as_ref())?,
            }
        }
        Ok(self.rows.write_record(None::<&[u8]>)?)
    }

    /// Writes what is still held back.
    pub fn flush(&mut self) -> io::Result<()> {
        self.rows.flush()
    }
}

/// A cell that a spreadsheet does not run: one that begins with what begins a formula gets an apostrophe in front, but a
/// plain number stays the number that it is.
///
/// ```
/// use sheets::disarmed;
/// assert_eq!(disarmed("=HYPERLINK(\"http://evil\")"), "'=HYPERLINK(\"http://evil\")");
/// assert_eq!(disarmed("@SUM(A1)"), "'@SUM(A1)");
/// assert_eq!(disarmed("-12.50"), "-12.50");
/// assert_eq!(disarmed("-2+3"), "'-2+3");
/// ```
pub fn disarmed(cell: &str) -> Cow<'_, str> {
    // Blanks in front do not keep every program from running what follows.
    let first = cell.trim_start_matches(' ').chars().next();
    let armed = matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'));
    if armed && !is_number(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain(whole) && plain(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(audience: Audience) -> String {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, audience).unwrap();
        writer.row(["name", "amount"]).unwrap();
        writer.row(["=1+1", "-1,5"]).unwrap();
        writer.row(["徐\"明", "-1.50"]).unwrap();
        writer.flush().unwrap();
        drop(writer);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn programs_get_each_cell_as_it_is() {
        assert_eq!(written(Audience::Program), "name,amount\n=1+1,\"-1,5\"\n\"徐\"\"明\",-1.50\n");
    }

    #[test]
    fn spreadsheets_get_a_mark_and_no_formula() {
        assert_eq!(
            written(Audience::Spreadsheet),
            "\u{feff}name,amount\n'=1+1,\"'-1,5\"\n\"徐\"\"明\",-1.50\n"
        );
    }

    #[test]
    fn nothing_that_begins_a_formula_stays_armed() {
        for cell in
            ["=1", "+1+1", "-1-1", "@A1", "\tx", "\rx", " =1", "＝1+1", "-", "+", "=", "-1e5", "-1.", "+.5"]
        {
            assert_eq!(disarmed(cell), format!("'{cell}"), "{cell:?}");
        }
        for cell in ["", "1", "-1", "+1", "-0.00", "a=b", "2026-10-01", "'=1"] {
            assert_eq!(disarmed(cell), cell);
        }
    }
}
