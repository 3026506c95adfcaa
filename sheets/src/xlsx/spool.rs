//! The first sheet of a workbook as a file of comma-separated rows: each cell as the text that a person sees.

use std::io::{self, BufWriter, Read, Seek, Write};

use calamine::{Cell, DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};
use jiff::civil::DateTime;
use jiff::{RoundMode, Unit};
use tempfile::NamedTempFile;
use zip::ZipArchive;

use super::{bounds, number};
use crate::error::{Large, Unreadable};

/// The rows of the first visible sheet, in a file that goes away with its last reader. A row without cells stands there
/// too, so that rows are counted as the spreadsheet does.
pub(crate) fn spool<R: Read + Seek>(mut workbook: R) -> Result<NamedTempFile, Unreadable> {
    if workbook.seek(io::SeekFrom::End(0))? > bounds::FILE {
        return Err(Unreadable::TooLarge(Large::File));
    }
    let mut zip = ZipArchive::new(workbook).map_err(|_| Unreadable::Workbook)?;
    bounds::check(&mut zip)?;
    let mut book = Xlsx::new(zip.into_inner()).map_err(|_| Unreadable::Workbook)?;
    let first = book
        .sheets_metadata()
        .iter()
        .find(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible);
    let name = first.map(|sheet| sheet.name.clone()).ok_or(Unreadable::Workbook)?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(damaged)?;
    let zeros: Vec<usize> = cells
        .styles()
        .iter()
        .map(|style| style.number_format.as_ref().map_or(0, |format| zeros(&format.format_code)))
        .collect();
    let mut rows = Rows::new()?;
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(damaged)? {
        rows.cell(&cell, zeros.get(style).copied().unwrap_or(0))?;
    }
    rows.close()
}

#[expect(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn damaged(error: XlsxError) -> Unreadable {
    Unreadable::Damaged(error.to_string())
}

/// The digits that a format like `00000000` asks for before the point; 0 for all others.
fn zeros(format: &str) -> usize {
    if format.len() <= 64 && format.bytes().all(|byte| byte == b'0') { format.len() } else { 0 }
}

/// Rows on their way into the file.
struct Rows {
    out: csv::Writer<BufWriter<NamedTempFile>>,
    /// The row that is being filled, from 0; its cells so far.
    row: u32,
    cells: Vec<String>,
    /// Bytes of text so far: a text that cells share is written as often as it stands there.
    length: u64,
}

impl Rows {
    fn new() -> io::Result<Self> {
        let file = NamedTempFile::new()?;
        let out =
            csv::WriterBuilder::new().flexible(true).from_writer(BufWriter::with_capacity(1 << 16, file));
        Ok(Self { out, row: 0, cells: Vec::new(), length: 0 })
    }

    fn cell(&mut self, cell: &Cell<DataRef<'_>>, zeros: usize) -> Result<(), Unreadable> {
        let text = text(cell.get_value(), zeros);
        if text.is_empty() {
            return Ok(());
        }
        let (row, column) = cell.get_position();
        if row >= bounds::ROWS || column >= bounds::COLUMNS {
            return Err(Unreadable::TooLarge(Large::Sheet));
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if row < self.row || (row == self.row && column < self.cells.len()) {
            return Err(Unreadable::Damaged(format!("row {} again", row.saturating_add(1))));
        }
        while self.row < row {
            self.end()?;
        }
        self.length = self.length.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
        if self.length > bounds::UNPACKED {
            return Err(Unreadable::TooLarge(Large::Unpacked));
        }
        self.cells.resize(column, String::new());
        self.cells.push(text);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Unreadable> {
        if self.cells.is_empty() {
            self.cells.push(String::new());
        }
        self.out.write_record(&self.cells)?;
        self.cells.clear();
        self.row = self.row.saturating_add(1);
        Ok(())
    }

    fn close(mut self) -> Result<NamedTempFile, Unreadable> {
        if self.row == 0 && self.cells.is_empty() {
            return Err(Unreadable::Empty);
        }
        if !self.cells.is_empty() {
            self.end()?;
        }
        let buffer = self.out.into_inner().map_err(|error| Unreadable::Io(error.into_error()))?;
        let mut file = buffer.into_inner().map_err(|error| Unreadable::Io(error.into_error()))?;
        file.flush()?;
        Ok(file)
    }
}

/// What a person sees in a cell. What a formula yields is what it yielded when the workbook was saved.
fn text(value: &DataRef<'_>, zeros: usize) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(whole) => whole.to_string(),
        DataRef::Float(number) => number::shown(*number, zeros),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(is) => if *is { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(at) if at.is_duration() => number::shown(at.as_f64(), 0),
        DataRef::DateTime(at) => moment(*at).unwrap_or_else(|| number::shown(at.as_f64(), 0)),
        DataRef::Error(error) => error.to_string(),
    }
}

/// A day, or a day and a time to the second, year first whatever the cell's own format is.
fn moment(at: ExcelDateTime) -> Option<String> {
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let exact = DateTime::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
        i8::try_from(hour).ok()?,
        i8::try_from(minute).ok()?,
        i8::try_from(second).ok()?,
        i32::from(milli).saturating_mul(1_000_000),
    );
    let rounding = jiff::civil::DateTimeRound::new().smallest(Unit::Second).mode(RoundMode::HalfExpand);
    let at = exact.ok()?.round(rounding).ok()?;
    let form = if at.time() == jiff::civil::Time::midnight() { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" };
    Some(at.strftime(form).to_string())
}
