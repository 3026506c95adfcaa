//! Sheets of rows, in and out: what a spreadsheet writes and reads.
//!
//! **Owns** a file's encoding and separator, its header, how a cell becomes a value, what is wrong with a cell in words,
//! what a spreadsheet spoils, templates, and how rows are written: as CSV for programs and for spreadsheets, as a workbook.
//!
//! **Promises** that a file is never held in memory, that every fault names row, column, value and rule, that a number
//! which a spreadsheet has spoilt is not taken, that nothing that we write runs as a formula, that a number in a workbook of
//! ours reads back as the same decimal, and that a workbook of a stranger takes no more than bounded room.
//!
//! **Lacks** what the rows mean (the kinds of import), a database, a command line.

mod cells;
mod column;
mod error;
mod fault;
mod header;
mod out;
mod source;
mod spoilt;
mod survey;
mod template;
mod xlsx;

pub use cells::{Cells, Reading, decimal};
pub use column::{Column, Identity, Text};
pub use error::{Large, Unreadable};
pub use fault::{Fault, Rule, VALUE_LONGEST};
pub use header::Layout;
pub use out::{Audience, Writer, disarmed};
pub use source::{Rows, Source};
pub use spoilt::Lengths;
pub use survey::Survey;
pub use template::{template, template_book};
pub use xlsx::{Book, Kind};

/// A row, or the header.
pub type Record = csv::StringRecord;
