//! Where frames go while the database is away, and who is told when they are safe.

use std::sync::Arc;

use tracing::warn;

use crate::acks::Acks;
use crate::delivery::Delivery;
use crate::spool::Spool;
use crate::ticket::{Room, Ticket};

/// Tells the doors that frames are safe; sends frames to the spool.
#[derive(Clone, Debug)]
pub(crate) struct Divert {
    pub(crate) spool: Arc<Spool>,
    pub(crate) acks: Arc<Acks>,
}

impl Divert {
    /// The frames of these tickets are committed, or safe in the spool.
    pub(crate) fn redeem(&self, tickets: impl IntoIterator<Item = Ticket>) {
        let (mut mqtt, mut spool) = (Vec::new(), Vec::new());
        for ticket in tickets {
            match ticket.redeem() {
                Some(Ticket::Mqtt(ticket)) => mqtt.push(ticket),
                Some(Ticket::Spool(ticket)) => spool.push(ticket),
                Some(Ticket::Part(_) | Ticket::Nobody) | None => {}
            }
        }
        if !mqtt.is_empty() {
            self.acks.safe(mqtt);
        }
        if !spool.is_empty() {
            self.spool.committed(spool);
        }
    }

    /// These cannot be committed now. What the broker waits for goes to the spool and is acknowledged after its
    /// sync; what the spool holds is handed on again later. Where the spool is full the broker keeps them: no
    /// acknowledgement, and a redelivery on the next connection.
    pub(crate) fn deliveries(&self, deliveries: impl IntoIterator<Item = (Delivery, Ticket, Arc<Room>)>) {
        let mut given_back = false;
        let mut full = 0_usize;
        for (delivery, ticket, room) in deliveries {
            if ticket.is_spools() {
                given_back = true;
                continue;
            }
            if self.keep(delivery, ticket, room).is_err() {
                full += 1;
            }
        }
        if given_back {
            self.spool.give_back();
        }
        if full > 0 {
            warn!(frames = full, "the spool is full: the broker keeps these frames");
            self.acks.abandon();
        }
    }

    /// Puts a delivery into the spool; its ticket is redeemed when it is durable.
    pub(crate) fn keep(
        &self,
        delivery: Delivery,
        ticket: Ticket,
        room: impl Send + 'static,
    ) -> Result<(), crate::spool::Full> {
        let divert = self.clone();
        if let Some(packet) = delivery.packet {
            self.acks.remember(packet.id, &delivery.arrival.bytes, delivery.arrival.received);
        }
        self.spool.append(delivery, move |written| {
            // Nobody is told of what the disk refused; the broker delivers it again.
            match written {
                Ok(()) => divert.redeem([ticket]),
                Err(_) => divert.acks.abandon(),
            }
            drop(room);
        })
    }
}
