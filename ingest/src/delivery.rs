//! What a door hands over: a delivery, and how to tell it that the delivery is safe.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use jiff::Timestamp;
use metering::Source;
use smol_str::SmolStr;
use tokio::sync::OwnedSemaphorePermit;

use crate::acks::AckTicket;
use crate::intake::Waiting;
use crate::spool::SpoolTicket;

/// What came through a door in one piece.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// Through which door.
    pub source: Source,
    /// Topic, path or peer.
    pub channel: String,
    /// What it is.
    pub content: Content,
    /// The address that the channel names.
    pub address: Option<SmolStr>,
    /// The payload.
    pub bytes: Bytes,
    /// When it came in; of a redelivery that is recognised, when it first came in.
    pub received: Timestamp,
    /// When the concentrator took it in, where its document says so.
    pub sent: Option<Timestamp>,
    /// The register map of a Modbus answer, or what else the meter's model does in its own way.
    pub profile: Option<SmolStr>,
    /// The first register, of a Modbus answer.
    pub start: Option<u16>,
    /// The MQTT packet, which tells a redelivery.
    pub packet: Option<Packet>,
}

impl Delivery {
    /// What came in just now, and says all of itself.
    pub(crate) fn now(source: Source, channel: String, content: Content, bytes: Bytes) -> Self {
        Self {
            source,
            channel,
            content,
            address: None,
            bytes,
            received: Timestamp::now(),
            sent: None,
            profile: None,
            start: None,
            packet: None,
        }
    }
}

/// How to read a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A frame of that format (`auto`, or a name that is no format, included: the decoder says so).
    Frame(SmolStr),
    /// A document of frames (`concentrators/<id>/up`, `/push/frames`).
    Document,
}

/// An MQTT packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    /// Its id.
    pub id: u16,
    /// Whether the broker says that it may have been delivered before.
    pub redelivered: bool,
}

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
