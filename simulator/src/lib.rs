//! A seeded fleet of meters that talks only through the front door.
//!
//! **Owns** believable meters: load shapes, clocks, frames, and everything that meters do wrong.
//!
//! **Promises** that the same seed, dates and options give the same frames, byte for byte, and that each frame
//! sent stands in a ledger with what it must become and whether it was acknowledged, so that the stored readings
//! can be compared with it as sets.
//!
//! **Lacks** any knowledge of `store` and `billing`: it would test itself.

mod check;
mod fleet;
mod frame;
mod ledger;
mod master;
mod meter;
mod mischief;
mod modbus;

mod mqtt;
mod noise;
mod plan;
mod push;
mod shape;
mod udp;

pub use check::{CheckError, Verdict, check};
pub use fleet::{Fleet, FleetOptions};
pub use ledger::{Entry, Expected, Ledger, LedgerError};
pub use master::write_master;
pub use meter::{Door, Kind, SimMeter};
pub use mischief::Mischief;

pub use modbus::serve_modbus;
pub use mqtt::{MqttError, publish};
pub use plan::{Note, Plan, PlanOptions, Send};
pub use push::{PushError, push};
pub use udp::send_udp;
