//! A file to be filled in: the header, and one row of examples.

use std::io::{self, Write};

use super::kind::Kind;
use crate::cli::Language;

/// Writes the template, with a byte order mark, so that a spreadsheet shows Chinese. A star marks what each row
/// must fill.
pub(crate) fn write(kind: Kind, language: Language, out: &mut dyn Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let columns = kind.columns();
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(columns.iter().map(|column| {
        let star = if column.required { "*" } else { "" };
        format!("{}{star}", language.pick(column.name, column.zh))
    }))?;
    writer.write_record(columns.iter().map(|column| column.example))?;
    writer.flush()
}

#[cfg(test)]
mod tests {
    use crate::import::header::Layout;

    use super::*;

    #[test]
    fn every_template_is_a_file_that_the_header_matches() {
        for kind in Kind::ALL {
            for language in [Language::En, Language::Zh] {
                let mut out = Vec::new();
                write(*kind, language, &mut out).unwrap();
                let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(&out[3..]);
                let header = rows.records().next().unwrap().unwrap();
                let layout = Layout::of(&header, kind.columns()).map_err(|error| error.0).unwrap();
                assert!(kind.columns().iter().all(|column| layout.place(column.name).is_some()));
            }
        }
    }

    #[test]
    fn no_two_columns_of_a_kind_have_the_same_name() {
        for kind in Kind::ALL {
            for (n, column) in kind.columns().iter().enumerate() {
                let twin = kind
                    .columns()
                    .iter()
                    .skip(n + 1)
                    .find(|other| other.name == column.name || other.zh == column.zh);
                assert!(twin.is_none(), "{} {}", kind.name(), column.name);
            }
        }
    }
}
