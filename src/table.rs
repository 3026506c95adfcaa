//! What commands print: a table for people, JSON or CSV for programs, CSV or a workbook for spreadsheets.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use documents::terminal::{self, Side};
use documents::word;
use metering::{Language, Zone, moment};
use serde_json::{Map, Value};
use sheets::{Audience, Book, Kind, Writer};

use crate::out::unless_gone;
use crate::outcome::Unusable;

/// How a command's answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for a person's eyes.
    #[default]
    Table,
    /// One JSON array of objects.
    Json,
    /// A header and a row each, RFC 4180.
    Csv,
}

/// The form of an answer that is one thing and no list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// Sentences.
    #[default]
    Table,
    /// One JSON object.
    Json,
}

/// The form of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    /// Columns for a person's eyes.
    Table,
    /// One JSON array of objects.
    Json,
    /// A header and a row each, RFC 4180.
    Csv,
    /// A workbook, written to `--out FILE`.
    Xlsx,
}

/// How a list is written, as the command line has it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Output {
    /// For people or programs
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    sheet: Sheet,
}

/// What a list for a spreadsheet takes besides its format.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Sheet {
    /// CSV for a spreadsheet: with a byte order mark, and nothing that runs as a formula
    #[arg(long, conflicts_with = "out")]
    pub(crate) excel: bool,
    /// Where the workbook of `--format xlsx` goes
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Sheet {
    /// Whether the file that was named fits the format: a workbook is no text for a terminal, and nothing else goes to a
    /// file of ours.
    pub(crate) fn file(&self, workbook: bool) -> Result<Option<&Path>, Unusable> {
        match (&self.out, workbook) {
            (None, true) => Err(Unusable("--format xlsx needs --out FILE".into())),
            (Some(_), false) => {
                Err(Unusable("--out FILE is for --format xlsx; redirect the others: > FILE".into()))
            }
            (file, _) => Ok(file.as_deref()),
        }
    }

    /// Who reads the CSV.
    pub(crate) const fn audience(&self) -> Audience {
        if self.excel { Audience::Spreadsheet } else { Audience::Program }
    }
}

