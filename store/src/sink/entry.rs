//! What ingest hands over: how a frame came in, and what became of it.

use bytes::Bytes;
use jiff::Timestamp;
use metering::{EventKind, MeterId, Reading, Source};
use smol_str::SmolStr;

/// How a frame came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Through which door.
    pub source: Source,
    /// Topic, path or peer.
    pub channel: String,
    /// What it is.
    pub content: Content,
    /// The address that the channel or document names.
    pub address: Option<SmolStr>,
    /// The frame.
    pub bytes: Bytes,
    /// When it came in.
    pub received: Timestamp,
    /// When the concentrator took it in, where its document says so.
    pub sent: Option<Timestamp>,
    /// The register map, of a Modbus answer.
    pub profile: Option<SmolStr>,
    /// The first register, of a Modbus answer.
    pub start: Option<u16>,
}

impl Arrival {
    /// What names nothing but itself.
    pub fn new(source: Source, channel: String, content: Content, bytes: Bytes, received: Timestamp) -> Self {
        Self {
            source,
            channel,
            content,
            address: None,
            bytes,
            received,
            sent: None,
            profile: None,
            start: None,
        }
    }
}

/// How to read a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A frame of that format (`auto`, or a name that is no format, included: the decoder says so).
    Frame(SmolStr),
    /// A document of frames (`concentrators/<id>/up`, `/push/frames`), kept whole where it cannot be taken apart.
    Document,
}

impl Content {
    /// What stands in the database for a document.
    const DOCUMENT: &str = "document";

    /// As it stands in the database.
    pub fn format(&self) -> &str {
        match self {
            Self::Frame(format) => format,
            Self::Document => Self::DOCUMENT,
        }
    }

    /// From the database.
    pub fn of(format: &str) -> Self {
        if format == Self::DOCUMENT { Self::Document } else { Self::Frame(format.into()) }
    }
}

/// One frame and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// How it came in.
    pub arrival: Arrival,
    /// What became of it.
    pub fate: Fate,
    /// Set when this is a rejected frame taken in at a second try: its id. It was counted when it came.
    pub replay_of: Option<i64>,
}

/// What became of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// A valid frame of a known meter.
    Usable(Usable),
    /// Nothing of it could be used.
    Rejected(Rejection),
}

/// A valid frame of a known meter, in the form in which it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Usable {
    /// Whose it is (of the first readings, where a buffer holds frames of several).
    pub meter: MeterId,
    /// Its readings; empty for a heartbeat, an event, an acknowledgement.
    pub readings: Vec<Reading>,
    /// Parts of it that could not be used.
    pub refusals: Vec<Refusal>,
    /// Alarms that begin or end with it.
    pub changes: Vec<AlarmChange>,
    /// Set where readings took the receive time for want of a device's: a redelivery must find it again.
    pub receipt: Option<Receipt>,
}

/// Why nothing of a frame could be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// An error kind of `decode`, or one of ingest's own, such as `unknown_meter`.
    pub kind: &'static str,
    /// The byte at which it was seen.
    pub offset: usize,
    /// A sentence with the values.
    pub message: String,
}

/// A part of a frame that could not be used while the rest was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whose it is.
    pub meter: Option<MeterId>,
    /// The register's name; empty where the part has none.
    pub register: String,
    /// The time of the value.
    pub time: Option<Timestamp>,
    /// As in [`Rejection::kind`].
    pub kind: &'static str,
    /// A sentence with the values.
    pub message: String,
}

/// An alarm that begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmChange {
    /// Whose it is.
    pub meter: MeterId,
    /// What the device says.
    pub kind: EventKind,
    /// When it said so.
    pub at: Timestamp,
    /// Whether it begins.
    pub begins: bool,
}

/// An MQTT delivery, by which a redelivery is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The MQTT client.
    pub client: String,
    /// The packet id.
    pub packet_id: u16,
    /// SHA-256 of the payload.
    pub sha256: [u8; 32],
    /// When it first came in.
    pub received: Timestamp,
}

/// What a frame counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// At least one new reading, or a valid frame without readings.
    Stored,
    /// Nothing new in it.
    Duplicate,
    /// Some reading has the key of a stored one and another value.
    Conflict,
    /// None of it could be used.
    Rejected,
}

impl Outcome {
    /// Every outcome, in the order of the columns of `frame_counts`.
    pub const ALL: [Self; 4] = [Self::Stored, Self::Duplicate, Self::Conflict, Self::Rejected];

    /// The name in metrics and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
        }
    }
}
