//! Tariff documents: strict reading, validity, publication, their JSON schema, and how they are shown.
//!
//! **Promises** that what is not understood is refused, with its path and the rule, and that a published document
//! has examples which come out to the cent.
//!
//! **Lacks** arithmetic: a document is compiled here and rated in `rating`.

mod bounds;
mod case;
mod counters;
mod document;
mod json;
mod plan;
mod publish;
mod read;
mod schema;
mod show;
mod units;
mod worked;

pub(crate) use bounds::{ADDERS_MAX, check_list};
pub use bounds::{BYTES_MAX, COMPONENTS_MAX, EXAMPLES_MAX, LINES_MAX};
pub use case::Case;
pub(crate) use document::rule;
pub use document::{AppliesBy, Tariff, TierYearBy, Transition};
pub(crate) use json::parse;
pub use plan::Label;
pub(crate) use plan::{Compiler, Of, Scope, Step, not_negative, positive};
pub use publish::{Publication, Validity, publication};
pub(crate) use read::{Fields, Key, Kind};
pub use read::{Refused, RefusedKind, brief, decimal, plain_decimal};
pub use schema::{COMPONENTS, components, schema};
pub use show::{Row, heading, rows};
pub use worked::worked;
