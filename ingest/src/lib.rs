//! Sources, decode, resolve, batch, sink, acknowledge: how a frame becomes readings on disk.
//!
//! ```text
//!  mqtt ──────────────┐ direct, acknowledged after the commit
//!  (database away,    ▼
//!   or no room) ─┐  pipeline ─► resolver ─► writer (by meter) ─► sink ─► acknowledgement
//!  others ─────────▼   ▲         decode,      batch                        in order of receipt
//!              spool ─┘         resolve
//! ```
//!
//! **Owns** the doors and the pipeline behind them, one file for each step.
//!
//! **Promises** that nothing is acknowledged before it is committed or synced to the spool; that every frame ends as
//! stored, duplicate, conflict or rejected and the counts add up, after any crash; that memory stays bounded
//! whatever comes in and whatever is away: every queue is bounded in bytes.
//!
//! **Lacks** formats (`protocols`), SQL (`store`) and money.

mod acks;
mod contacts;
mod decode;
mod delivery;
mod directory;
mod divert;
mod document;
mod drain;
mod error;
mod exchange;
mod family;
mod intake;
mod metrics;
mod node;
mod process;
mod replay;
mod resolve;
mod resolver;
mod run;
mod settings;
mod sources;
mod spool;
mod start;
mod status;
mod ticket;
mod topics;
mod waiting;
mod writer;

pub use error::RunError;
pub use process::{Process, Target};
pub use replay::{ReplayError, Replayed, replay};
pub use run::{Options, run};
pub use settings::{AlarmSettings, Environment, PUSH_SOURCES, Settings};
pub use start::check;
