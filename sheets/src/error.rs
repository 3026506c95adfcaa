//! Why a file is not read at all: its bytes, its form, its header.

use std::fmt;
use std::io;

use metering::Language;

use crate::column::Column;

/// What of a workbook is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Large {
    /// The file.
    File,
    /// What it unpacks to.
    Unpacked,
    /// One cell.
    Cell,
    /// One tag, or a tag that no spreadsheet writes.
    Tag,
    /// Its rows or columns.
    Sheet,
}

/// A file that is not read.
#[derive(Debug)]
pub enum Unreadable {
    /// The disk or the sender does not give its bytes.
    Io(io::Error),
    /// No bytes.
    Empty,
    /// A spreadsheet program's own format, other than XLSX: the older one, one with a password, another program's.
    Workbook,
    /// A workbook that cannot be read, in the words of the reader.
    Damaged(String),
    /// A workbook that is larger than what we read.
    TooLarge(Large),
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

    /// A workbook that cannot be read.
    pub(crate) fn damaged(error: impl fmt::Display) -> Self {
        Self::Damaged(error.to_string())
    }

    /// What a person reads, with what to do.
    pub fn describe(&self, language: Language) -> String {
        let pick = |en: &str, zh: &str| language.pick(en, zh).to_owned();
        match self {
            Self::Io(error) => error.to_string(),
            Self::Empty => pick("the file is empty", "文件是空的"),
            Self::Workbook => pick(
                "this is an older workbook, one with a password, or another program's: save it as .xlsx or as \"CSV UTF-8\" \
                 and import that",
                "这是旧格式、带密码或其他程序的工作簿：请另存为 .xlsx 或“CSV UTF-8”后导入",
            ),
            Self::Damaged(error) => format!(
                "{}{error}",
                pick(
                    "the workbook cannot be read; save it anew, or as \"CSV UTF-8\", and import that: ",
                    "无法读取该工作簿，请重新保存或另存为“CSV UTF-8”后导入："
                )
            ),
            Self::TooLarge(what) => large(*what, language).to_owned(),
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

fn large(what: Large, language: Language) -> &'static str {
    let (en, zh) = match what {
        Large::File => (
            "the workbook has more than 64 MiB: split it, or save it as \"CSV UTF-8\"",
            "工作簿超过 64 MiB：请拆分或另存为“CSV UTF-8”",
        ),
        Large::Unpacked => (
            "the workbook unpacks to more than we read: copy the rows alone into a new one, or save it as \"CSV UTF-8\"",
            "工作簿解压后过大：请只把数据行复制到新工作簿，或另存为“CSV UTF-8”",
        ),
        Large::Cell => {
            ("a cell of the workbook is longer than a spreadsheet's can be", "工作簿中有超长的单元格")
        }
        Large::Tag => (
            "the workbook is not as a spreadsheet writes it: save it anew, or as \"CSV UTF-8\"",
            "工作簿不是电子表格保存的格式：请重新保存或另存为“CSV UTF-8”",
        ),
        Large::Sheet => (
            "the sheet has cells beyond its 1,048,576th row or its 256th column: delete them",
            "工作表在第 1,048,576 行或第 256 列之外有内容：请删除",
        ),
    };
    language.pick(en, zh)
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
