//! The only Rust with SQL: rows to domain values and back.
//!
//! **Owns** the tables of `migrations/`. One file per aggregate; long queries stand in `sql/` with the question
//! they answer and the index they lean on.
//!
//! **Promises** parameterised SQL only, bounded result sets or streams, and the least-privileged role for the
//! caller's purpose ([`Role`]). What must be true of money and readings after a crash is a transaction here.
//!
//! **Lacks** rules of the trade (`billing`), formats (`protocols`) and decisions about retries (the callers').

mod actor;
pub mod alarms;
pub mod arrears;
mod audit;
pub mod bills;
mod change;
pub mod conflicts;
mod connect;
mod copy;
pub mod derived;
pub mod directory;
mod errors;
pub mod figures;
mod health;
pub mod import;
mod instant;
pub mod ledger;
pub mod lines;
mod listen;
mod migrate;
pub mod node;
mod numeric;
pub mod outbox;
pub mod overview;
pub mod pages;
pub mod payments;
pub mod policies;
pub mod queue;
pub mod readings;
pub mod rejections;
mod role;
pub mod row;
pub mod runs;
pub mod seals;
pub mod sessions;
pub mod sink;
pub mod tariffs;
mod text;
mod tls;
pub mod users;
pub mod wishes;

pub use actor::Actor;
pub use change::{Change, Trace, at_one_instant, begin};
pub use connect::{ConnectError, Role, connect, pool, take};
pub use deadpool_postgres::{Object as Pooled, Pool};
pub use errors::{RowError, SqlError, is_clash, is_unique_violation};
pub use health::{Health, health, ping};
pub use instant::Instant;
pub use listen::{Channel, Listener};
pub use migrate::{MigrateError, Timescale, is_timescale_new_enough, migrate, pending_migrations, timescale};
pub use numeric::Numeric;
pub use role::UserRole;
pub use tokio_postgres::Error as DriverError;
pub use tokio_postgres::error::SqlState;
pub use tokio_postgres::{Client, GenericClient, Transaction};
