//! Rows as a workbook for people: a header that stays in view, columns as wide as their texts, dates as dates.

use std::io::{self, Write};

use metering::{Zone, moment};
use rust_xlsxwriter::{ExcelDateTime, Format, IgnoreError, Workbook, Worksheet, XlsxError};
use unicode_width::UnicodeWidthStr as _;

use super::{bounds, number};

/// What stands in a column, as far as a spreadsheet must know it. Cells come as texts; one that is not what its column
/// holds stays a text, and no text is ever run as a formula.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Words, names, and numbers that name something, with all their zeros.
    Text,
    /// Plain decimals: a number where it reads back as the same decimal, shown with its decimal places.
    Number,
    /// Civil days, `2026-10-01`.
    Date,
    /// Instants in RFC 3339, shown as the civil time of the zone, to the second.
    Time(Zone),
}

/// A workbook that is being filled. Its rows go to a file of the system's temporary folder, not into memory; past the last
/// row that a sheet can have, another sheet begins.
pub struct Book {
    workbook: Workbook,
    headings: Vec<(String, Kind)>,
    /// The widest text of each column so far.
    widths: Vec<usize>,
    formats: Formats,
    /// Sheets so far, and rows of the last one with its header.
    sheets: usize,
    rows: u32,
    most_rows: u32,
}

struct Formats {
    head: Format,
    text: Format,
    date: Format,
    time: Format,
    /// By decimal places.
    numbers: Vec<Format>,
}

impl Formats {
    fn new() -> Self {
        let number = |places: usize| match places {
            0 => Format::new().set_num_format("0"),
            places => Format::new().set_num_format(format!("0.{}", "0".repeat(places))),
        };
        Self {
            head: Format::new().set_bold(),
            text: Format::new().set_num_format("@"),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            numbers: (0..=15).map(number).collect(),
        }
    }
}

/// Columns a text may make its column wide.
const WIDEST: usize = 60;

/// Characters that a cell can hold.
const LONGEST: usize = 32_767;

impl Book {
    /// With these columns.
    pub fn new(headings: Vec<(String, Kind)>) -> io::Result<Self> {
        Self::of_rows(headings, bounds::ROWS)
    }

    fn of_rows(headings: Vec<(String, Kind)>, most_rows: u32) -> io::Result<Self> {
        let widths = headings.iter().map(|(heading, _)| heading.width()).collect();
        let (workbook, formats) = (Workbook::new(), Formats::new());
        let mut new = Self { workbook, headings, widths, formats, sheets: 0, rows: 0, most_rows };
        new.begin_sheet()?;
        Ok(new)
    }

    fn begin_sheet(&mut self) -> io::Result<()> {
        let sheet = self.workbook.add_worksheet_with_constant_memory().map_err(other)?;
        sheet.set_freeze_panes(1, 0).map_err(other)?;
        sheet.set_repeat_rows(0, 0).map_err(other)?;
        for (column, (heading, _)) in (0..).zip(&self.headings) {
            sheet.write_string_with_format(0, column, heading, &self.formats.head).map_err(other)?;
        }
        (self.sheets, self.rows) = (self.sheets.saturating_add(1), 1);
        Ok(())
    }

    /// Makes every column one of texts, also below its last row: what is typed there later stays as it was typed.
    pub(crate) fn keep_as_typed(&mut self) -> io::Result<()> {
        let sheet = self.workbook.worksheet_from_index(self.sheets.saturating_sub(1)).map_err(other)?;
        for (column, _) in (0..).zip(&self.headings) {
            sheet.set_column_format(column, &self.formats.text).map_err(other)?;
        }
        Ok(())
    }

    /// Adds a row, a cell for each column.
    pub fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) -> io::Result<()> {
        if self.rows == self.most_rows {
            self.begin_sheet()?;
        }
        let sheet = self.workbook.worksheet_from_index(self.sheets.saturating_sub(1)).map_err(other)?;
        let columns = (0..).zip(&self.headings).zip(&mut self.widths);
        for (((column, (_, kind)), widest), cell) in columns.zip(cells) {
            let cell = cell.as_ref();
            *widest = (*widest).max(cell.width());
            if !cell.is_empty() {
                write(sheet, &self.formats, (self.rows, column), kind, cell).map_err(other)?;
            }
        }
        self.rows = self.rows.saturating_add(1);
        Ok(())
    }

    /// Ends it, and writes it.
    pub fn save(mut self, out: impl Write + Send) -> io::Result<()> {
        let last = u16::try_from(self.headings.len().saturating_sub(1)).map_err(io::Error::other)?;
        for n in 0..self.sheets {
            let sheet = self.workbook.worksheet_from_index(n).map_err(other)?;
            let rows = if n.saturating_add(1) == self.sheets { self.rows } else { self.most_rows };
            for (column, width) in (0..=last).zip(&self.widths) {
                // Two more: the arrow of the filter.
                let width = u8::try_from((*width).min(WIDEST)).unwrap_or(u8::MAX).saturating_add(2);
                sheet.set_column_width(column, width).map_err(other)?;
            }
            let bottom = rows.saturating_sub(1).max(1);
            sheet.autofilter(0, 0, bottom, last).map_err(other)?;
            sheet.ignore_error_range(0, 0, bottom, last, IgnoreError::NumberStoredAsText).map_err(other)?;
        }
        self.workbook.save_to_writer(out).map_err(other)
    }
}

fn write(
    sheet: &mut Worksheet,
    formats: &Formats,
    at: (u32, u16),
    kind: &Kind,
    cell: &str,
) -> Result<(), XlsxError> {
    let (row, column) = at;
    match kind {
        Kind::Number => {
            if let Some((number, places)) = number::exact(cell)
                && let Some(format) = formats.numbers.get(places)
            {
                return sheet.write_number_with_format(row, column, number, format).map(drop);
            }
        }
        Kind::Date => {
            if let Some(day) = day(cell) {
                return sheet.write_datetime_with_format(row, column, &day, &formats.date).map(drop);
            }
        }
        Kind::Time(zone) => {
            if let Ok(at) = cell.parse() {
                let civil = moment::civil(at, zone);
                // An hour that the clock counts twice has its offset behind it, and stays a text.
                return match instant(&civil) {
                    Some(at) => sheet.write_datetime_with_format(row, column, &at, &formats.time),
                    None => sheet.write_string_with_format(row, column, &civil, &formats.text),
                }
                .map(drop);
            }
        }
        Kind::Text => {}
    }
    let cut: String;
    let text = if cell.len() > LONGEST {
        // A sign outside the first plane counts as two.
        cut = cell.chars().take(LONGEST / 2).collect();
        &cut
    } else {
        cell
    };
    sheet.write_string_with_format(row, column, text, &formats.text).map(drop)
}

/// A spreadsheet's calendar is right from March 1900 on.
fn day(text: &str) -> Option<ExcelDateTime> {
    let day = moment::date(text).ok()?;
    let (year, month) = (u16::try_from(day.year()).ok()?, u8::try_from(day.month()).ok()?);
    if (year, month) < (1900, 3) {
        return None;
    }
    ExcelDateTime::from_ymd(year, month, u8::try_from(day.day()).ok()?).ok()
}

/// `2026-10-01 08:00:00`
fn instant(civil: &str) -> Option<ExcelDateTime> {
    let (date, time) = civil.split_once(' ')?;
    let mut parts = time.split(':');
    let mut part = || parts.next()?.parse::<u8>().ok();
    let (hour, minute, second) = (part()?, part()?, part()?);
    day(date)?.and_hms(u16::from(hour), minute, second).ok()
}

fn other(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        error => io::Error::other(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
