//! When each meter was last heard: gathered here, written lazily, so that a frame costs no row of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use metering::MeterId;
use store::node::Contact;
use store::sink::{Entry, Fate};

/// Meters between two writings. Those beyond are heard of in the next round: silence is a matter of hours.
const MOST: usize = 100_000;

/// Shared by the writers and the task that writes them down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contacts(Arc<Mutex<HashMap<MeterId, Heard>>>);

/// When a frame last came in, and the latest meter time.
type Heard = (Timestamp, Option<Timestamp>);

impl Contacts {
    /// These frames are committed.
    pub(crate) fn heard(&self, entries: &[Entry]) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            let Fate::Usable(usable) = &entry.fate else { continue };
            let received = entry.arrival.received;
            let mut hear = |meter, time: Option<Timestamp>| {
                if heard.len() >= MOST && !heard.contains_key(&meter) {
                    return;
                }
                let last = heard.entry(meter).or_insert((received, time));
                *last = (last.0.max(received), last.1.max(time));
            };
            hear(usable.meter, None);
            for reading in &usable.readings {
                hear(reading.meter, Some(reading.time));
            }
        }
    }

    /// What was heard since the last time.
    pub(crate) fn take(&self) -> Vec<Contact> {
        let heard = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        heard.into_iter().map(|(meter, (received, time))| Contact { meter, received, time }).collect()
    }

    /// Puts back what could not be written.
    pub(crate) fn put_back(&self, contacts: Vec<Contact>) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for contact in contacts {
            let last = heard.entry(contact.meter).or_insert((contact.received, contact.time));
            *last = (last.0.max(contact.received), last.1.max(contact.time));
        }
    }
}
