//! The outbox: what has happened and others may want to hear. (`deliver` sends it.)
//!
//! ```text
//! a deed -> event --spread--> a delivery for each destination -> sent
//!                                                             '-> failed
//! ```
//!
//! An event stands or falls with the transaction of its deed. Each destination hears of it at least once, the oldest
//! event first; a receiver knows an event by its number. Adding an event locks nothing that deeds share.

mod deliveries;
mod events;

pub(crate) use deliveries::offer_now;
pub use deliveries::{
    Answered, Delivery, DeliveryState, Destination, destination_gone, gone, left, settle, spread, waiting,
};
pub use events::{Event, EventKind, add, add_payments, report_alarms, sweep};
