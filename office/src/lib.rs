//! The use cases: everything that a person does is one function here, and every caller (command line, page, API, file,
//! job) comes to it.
//!
//! **Owns** the deeds: who may do what, what is asked before, the one transaction in which it is done, the one audit row
//! that it leaves. A deed is a file: `user/add.rs` is `user::add(office, caller, wish)`.
//!
//! ```text
//! caller + wish --> desk (a connection) --> deed = transaction + permit --> store's writers --> finish: audit row, commit
//! ```
//!
//! **Promises** that a deed is done whole or not at all; that nothing is written before it is known who it is and that
//! they may; that a refusal is data ([`metering::refusal::Refusal`]) in which no command line and no SQL statement stands.
//! The clock is the caller's ([`Caller::now`]).
//!
//! **Lacks** SQL (`store`), rules of the trade (`billing`, `series`), and anything that only one of its callers needs.

mod action;
pub mod alarm;
pub mod bill;
mod billing_settings;
mod caller;
mod day;
mod deed;
pub mod import;
pub mod job;
mod metrics;
pub mod month;
mod password;
pub mod payment;
mod permit;
pub mod policy;
pub mod reading;
mod settings;
pub mod tariff;
pub mod user;

pub use action::{Action, Signed};
pub use billing_settings::{BillingSettings, ServiceSettings};
pub use caller::{Caller, Proof, Scope};
pub use deed::Office;
pub(crate) use deed::{Deed, Traced};
pub use metering::refusal::Refusal;
pub use metrics::register as register_metrics;
pub use settings::OfficeSettings;
