//! Workbooks (XLSX): written as [`Book`], read as rows of texts like any other file.
//!
//! A number in a workbook is a binary float. What we write as a number therefore is one only where it reads back as the
//! same decimal; what we read is shown as a spreadsheet shows it, with at most fifteen digits. A workbook of a stranger is
//! bounded (`bounds`) before anything of it is taken into memory.

mod bounds;
mod number;
mod spool;
mod write;

pub(crate) use spool::spool;
pub use write::{Book, Kind};
