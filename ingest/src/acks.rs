//! Acknowledgements in the order in which the frames came in (MQTT 3.1.1, 4.6.0-2), each after its commit, and only
//! on the connection that delivered it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

/// The deliveries of one MQTT session that are not acknowledged yet.
///
/// Bounded by the broker's window of messages under way (10,000 in our profile; 65,535 by the protocol).
#[derive(Debug, Default)]
pub(crate) struct Acks {
    state: Mutex<State>,
    ready: Notify,
    abandoned: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Which connection we are on: an acknowledgement that belongs to an earlier one is not sent.
    generation: u64,
    /// The number of the first slot.
    first: u64,
    slots: VecDeque<Slot>,
    /// Safe, in order, and not sent yet.
    due: VecDeque<u16>,
    /// Delivered on earlier connections, not acknowledged, and therefore to be delivered again.
    earlier: HashMap<u16, Earlier>,
}

#[derive(Debug)]
struct Slot {
    packet: u16,
    safe: bool,
    received: Timestamp,
    bytes: Bytes,
}

/// A delivery that will come again.
#[derive(Clone, Copy, Debug)]
struct Earlier {
    sha256: [u8; 32],
    received: Timestamp,
}

/// Which delivery is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AckTicket {
    generation: u64,
    number: u64,
}

#[cfg(test)]
impl AckTicket {
    pub(crate) fn test(number: u64) -> Self {
        Self { generation: 0, number }
    }
}

impl Acks {
    /// A delivery has come in on the present connection.
    pub(crate) fn delivered(&self, packet: u16, bytes: &Bytes, received: Timestamp) -> AckTicket {
        let mut state = self.lock();
        let number = state.first + state.slots.len() as u64;
        state.slots.push_back(Slot { packet, safe: false, received, bytes: bytes.clone() });
        AckTicket { generation: state.generation, number }
    }

    /// When a redelivered packet first came in, if this process has seen it and its bytes are the same.
    pub(crate) fn first_received(&self, packet: u16, bytes: &[u8]) -> Option<Timestamp> {
        let earlier = self.lock().earlier.remove(&packet)?;
        (earlier.sha256 == sha256(bytes)).then_some(earlier.received)
    }

    /// What the spool still holds of an earlier process.
    pub(crate) fn remember(&self, packet: u16, bytes: &[u8], received: Timestamp) {
        self.lock().earlier.insert(packet, Earlier { sha256: sha256(bytes), received });
    }

    /// These deliveries are safe.
    pub(crate) fn safe(&self, tickets: impl IntoIterator<Item = AckTicket>) {
        let mut state = self.lock();
        for ticket in tickets {
            if ticket.generation != state.generation {
                continue;
            }
            let index = ticket.number.checked_sub(state.first).and_then(|n| usize::try_from(n).ok());
            if let Some(slot) = index.and_then(|index| state.slots.get_mut(index)) {
                slot.safe = true;
            }
        }
        while let Some(slot) = state.slots.pop_front_if(|slot| slot.safe) {
            state.first += 1;
            state.due.push_back(slot.packet);
        }
        let due = !state.due.is_empty();
        drop(state);
        if due {
            self.ready.notify_one();
        }
    }

    /// The connection has ended: what it delivered will come again, on the next.
    pub(crate) fn disconnected(&self) {
        let mut state = self.lock();
        state.generation += 1;
        let state = &mut *state;
        state.first += state.slots.len() as u64;
        state.due.clear();
        for slot in state.slots.drain(..) {
            let earlier = Earlier { sha256: sha256(&slot.bytes), received: slot.received };
            state.earlier.insert(slot.packet, earlier);
        }
    }

    /// The broker has forgotten the session: nothing will come again, and packet ids mean other packets.
    pub(crate) fn forgotten(&self) {
        self.lock().earlier.clear();
    }

    /// The next packets to acknowledge, waiting until there are some.
    pub(crate) async fn due(&self) -> Due {
        loop {
            let waiting = self.ready.notified();
            {
                let mut state = self.lock();
                if !state.due.is_empty() {
                    let packets = state.due.drain(..).collect();
                    return Due { generation: state.generation, packets };
                }
            }
            waiting.await;
        }
    }

    /// Whether that connection is still the present one.
    pub(crate) fn is_current(&self, generation: u64) -> bool {
        self.lock().generation == generation
    }

    /// A delivery can be made safe nowhere: the connection must be given up, so that the broker delivers it again.
    pub(crate) fn abandon(&self) {
        self.abandoned.notify_one();
    }

    /// Waits for [`Self::abandon`].
    pub(crate) async fn abandoned(&self) {
        self.abandoned.notified().await;
    }

    /// How many deliveries of this connection are not safe yet or not acknowledged.
    pub(crate) fn open(&self) -> usize {
        let state = self.lock();
        state.slots.len() + state.due.len()
    }

    /// A poisoned lock means that another task has panicked while it held it; the state is plain data and whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Packets to acknowledge on the connection of that generation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) generation: u64,
    pub(crate) packets: Vec<u16>,
}

/// The fingerprint by which a redelivery is told.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn acknowledgements_keep_the_order_of_receipt() {
        let acks = Acks::default();
        let tickets: Vec<_> =
            (1..=3).map(|packet| acks.delivered(packet, &Bytes::new(), second(0))).collect();
        acks.safe([tickets[2], tickets[0]]);
        assert_eq!(acks.due().await, Due { generation: 0, packets: vec![1] });
        acks.safe([tickets[1]]);
        assert_eq!(acks.due().await, Due { generation: 0, packets: vec![2, 3] });
        assert_eq!(acks.open(), 0);
    }

    #[tokio::test]
    async fn what_an_earlier_connection_delivered_is_not_acknowledged_on_the_next() {
        let acks = Acks::default();
        let frame = Bytes::from_static(b"frame");
        let old = acks.delivered(9, &frame, second(100));
        acks.disconnected();
        acks.safe([old]);
        assert_eq!(acks.open(), 0, "the old ticket means nothing");
        assert_eq!(acks.first_received(9, b"another"), None);
        let again = acks.delivered(9, &frame, second(200));
        acks.safe([again]);
        assert_eq!(acks.due().await, Due { generation: 1, packets: vec![9] });
    }

    #[test]
    fn a_redelivery_takes_the_time_of_the_first() {
        let acks = Acks::default();
        acks.delivered(9, &Bytes::from_static(b"frame"), second(100));
        acks.disconnected();
        assert_eq!(acks.first_received(9, b"frame"), Some(second(100)));
        assert_eq!(acks.first_received(9, b"frame"), None, "once");
        acks.delivered(9, &Bytes::from_static(b"frame"), second(100));
        acks.disconnected();
        acks.forgotten();
        assert_eq!(acks.first_received(9, b"frame"), None, "another session's packet");
    }
}
