//! What stands in each column of a file.

use metering::Language;
use office::import::Kind;

use crate::table::Table;

/// What stands in each column.
pub(crate) fn columns(kind: Kind, language: Language) -> Table {
    let mut table = Table::new()
        .text("column", language.pick("column", "列名"))
        .text("chinese", language.pick("or", "中文列名"))
        .text("required", language.pick("required", "必填"))
        .text("meaning", language.pick("what stands in it", "填写内容"))
        .text("example", language.pick("example", "示例"));
    for column in kind.columns() {
        let required = if column.required { "*" } else { "" };
        table.row([
            column.name,
            column.zh,
            required,
            language.pick(column.help.en, column.help.zh),
            column.example,
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use sheets::{Layout, Source};

    use super::*;

    /// docs/operations.md shows the columns of every kind between two marks; `UPDATE_EXPECT=1` writes them anew.
    #[test]
    fn the_documentation_shows_every_column() {
        const MARKS: (&str, &str) = ("<!-- columns: begin -->\n", "<!-- columns: end -->");
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md");
        let document = std::fs::read_to_string(file).unwrap();
        let (before, rest) = document.split_once(MARKS.0).unwrap();
        let (shown, after) = rest.split_once(MARKS.1).unwrap();
        let mut expected = String::new();
        for kind in Kind::ALL {
            writeln!(
                expected,
                "\n### {}\n\n| column | 中文 | what stands in it | example |\n|---|---|---|---|",
                kind.name()
            )
            .unwrap();
            for column in kind.columns() {
                let star = if column.required { " \\*" } else { "" };
                let example =
                    if column.example.is_empty() { String::new() } else { format!("`{}`", column.example) };
                writeln!(
                    expected,
                    "| {}{star} | {} | {} | {example} |",
                    column.name, column.zh, column.help.en
                )
                .unwrap();
            }
        }
        expected.push('\n');
        if std::env::var("UPDATE_EXPECT").as_deref() == Ok("1") {
            std::fs::write(file, format!("{before}{}{expected}{}{after}", MARKS.0, MARKS.1)).unwrap();
        } else {
            assert_eq!(shown, expected, "UPDATE_EXPECT=1 writes the columns into docs/operations.md");
        }
    }

    #[test]
    fn every_template_is_a_file_that_the_header_matches() {
        for kind in Kind::ALL {
            for language in [Language::En, Language::Zh] {
                let mut out = Vec::new();
                sheets::template(kind.columns(), language, &mut out).unwrap();
                let mut header = sheets::Record::new();
                assert!(Source::memory(out).unwrap().rows().unwrap().read_record(&mut header).unwrap());
                let layout = Layout::of(&header, kind.columns()).unwrap();
                assert!(kind.columns().iter().all(|column| layout.place(column.name).is_some()));
            }
        }
    }

    #[test]
    fn no_two_columns_of_a_kind_have_the_same_name() {
        for kind in Kind::ALL {
            for (n, column) in kind.columns().iter().enumerate() {
                let twin = kind.columns().iter().skip(n + 1).find(|other| {
                    other.name == column.name || other.zh == column.zh || other.also == column.zh
                });
                assert!(twin.is_none(), "{} {}", kind.name(), column.name);
            }
        }
    }
}
