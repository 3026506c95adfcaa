//! What can be imported: one file per kind in `kinds/`, each with its columns as data and how a row is read.

use clap::ValueEnum;
use sheets::{Cells, Column};

use super::kinds;

/// How one kind of row is read.
pub(crate) trait Row: Sized {
    /// Its columns, in the order of the template.
    const COLUMNS: &'static [Column];

    /// Reads one row. Where a fault is noted, the result is not used.
    fn read(cells: &mut Cells<'_>) -> Self;
}

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Legal entities that bill
    Companies,
    /// Districts, as a tree
    Areas,
    /// Reading books with their cycles
    Books,
    /// Who pays
    Accounts,
    /// Service agreements
    Services,
    /// Dated facts of services
    Attributes,
    /// Meters, their registers and installations
    Meters,
    /// Readings
    Readings,
    /// Go-live: receivables, prepaid money, tier counters, last billed indexes
    Openings,
    /// What was paid, by channel
    Payments,
    /// Polled lines
    Lines,
    /// Devices on polled lines
    Devices,
}

impl Kind {
    /// The name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Companies => "companies",
            Self::Areas => "areas",
            Self::Books => "books",
            Self::Accounts => "accounts",
            Self::Services => "services",
            Self::Attributes => "attributes",
            Self::Meters => "meters",
            Self::Readings => "readings",
            Self::Openings => "openings",
            Self::Payments => "payments",
            Self::Lines => "lines",
            Self::Devices => "devices",
        }
    }

    /// Its columns.
    pub(crate) const fn columns(self) -> &'static [Column] {
        match self {
            Self::Companies => kinds::companies::COLUMNS,
            Self::Areas => kinds::areas::COLUMNS,
            Self::Books => kinds::books::COLUMNS,
            Self::Accounts => kinds::accounts::COLUMNS,
            Self::Services => kinds::services::COLUMNS,
            Self::Attributes => kinds::attributes::COLUMNS,
            Self::Meters => kinds::meters::COLUMNS,
            Self::Readings => kinds::readings::COLUMNS,
            Self::Openings => kinds::openings::COLUMNS,
            Self::Payments => kinds::payments::COLUMNS,
            Self::Lines => kinds::lines::COLUMNS,
            Self::Devices => kinds::devices::COLUMNS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_file_is_a_deed() {
        for kind in Kind::value_variants() {
            assert!(office::import::action(kind.name(), false).is_some(), "{}", kind.name());
        }
    }
}
