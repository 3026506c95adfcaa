//! The outbox's senders: what has happened, told to others by webhook or e-mail.
//!
//! **Owns** how a destination is reached, what it gets, and what its answer means. Others only add events
//! (`store::outbox::add`); the queue tries again.
//!
//! **Promises** that each event is offered to each destination that wants it until it has it or the bound of attempts is
//! reached, the oldest first, at least once: a receiver knows an event by its number. Nothing beyond loopback goes in the
//! clear, no redirect is followed, no answer is longer than a few kilobytes, no secret is printed.
//!
//! **Lacks** the queue (`jobs`), the choice of what is an event (the deeds), and sentences for people beyond a subject line.

mod destination;
mod mail;
mod outbox;
mod secret;
mod settings;
mod signature;
mod trust;
mod webhook;

pub use destination::{Reply, Sender};
pub use outbox::{SendError, send, spread};
pub use settings::{Senders, Settings, SettingsError};
pub use signature::{Signature, sign, verify};
