//! A register of an installed meter: what the master data holds of it.

use jiff::Timestamp;
use metering::{InstallationId, MeterId, Micro, RegisterId, RegisterKind, Unit};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::register::Range;
use crate::unmet::Where;

/// A register of a meter at a point, as the master data tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitting {
    /// The installation.
    pub installation: InstallationId,
    /// The meter.
    pub meter: MeterId,
    /// The number printed on the meter.
    pub serial: SmolStr,
    /// The register.
    pub register: RegisterId,
    /// Its name.
    pub name: SmolStr,
    /// The unit in which it is stored.
    pub unit: Unit,
    /// What its value is.
    pub kind: RegisterKind,
    /// What it can show.
    pub range: Range,
    /// Units per unit of the index.
    pub multiplier: Decimal,
    /// Nominal size, where it is known.
    pub size_mm: Option<u16>,
    /// When the meter was put in.
    pub from: Timestamp,
    /// When it was taken out.
    pub to: Option<Timestamp>,
    /// Its index when put in.
    pub opening: Micro,
    /// Its index when taken out.
    pub closing: Option<Micro>,
}

impl Fitting {
    /// The register as people know it.
    pub fn place(&self) -> Where {
        Where { serial: self.serial.clone(), register: self.name.clone() }
    }
}
