//! Why a file is not read at all: its bytes, its form, its header.

use std::fmt;
use std::io;

use metering::Language;

use crate::column::Column;

/// A file that is not read.
#[derive(Debug)]
pub enum Unreadable {
    /// The disk or the sender does not give its bytes.
    Io(io::Error),
    /// No bytes.
    Empty,
    /// A spreadsheet program's own format.
    Workbook,
    /// UTF-16.
    Utf16,
    /// Bytes that are no text.
    NoText,
    /// Neither UTF-8 nor GBK.
    Encoding,
    /// A quote that is never closed, and the like, in the words of the reader.
    Csv(String),
    /// Two names in the header for one column.
    Twice(String, String),
    /// A name in the header that no column has; the names that there are.
    UnknownColumn(String, String),
    /// Required columns that the header lacks.
    Lacks(String),
}

impl Unreadable {
    /// The names of columns in both languages.
    pub(crate) fn names<'c>(columns: impl Iterator<Item = &'c Column>) -> String {
        let names: Vec<String> = columns.map(|column| format!("{} ({})", column.name, column.zh)).collect();
        names.join(", ")
    }

    /// What a person reads, with what to do.
    pub fn describe(&self, language: Language) -> String {
        let pick = |en: &str, zh: &str| language.pick(en, zh).to_owned();
        match self {
            Self::Io(error) => error.to_string(),
            Self::Empty => pick("the file is empty", "文件是空的"),
            Self::Workbook => pick(
                "this is a spreadsheet's workbook: save it as \"CSV UTF-8\" and import that",
                "这是电子表格工作簿：请另存为“CSV UTF-8”后导入",
            ),
            Self::Utf16 => pick(
                "this is UTF-16: save it as \"CSV UTF-8\" and import that",
                "这是 UTF-16 编码：请另存为“CSV UTF-8”后导入",
            ),
            Self::NoText => pick("this is no text", "这不是文本文件"),
            Self::Encoding => pick(
                "neither UTF-8 nor GBK: save it as \"CSV UTF-8\" and try again",
                "既不是 UTF-8 也不是 GBK 编码：请另存为“CSV UTF-8”后再试",
            ),
            Self::Csv(error) => {
                format!("{}{error}", pick("the file cannot be read as CSV: ", "无法按 CSV 读取："))
            }
            Self::Twice(before, name) => match language {
                Language::En => format!("the header names one column twice: {before:?} and {name:?}"),
                Language::Zh => format!("表头中同一列出现两次：{before:?} 与 {name:?}"),
            },
            Self::UnknownColumn(name, known) => match language {
                Language::En => {
                    format!("the header names a column {name:?} that there is not; known are {known}")
                }
                Language::Zh => format!("表头中的列 {name:?} 不存在；可用的列：{known}"),
            },
            Self::Lacks(names) => format!("{}{names}", pick("the header lacks ", "表头缺少 ")),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(Language::En))
    }
}

impl std::error::Error for Unreadable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<csv::Error> for Unreadable {
    fn from(error: csv::Error) -> Self {
        Self::Csv(error.to_string())
    }
}
