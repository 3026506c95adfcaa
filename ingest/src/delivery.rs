//! What came through a door in one piece.

use bytes::Bytes;
use jiff::Timestamp;
use metering::Source;
use store::sink::{Arrival, Content};

/// A payload, how it came in, and how a redelivery of it is known.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// How it came in. Of a redelivery that is recognised, `received` is when it first came in.
    pub(crate) arrival: Arrival,
    /// The MQTT packet, which tells a redelivery.
    pub(crate) packet: Option<Packet>,
}

impl Delivery {
    /// What came in just now, and names nothing but itself.
    pub(crate) fn now(source: Source, channel: String, content: Content, bytes: Bytes) -> Self {
        Self { arrival: Arrival::new(source, channel, content, bytes, Timestamp::now()), packet: None }
    }
}

/// An MQTT packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    /// Its id.
    pub(crate) id: u16,
    /// Whether the broker says that it may have been delivered before.
    pub(crate) redelivered: bool,
}
