//! The canonical record: what any frame of any format comes down to.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use metering::{EventKind, Function, Medium, Obis, Quantity, Register, Severity, Unit};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::{DecodeError, Format};

/// What a buffer holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded {
    /// One frame, or the reason why none could be read.
    One(Result<Frame, DecodeError>),
    /// Several, in wire order.
    Many(Vec<Result<Frame, DecodeError>>),
}

impl Decoded {
    /// Each frame or error in wire order.
    pub fn into_results(self) -> Vec<Result<Frame, DecodeError>> {
        match self {
            Self::One(result) => vec![result],
            Self::Many(results) => results,
        }
    }
}

/// One frame, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Its format (the inner one where `auto` was asked).
    pub format: Format,
    /// Who sent it.
    pub device: Device,
    /// What it measures, in wire order.
    pub records: Vec<Record>,
    /// What the device says of itself.
    pub events: Vec<Event>,
    /// Whether the frame says how the device is: an event that is not among `events` has then ended. A frame that
    /// merely carries readings says nothing of them.
    pub says_status: bool,
    /// When it was made, where it says so apart from its records.
    pub time: Option<DeviceTime>,
    /// What was not understood; the frame's other records are good.
    pub warnings: Vec<Warning>,
    /// Set where the frame carries no readings but answers, asks or acknowledges.
    pub answer: Option<Answer>,
    /// Bytes that the maker keeps to itself.
    pub manufacturer_data: Option<Vec<u8>>,
}

impl Frame {
    /// A frame of that format from an unnamed device, with nothing in it yet.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            device: Device::default(),
            records: Vec::new(),
            events: Vec::new(),
            says_status: false,
            time: None,
            warnings: Vec::new(),
            answer: None,
            manufacturer_data: None,
        }
    }
}

/// Who sent a frame, as far as the frame says. Names are short ([`SmolStr`] keeps 23 bytes without allocating).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// The address on the wire, as printed on the meter (digits or hex, most significant first).
    pub address: Option<SmolStr>,
    /// The maker's three-letter code or name.
    pub manufacturer: Option<SmolStr>,
    /// What it measures.
    pub medium: Option<Medium>,
    /// The maker's version byte.
    pub version: Option<u8>,
    /// The access number of the telegram.
    pub access: Option<u32>,
}

/// One record of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What it measures.
    pub quantity: Quantity,
    /// The number as the wire has it, its scaler applied.
    pub value: Value,
    /// The wire's own unit.
    pub unit: Option<Unit>,
    /// Valid, absent, in error, unknown.
    pub state: State,
    /// The register's OBIS code, where one exists.
    pub obis: Option<Obis>,
    /// How the value came about.
    pub function: Function,
    /// Storage number: 0 now, 1 and up earlier.
    pub storage: u64,
    /// Tariff.
    pub tariff: u32,
    /// Subunit of the device.
    pub subunit: u16,
    /// The device's time of the value.
    pub time: Option<DeviceTime>,
    /// Set where the wire carries a binary float.
    pub precision: Option<Precision>,
}

impl Record {
    /// A record of which nothing is known yet. A decoder that must be fast pushes this one and fills it where it
    /// stands: a record is long, and reading back in one piece what was just written in several stalls.
    pub(crate) const BLANK: Self = Self {
        quantity: Quantity::Unknown,
        value: Value::None,
        unit: None,
        state: State::Absent,
        obis: None,
        function: Function::Instantaneous,
        storage: 0,
        tariff: 0,
        subunit: 0,
        time: None,
        precision: None,
    };

    /// A valid instantaneous value of storage 0, without OBIS code and time.
    pub fn new(quantity: Quantity, value: Decimal, unit: Unit) -> Self {
        Self {
            quantity,
            value: Value::Number(value),
            unit: Some(unit),
            state: State::Valid,
            obis: None,
            function: Function::Instantaneous,
            storage: 0,
            tariff: 0,
            subunit: 0,
            time: None,
            precision: None,
        }
    }

    /// The register this record is a reading of: its OBIS code or its `x:` name.
    pub fn register(&self) -> Register {
        match self.obis {
            Some(obis) => Register::Obis(obis),
            None => Register::Other {
                quantity: self.quantity,
                function: self.function,
                subunit: self.subunit,
                tariff: self.tariff,
                storage: self.storage,
            },
        }
    }
}

/// The content of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No number: absent, in error, or only a time (which stands in [`Record::time`]).
    None,
    /// An exact number.
    Number(Decimal),
    /// A text (a model name, an identification that is no number).
    Text(SmolStr),
}

impl Value {
    /// The number, where there is one.
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::None | Self::Text(_) => None,
        }
    }
}

/// Whether a record's value may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Zero is valid.
    Valid,
    /// The meter says "no value" (FF…, an open date).
    Absent,
    /// Marked bad by the meter.
    Error,
    /// It cannot be told.
    Unknown,
}

impl State {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Absent => "absent",
            Self::Error => "error",
            Self::Unknown => "unknown",
        }
    }
}

/// A time as a device says it: most say a civil time and no offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceTime {
    /// A civil date and time in the utility's zone.
    Civil(DateTime),
    /// A civil date alone.
    Date(jiff::civil::Date),
    /// An instant.
    Instant(Timestamp),
}

impl fmt::Display for DeviceTime {
    /// RFC 3339; a civil time has no offset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Civil(civil) => civil.fmt(f),
            Self::Date(date) => date.fmt(f),
            Self::Instant(instant) => instant.fmt(f),
        }
    }
}

/// The binary float a number was on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Precision {
    /// IEEE 754 single.
    Float32,
    /// IEEE 754 double.
    Float64,
}

impl Precision {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float64 => "float64",
        }
    }
}

/// What a device says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// How grave.
    pub severity: Severity,
}

impl From<EventKind> for Event {
    fn from(kind: EventKind) -> Self {
        Self { kind, severity: kind.severity() }
    }
}

/// Something in a frame that was not understood or not believed; the rest of the frame is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What.
    pub kind: WarningKind,
    /// Where in the buffer.
    pub offset: usize,
    /// The bytes.
    pub bytes: Vec<u8>,
}

metering::closed_list! {
    /// The closed list of warnings.
    pub enum WarningKind: "warning" {
        /// A VIF or VIFE that is not in the standard's tables.
        UnknownVif = "unknown_vif",
        /// A DIF or data type that is not in the standard's tables.
        UnknownDif = "unknown_dif",
        /// A data identifier that is not in the tables.
        UnknownIdentifier = "unknown_identifier",
        /// A unit code that is not in the tables.
        UnknownUnit = "unknown_unit",
        /// Status bits without a known meaning.
        UnknownStatus = "unknown_status",
        /// A digit that is none.
        InvalidDigit = "invalid_digit",
        /// A date or time that is none.
        InvalidTime = "invalid_time",
        /// A number that does not fit.
        InvalidValue = "invalid_value",
        /// A record cut off by the frame's end.
        IncompleteRecord = "incomplete_record",
        /// Bytes before, between or after frames.
        Noise = "noise",
        /// More telegrams follow.
        MoreFollows = "more_follows",
        /// An access number, counter or frame seen before.
        Replay = "replay",
        /// A field of a document that is not known.
        UnknownField = "unknown_field",
        /// An encrypted part that was left alone.
        Encrypted = "encrypted",
        /// Decrypted, but its authentication tag could not be checked for want of the authentication key.
        Unauthenticated = "unauthenticated",
    }
}

/// What a frame without readings is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A master's request (an echo on the line).
    Request,
    /// The device's error answer, with its code.
    Error(String),
    /// An acknowledgement.
    Ack,
}
