//! A sheet to be filled in: the header, and one row of examples.

use std::io::{self, Write};

use metering::Language;

use crate::column::Column;
use crate::out::{Audience, Writer};
use crate::xlsx::{Book, Kind};

/// What the header says of a column. A star marks what each row must fill.
fn heading(column: &Column, language: Language) -> String {
    let star = if column.required { "*" } else { "" };
    format!("{}{star}", language.pick(column.name, column.zh))
}

/// Writes the template as a workbook all of whose columns are texts, so that no number loses its zeros.
pub fn template_book(columns: &[Column], language: Language, out: impl Write + Send) -> io::Result<()> {
    let headings = columns.iter().map(|column| (heading(column, language), Kind::Text)).collect();
    let mut book = Book::new(headings)?;
    book.keep_as_typed()?;
    book.row(columns.iter().map(|column| column.example))?;
    book.save(out)
}

/// Writes the template, for a spreadsheet.
pub fn template(columns: &[Column], language: Language, out: impl Write) -> io::Result<()> {
    let mut writer = Writer::new(out, Audience::Spreadsheet)?;
    writer.row(columns.iter().map(|column| heading(column, language)))?;
    writer.row(columns.iter().map(|column| column.example))?;
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layout;

    const COLUMNS: &[Column] = &[
        Column::required("code", "编码", ("", ""), "E01"),
        Column::optional("parent", "上级", ("", ""), ""),
    ];

    #[test]
    fn a_template_is_a_file_whose_header_matches() {
        for language in [Language::En, Language::Zh] {
            let (mut csv, mut book) = (Vec::new(), Vec::new());
            template(COLUMNS, language, &mut csv).unwrap();
            template_book(COLUMNS, language, &mut book).unwrap();
            for file in [csv, book] {
                let mut rows = crate::Source::memory(file).unwrap().rows().unwrap();
                let mut row = crate::Record::new();
                assert!(rows.read_record(&mut row).unwrap());
                let layout = Layout::of(&row, COLUMNS).unwrap();
                assert_eq!((layout.place("code"), layout.place("parent")), (Some(0), Some(1)));
                assert!(rows.read_record(&mut row).unwrap());
                assert_eq!(row.get(0), Some("E01"));
            }
        }
    }
}