/// Writes a file, whole or not at all.
pub(crate) fn write_whole(
    file: &Path,
    write: impl FnOnce(BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
    let written = File::create(&part)
        .and_then(|out| write(BufWriter::with_capacity(1 << 16, out)))
        .and_then(|()| std::fs::rename(&part, file));
    written.map_err(|error| {
        // What is left of it is of no use to anybody.
        let _ = std::fs::remove_file(&part);
        named(error)
    })
}

/// Rows under named columns. Cells are texts: numbers come as the plain decimals that they are printed as.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

#[derive(Clone, Debug)]
struct Column {
    key: &'static str,
    heading: String,
    cells: Cells,
}

/// What stands in a column.
#[derive(Clone, Debug)]
enum Cells {
    Text,
    /// Of a closed list: programs get them as they are, people in their language.
    Word(Language),
    Date,
    /// Instants in RFC 3339: programs get them so, people the civil time of the zone.
    Time(Zone),
    Number,
}

impl Table {
    /// A table without columns.
    pub(crate) fn new() -> Self {
        Self { columns: Vec::new(), rows: Vec::new() }
    }

    fn column(mut self, key: &'static str, heading: impl Into<String>, cells: Cells) -> Self {
        self.columns.push(Column { key, heading: heading.into(), cells });
        self
    }

    /// Adds a column of texts: its name for programs, its heading for people.
    pub(crate) fn text(self, key: &'static str, heading: impl Into<String>) -> Self {
        self.column(key, heading, Cells::Text)
    }

    /// Adds a column of words of a closed list: programs get them as they are, people in their language.
    pub(crate) fn word(self, key: &'static str, heading: impl Into<String>, language: Language) -> Self {
        self.column(key, heading, Cells::Word(language))
    }

    /// Adds a column of civil days.
    pub(crate) fn date(self, key: &'static str, heading: impl Into<String>) -> Self {
        self.column(key, heading, Cells::Date)
    }

    /// Adds a column of instants, given in RFC 3339: programs get them so, people the civil time of the utility.
    pub(crate) fn time(self, key: &'static str, heading: impl Into<String>, zone: &Zone) -> Self {
        self.column(key, heading, Cells::Time(zone.clone()))
    }

    /// Adds a column of numbers, which stand on the right.
    pub(crate) fn number(self, key: &'static str, heading: impl Into<String>) -> Self {
        self.column(key, heading, Cells::Number)
    }

    /// Adds a row, a cell for each column.
    pub(crate) fn row<I>(&mut self, cells: I)
    where
        I: IntoIterator,
        I::Item: ToString,
    {
        let cells: Vec<String> = cells.into_iter().map(|cell| cell.to_string()).collect();
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        self.rows.push(cells);
    }

    /// Writes a list as and where it was asked for. A reader that went away (`| head`) is no error.
    pub(crate) fn print_list(&self, language: Language, output: &Output) -> anyhow::Result<()> {
        if let Some(file) = output.sheet.file(output.format == ListFormat::Xlsx)? {
            return Ok(self.write_book(language, file)?);
        }
        let out = &mut io::stdout().lock();
        let written = match output.format {
            ListFormat::Json => self.write(Format::Json, out),
            ListFormat::Table if !output.sheet.excel => self.write(Format::Table, out),
            _ => self.write_csv(output.sheet.audience(), out),
        };
        Ok(unless_gone(written)?)
    }

    /// Writes the table to standard output. A reader that went away (`| head`) is no error.
    pub(crate) fn print(&self, format: Format) -> io::Result<()> {
        unless_gone(self.write(format, &mut io::stdout().lock()))
    }

    /// Writes the table.
    pub(crate) fn write(&self, format: Format, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Table => self.write_table(out),
            Format::Json => self.write_json(out),
            Format::Csv => self.write_csv(Audience::Program, out),
        }
    }

    fn write_table(&self, out: &mut dyn Write) -> io::Result<()> {
        let said = |(cell, column): (&String, &Column)| match &column.cells {
            Cells::Word(language) => word(*language, cell).into_owned(),
            Cells::Time(zone) => match cell.parse() {
                Ok(at) => moment::civil(at, zone),
                Err(_) => cell.clone(),
            },
            Cells::Text | Cells::Date | Cells::Number => cell.clone(),
        };
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().zip(&self.columns).map(said).collect()).collect();
        let headings: Vec<&str> = self.columns.iter().map(|column| column.heading.as_str()).collect();
        let side = |column: &Column| match column.cells {
            Cells::Number => Side::Right,
            _ => Side::Left,
        };
        let sides: Vec<Side> = self.columns.iter().map(side).collect();
        out.write_all(terminal::table(&headings, &sides, &rows).as_bytes())
    }

    /// In English with the names and words of the CSV, in Chinese with the headings and words of the table: as the header
    /// of a file that is imported may be.
    fn write_book(&self, language: Language, file: &Path) -> io::Result<()> {
        let heading = |column: &Column| {
            let kind = match &column.cells {
                Cells::Text | Cells::Word(_) => Kind::Text,
                Cells::Date => Kind::Date,
                Cells::Time(zone) => Kind::Time(zone.clone()),
                Cells::Number => Kind::Number,
            };
            (language.pick(column.key, &column.heading).to_owned(), kind)
        };
        let mut book = Book::new(self.columns.iter().map(heading).collect())?;
        for row in &self.rows {
            let said = |(cell, column): (&String, &Column)| match column.cells {
                Cells::Word(Language::Zh) => word(Language::Zh, cell).into_owned(),
                _ => cell.clone(),
            };
            book.row(row.iter().zip(&self.columns).map(said))?;
        }
        write_whole(file, |out| book.save(out))
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let objects = self.rows.iter().map(|row| {
            let fields = self
                .columns
                .iter()
                .zip(row)
                .map(|(column, cell)| (column.key.to_owned(), Value::from(cell.as_str())));
            Value::Object(fields.collect::<Map<_, _>>())
        });
        writeln!(out, "{}", Value::Array(objects.collect()))
    }

    /// Writes the table as CSV.
    pub(crate) fn write_csv(&self, audience: Audience, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = Writer::new(out, audience)?;
        writer.row(self.columns.iter().map(|column| column.key))?;
        self.rows.iter().try_for_each(|row| writer.row(row))?;
        writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(format: Format) -> String {
        let mut table = Table::new().text("area", "片区").number("amount", "amount");
        table.row(["东城", "1,5"]);
        table.row(["Haidian", "100.25"]);
        let mut out = Vec::new();
        table.write(format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn programs_get_keys_and_quotes() {
        assert_eq!(printed(Format::Csv), "area,amount\n东城,\"1,5\"\nHaidian,100.25\n");
        assert_eq!(
            printed(Format::Json),
            "[{\"amount\":\"1,5\",\"area\":\"东城\"},{\"amount\":\"100.25\",\"area\":\"Haidian\"}]\n"
        );
    }
}
