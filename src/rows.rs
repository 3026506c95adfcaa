//! Long lists, written row by row as they are read: CSV or lines of JSON for programs, CSV or a workbook for spreadsheets.

use std::io::{self, BufWriter, Stdout, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use metering::Language;
use serde_json::{Map, Value};
use sheets::{Book, Kind, Writer};

use crate::out::is_gone;
use crate::outcome::Outcome;
use crate::table::{Sheet, write_whole};

/// How a long list is written: a month of a city does not fit into a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// A header and a row each, RFC 4180
    Csv,
    /// One JSON object a line
    Json,
    /// A workbook, written to `--out FILE`
    Xlsx,
}

/// A column: its name for programs and in an English sheet, its heading in a Chinese one, what stands in it.
pub(crate) type Column = (&'static str, &'static str, Kind);

/// A list that is being written.
pub(crate) struct Rows {
    keys: Vec<&'static str>,
    to: To,
}

enum To {
    Csv(Box<Writer<BufWriter<Stdout>>>),
    Json(BufWriter<Stdout>),
    Book(Box<Book>, PathBuf),
}

impl Rows {
    /// Begins it.
    pub(crate) fn new(
        columns: Vec<Column>,
        format: RowFormat,
        sheet: &Sheet,
        language: Language,
    ) -> Result<Self> {
        let keys: Vec<&'static str> = columns.iter().map(|(key, ..)| *key).collect();
        let out = || BufWriter::with_capacity(1 << 16, io::stdout());
        let to = match (sheet.file(format == RowFormat::Xlsx)?, format) {
            (Some(file), _) => {
                let heading = |(key, zh, kind): Column| (language.pick(key, zh).to_owned(), kind);
                let book = Book::new(columns.into_iter().map(heading).collect())?;
                To::Book(Box::new(book), file.to_owned())
            }
            (None, RowFormat::Json) => To::Json(out()),
            (None, _) => {
                let mut writer = Writer::new(out(), sheet.audience())?;
                writer.row(&keys)?;
                To::Csv(Box::new(writer))
            }
        };
        Ok(Self { keys, to })
    }

    /// Adds a row, a cell for each column.
    pub(crate) fn row(&mut self, cells: &[String]) -> io::Result<()> {
        debug_assert_eq!(cells.len(), self.keys.len(), "a cell for each column");
        match &mut self.to {
            To::Csv(writer) => writer.row(cells),
            To::Book(book, _) => book.row(cells),
            To::Json(out) => {
                let field = |(key, cell): (&&str, &String)| ((*key).to_owned(), Value::from(cell.as_str()));
                let object: Map<_, _> = self.keys.iter().zip(cells).map(field).collect();
                writeln!(out, "{}", Value::Object(object))
            }
        }
    }

    /// Ends it.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self.to {
            To::Csv(mut writer) => writer.flush(),
            To::Json(mut out) => out.flush(),
            To::Book(book, file) => write_whole(&file, |out| book.save(out)),
        }
    }
}

/// How writing a list ended. A reader that went away (`| head`) is no error.
pub(crate) fn written(result: Result<()>) -> Result<Outcome> {
    match result {
        Err(error) if error.downcast_ref().is_some_and(is_gone) => Ok(Outcome::Done),
        result => result.map(|()| Outcome::Done),
    }
}
