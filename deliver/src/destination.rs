//! A destination: who hears of what, by which way, and what its answer means.

use store::outbox::{Destination, Event, EventKind};

use crate::mail::Mail;
use crate::webhook::Webhook;

/// What a destination answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It has the event. In its words.
    Heard(String),
    /// It is there, and does not take this event now. Why.
    Refused(String),
    /// It is not there. Why.
    Unreachable(String),
    /// It will never be there again.
    Gone,
}

/// Sends events to one destination.
#[derive(Clone, Debug)]
pub struct Sender {
    pub(crate) name: String,
    pub(crate) kinds: Vec<EventKind>,
    pub(crate) way: Way,
}

/// How it is reached.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    Webhook(Webhook),
    Mail(Mail),
}

impl Sender {
    /// Its name: `webhook:erp`, `mail:duty@example.com`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As the outbox knows it.
    pub(crate) fn destination(&self) -> Destination {
        let address = match &self.way {
            Way::Webhook(webhook) => webhook.address(),
            Way::Mail(mail) => mail.address(),
        };
        let digest = ring::digest::digest(&ring::digest::SHA256, address.as_bytes());
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(digest.as_ref());
        Destination { name: self.name.clone(), fingerprint, kinds: self.kinds.clone() }
    }

    /// Offers it an event.
    pub async fn send(&self, event: &Event) -> Reply {
        match &self.way {
            Way::Webhook(webhook) => webhook.send(event).await,
            Way::Mail(mail) => mail.send(event).await,
        }
    }
}
