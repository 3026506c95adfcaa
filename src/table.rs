//! What commands print: a table for people, JSON or CSV for programs.

use std::io::{self, Write};

use clap::ValueEnum;
use documents::terminal::{self, Side};
use documents::word;
use metering::{Language, Zone, moment};
use serde_json::{Map, Value};
use sheets::{Audience, Writer};

use crate::out::unless_gone;

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

/// How a list is written, as the command line has it.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Output {
    /// For people or programs
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// CSV for a spreadsheet: with a byte order mark, and nothing that runs as a formula
    #[arg(long)]
    excel: bool,
}

impl From<Format> for Output {
    fn from(format: Format) -> Self {
        Self { format, excel: false }
    }
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
    side: Side,
    /// The language in which people read its words, which are of a closed list.
    words: Option<Language>,
    /// The zone in which people read its instants; programs get RFC 3339.
    zone: Option<Zone>,
}

impl Table {
    /// A table without columns.
    pub(crate) fn new() -> Self {
        Self { columns: Vec::new(), rows: Vec::new() }
    }

    /// Adds a column of texts: its name for programs, its heading for people.
    pub(crate) fn text(mut self, key: &'static str, heading: impl Into<String>) -> Self {
        self.columns.push(Column { key, heading: heading.into(), side: Side::Left, words: None, zone: None });
        self
    }

    /// Adds a column of words of a closed list: programs get them as they are, people in their language.
    pub(crate) fn word(mut self, key: &'static str, heading: impl Into<String>, language: Language) -> Self {
        self.columns.push(Column {
            key,
            heading: heading.into(),
            side: Side::Left,
            words: Some(language),
            zone: None,
        });
        self
    }

    /// Adds a column of instants, given in RFC 3339: programs get them so, people the civil time of the utility.
    pub(crate) fn time(mut self, key: &'static str, heading: impl Into<String>, zone: &Zone) -> Self {
        let heading = heading.into();
        self.columns.push(Column { key, heading, side: Side::Left, words: None, zone: Some(zone.clone()) });
        self
    }

    /// Adds a column of numbers, which stand on the right.
    pub(crate) fn number(mut self, key: &'static str, heading: impl Into<String>) -> Self {
        self.columns.push(Column {
            key,
            heading: heading.into(),
            side: Side::Right,
            words: None,
            zone: None,
        });
        self
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

    /// Writes the table to standard output. A reader that went away (`| head`) is no error.
    pub(crate) fn print(&self, output: impl Into<Output>) -> io::Result<()> {
        let (Output { format, excel }, out) = (output.into(), &mut io::stdout().lock());
        let written = match (format, excel) {
            (Format::Table | Format::Csv, true) => self.write_csv(Audience::Spreadsheet, out),
            _ => self.write(format, out),
        };
        unless_gone(written)
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
        let said = |(cell, column): (&String, &Column)| match (column.words, &column.zone) {
            (Some(language), _) => word(language, cell).into_owned(),
            (None, Some(zone)) => match cell.parse() {
                Ok(at) => moment::civil(at, zone),
                Err(_) => cell.clone(),
            },
            (None, None) => cell.clone(),
        };
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().zip(&self.columns).map(said).collect()).collect();
        let headings: Vec<&str> = self.columns.iter().map(|column| column.heading.as_str()).collect();
        let sides: Vec<Side> = self.columns.iter().map(|column| column.side).collect();
        out.write_all(terminal::table(&headings, &sides, &rows).as_bytes())
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
