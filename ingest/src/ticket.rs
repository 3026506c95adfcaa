//! Whom to tell that a delivery is safe, and what it takes meanwhile: its ticket and its room in the byte budget.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;

use crate::acks::AckTicket;
use crate::delivery::Delivery;
use crate::spool::SpoolTicket;
use crate::waiting::Waiting;

/// Whom to tell when everything that a delivery holds is committed.
#[derive(Clone, Debug)]
pub(crate) enum Ticket {
    /// The broker waits for an acknowledgement.
    Mqtt(AckTicket),
    /// The spool keeps it until then.
    Spool(SpoolTicket),
    /// One frame of several: the last one tells.
    Part(Arc<Parts>),
    /// Nobody waits.
    Nobody,
}

/// The frames of one document.
#[derive(Debug)]
pub(crate) struct Parts {
    remaining: AtomicUsize,
    whole: Ticket,
}

impl Ticket {
    /// As many tickets as the delivery has frames; the last to be redeemed redeems this one.
    pub(crate) fn split(self, parts: usize) -> Ticket {
        if parts == 1 {
            return self;
        }
        Ticket::Part(Arc::new(Parts { remaining: AtomicUsize::new(parts), whole: self }))
    }

    /// Whether the spool keeps the delivery.
    pub(crate) fn is_spools(&self) -> bool {
        match self {
            Ticket::Spool(_) => true,
            Ticket::Part(parts) => parts.whole.is_spools(),
            Ticket::Mqtt(_) | Ticket::Nobody => false,
        }
    }

    /// The ticket to redeem now that one frame is safe; `None` while others of its document are not.
    pub(crate) fn redeem(self) -> Option<Ticket> {
        match self {
            Ticket::Part(parts) => {
                let last = parts.remaining.fetch_sub(1, Ordering::AcqRel) == 1;
                if last { parts.whole.clone().redeem() } else { None }
            }
            Ticket::Nobody => None,
            ticket => Some(ticket),
        }
    }
}

/// A delivery on its way through the pipeline. Its room in the byte budget is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub(crate) delivery: Delivery,
    pub(crate) ticket: Ticket,
    pub(crate) room: Arc<Room>,
}

/// A delivery's share of the byte budget, given back when the last of its frames is done with.
#[derive(Debug)]
pub(crate) struct Room {
    _permit: OwnedSemaphorePermit,
    waiting: Arc<Waiting>,
    second: i64,
}

impl Room {
    pub(crate) fn new(permit: OwnedSemaphorePermit, waiting: Arc<Waiting>, received: Timestamp) -> Self {
        let second = received.as_second();
        waiting.enter(second);
        Self { _permit: permit, waiting, second }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.waiting.leave(self.second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_safe_when_its_last_frame_is() {
        let parts = Ticket::Mqtt(AckTicket::test(7)).split(3);
        assert!(parts.clone().redeem().is_none());
        assert!(parts.clone().redeem().is_none());
        assert!(matches!(parts.redeem(), Some(Ticket::Mqtt(_))));
        assert!(matches!(Ticket::Mqtt(AckTicket::test(8)).split(1).redeem(), Some(Ticket::Mqtt(_))));
    }
}
