//! Months of the books.

pub mod close;

pub use close::close;
