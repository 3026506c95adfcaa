//! The vocabulary of all other crates: units, quantities, registers, readings, time.
//!
//! **Owns** what a reading *is*: a register's index at an instant, an exact number in a canonical unit.
//!
//! **Promises** that a value which is billed (energy, volume, mass) is never rounded on its way in: what does
//! not fit into 1e-6 of its canonical unit is refused, not bent. No float, no clock, no I/O; the zone is always
//! an argument.
//!
//! **Lacks** anything about wires (`protocols`), money (`billing`) and tables (`store`), on purpose.
#![warn(clippy::arithmetic_side_effects)]

mod civil;
mod closed_list;
mod event;
mod identifier;
mod ids;
mod language;
mod medium;
mod micro;
pub mod moment;
mod numbers;
mod obis;
mod period;
mod quantity;
mod reading;
pub mod refusal;
mod register;
mod service;
pub mod text;
mod unit;
mod zone;

pub use civil::{CivilPeriod, days_between};
pub use closed_list::UnknownName;
pub use event::{AlarmKind, EventKind, Severity};
pub use identifier::{Identifier, IdentifierError};
pub use ids::{
    AccountId, AgreementId, BillId, BookId, CompanyId, InstallationId, MeterId, MeterPointId, PaymentId,
    PostingId, RegisterId, RunId,
};
pub use language::Language;
pub use medium::Medium;
pub use micro::{Micro, MicroError};
pub use numbers::Numbers;
pub use obis::{Obis, ObisError};
pub use period::{Period, PeriodError};
pub use quantity::Quantity;
pub use reading::{Quality, Reading, Source};
pub use register::{Function, Register, RegisterError, RegisterKind};
pub use service::Service;
pub use unit::{ConvertError, Dimension, Unit};
pub use zone::{Zone, ZoneError};
