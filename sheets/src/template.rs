//! A sheet to be filled in: the header, and one row of examples.

use std::io::{self, Write};

use metering::Language;

use crate::column::Column;
use crate::out::{Audience, Writer};

/// Writes the template, for a spreadsheet. A star marks what each row must fill.
pub fn template(columns: &[Column], language: Language, out: impl Write) -> io::Result<()> {
    let mut writer = Writer::new(out, Audience::Spreadsheet)?;
    writer.row(columns.iter().map(|column| {
        let star = if column.required { "*" } else { "" };
        format!("{}{star}", language.pick(column.name, column.zh))
    }))?;
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
            let mut out = Vec::new();
            template(COLUMNS, language, &mut out).unwrap();
            let mut rows = crate::Source::memory(out).unwrap().rows().unwrap();
            let mut header = crate::Record::new();
            assert!(rows.read_record(&mut header).unwrap());
            let layout = Layout::of(&header, COLUMNS).unwrap();
            assert_eq!((layout.place("code"), layout.place("parent")), (Some(0), Some(1)));
        }
    }
}
