//! What can be imported: one file per kind in `kinds/`, each with its columns as data and how a row is read.

use metering::closed_list;
use sheets::{Cells, Column};

use super::kinds;
use crate::Action;

/// How one kind of row is read.
pub(super) trait Row: Sized {
    /// Its columns, in the order of the template.
    const COLUMNS: &'static [Column];

    /// Reads one row. Where a fault is noted, the result is not used.
    fn read(cells: &mut Cells<'_>) -> Self;
}

closed_list! {
    /// A kind of file.
    pub enum Kind: "kind of file" {
        /// Legal entities that bill.
        Companies = "companies",
        /// Districts, as a tree.
        Areas = "areas",
        /// Reading books with their cycles.
        Books = "books",
        /// Who pays.
        Accounts = "accounts",
        /// Service agreements.
        Services = "services",
        /// Dated facts of services.
        Attributes = "attributes",
        /// Meters, their registers and installations.
        Meters = "meters",
        /// Indexes at instants.
        Readings = "readings",
        /// Go-live: receivables, prepaid money, tier counters, last billed indexes.
        Openings = "openings",
        /// What was paid, by channel.
        Payments = "payments",
        /// Polled lines.
        Lines = "lines",
        /// Devices on polled lines.
        Devices = "devices",
    }
}

impl Kind {
    /// Its columns, in the order of the template.
    pub const fn columns(self) -> &'static [Column] {
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

    /// The deed that it is to bring in such a file; to put readings in the place of stored ones takes another right than
    /// to add some.
    pub const fn action(self, update: bool) -> Action {
        match self {
            Self::Companies => Action::ImportCompanies,
            Self::Areas => Action::ImportAreas,
            Self::Books => Action::ImportBooks,
            Self::Accounts => Action::ImportAccounts,
            Self::Services => Action::ImportServices,
            Self::Attributes => Action::ImportAttributes,
            Self::Meters => Action::ImportMeters,
            Self::Readings if update => Action::ReplaceReadings,
            Self::Readings => Action::ImportReadings,
            Self::Openings => Action::ImportOpenings,
            Self::Payments => Action::ImportPayments,
            Self::Lines => Action::ImportLines,
            Self::Devices => Action::ImportDevices,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_file_is_a_deed_of_its_name() {
        for kind in Kind::ALL {
            assert_eq!(kind.action(false).name(), format!("import.{kind}"));
        }
        assert_eq!(Kind::Readings.action(true), Action::ReplaceReadings);
        assert_eq!(Kind::Meters.action(true), Action::ImportMeters);
    }
}
