//! The only Rust with SQL: rows to domain values and back.
//!
//! **Owns** the tables of `migrations/`. One file per aggregate; long queries stand in `sql/` with the question
//! they answer and the index they lean on.
//!
//! **Promises** parameterised SQL only, bounded result sets or streams, and the least-privileged role for the
//! caller's purpose ([`Role`]). What must be true of money and readings after a crash is a transaction here.
//!
//! **Lacks** rules of the trade (`billing`), formats (`protocols`) and decisions about retries (the callers').

pub mod audit;
mod connect;
pub mod directory;
pub mod import;
mod instant;
mod listen;
mod migrate;
pub mod node;
pub mod overview;
pub mod pages;
mod permission;
pub mod sink;
mod text;
pub mod users;

pub use connect::{ConnectError, Role, connect, pool};
pub use deadpool_postgres::Pool;
pub use listen::Listener;
pub use migrate::{MigrateError, Timescale, migrate, timescale};
pub use permission::{Action, Signed, UserRole};
pub use tokio_postgres::{Client, Error as SqlError, Transaction};
