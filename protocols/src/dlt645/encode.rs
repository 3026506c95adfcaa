//! Requests and answers, written.

use std::fmt;

use jiff::civil::DateTime;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::bcd;

use super::layout::{Form, Layout, Progression};
use super::{Address, Edition, frame, v1997, v2007};

/// What a master asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Read the data behind an identifier (of 1997: the low 16 bits).
    Read(u32),
    /// Read what did not fit into the answer before; the second number counts the follow-ups from 1.
    ReadFollowing(u32, u8),
    /// Read the address (2007); sent to [`Address::ANY`].
    ReadAddress,
    /// Set the clock of all meters; sent to [`Address::BROADCAST`], none answers. A meter takes it once a day and
    /// only within five minutes of its own time.
    SetTime(DateTime),
    /// Switch the relay (2007).
    Relay {
        /// What it shall do.
        action: RelayAction,
        /// Level and password: PA P0 P1 P2.
        password: [u8; 4],
        /// C0 to C3.
        operator: [u8; 4],
        /// Until when the meter may carry it out.
        until: DateTime,
    },
}

/// What a relay shall do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayAction {
    /// Open: no supply.
    Trip,
    /// Permit closing by hand.
    PermitClose,
    /// Close.
    Close,
    /// Raise the alarm.
    Alarm,
    /// End the alarm.
    EndAlarm,
    /// Keep supply whatever happens.
    Protect,
    /// End the protection.
    EndProtect,
}

impl RelayAction {
    /// N1.
    pub const fn code(self) -> u8 {
        match self {
            Self::Trip => 0x1A,
            Self::PermitClose => 0x1B,
            Self::Close => 0x1C,
            Self::Alarm => 0x2A,
            Self::EndAlarm => 0x2B,
            Self::Protect => 0x3A,
            Self::EndProtect => 0x3B,
        }
    }
}

/// A master's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The edition that the meter speaks.
    pub edition: Edition,
    /// Whom it asks.
    pub address: Address,
    /// How many FE wake the line before.
    pub preamble: usize,
    /// What it asks.
    pub command: Command,
}

impl Request {
    /// The frame.
    pub fn encode(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(16);
        let function = match self.command {
            Command::Read(identifier) => {
                data.extend(self.edition.identifier(identifier));
                self.edition.function(0x11)
            }
            Command::ReadFollowing(identifier, sequence) => {
                data.extend(self.edition.identifier(identifier));
                if self.edition == Edition::V2007 {
                    data.push(sequence);
                }
                self.edition.function(0x12)
            }
            Command::ReadAddress => 0x13,
            Command::SetTime(time) => {
                data.extend(civil(time));
                0x08
            }
            Command::Relay { action, password, operator, until } => {
                data.extend(password);
                data.extend(operator);
                data.extend([action.code(), 0]);
                data.extend(civil(until));
                0x1C
            }
        };
        frame::build(self.preamble, self.address, function, &data)
    }
}

/// What a meter answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The data behind an identifier.
    Data {
        /// The identifier (of 1997: the low 16 bits).
        identifier: u32,
        /// What stands behind it: [`numbers`] writes it.
        payload: Vec<u8>,
        /// Whether more follows.
        more: bool,
    },
    /// Data that follow.
    Following {
        /// The identifier.
        identifier: u32,
        /// Their part of the payload.
        payload: Vec<u8>,
        /// The sequence number (2007).
        sequence: u8,
        /// Whether more follows.
        more: bool,
    },
    /// Its address.
    Address,
    /// It did what was asked: the request's function.
    Done(u8),
    /// It refuses: the request's function, and the error byte.
    Refused(u8, u8),
}

/// A meter's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The edition that the meter speaks.
    pub edition: Edition,
    /// Its address.
    pub address: Address,
    /// How many FE wake the line before.
    pub preamble: usize,
    /// What it answers.
    pub content: Content,
}

impl Reply {
    /// The frame.
    pub fn encode(&self) -> Vec<u8> {
        let follows = |more: bool| if more { 0x20 } else { 0 };
        let mut data = Vec::with_capacity(32);
        let control = match &self.content {
            Content::Data { identifier, payload, more } => {
                data.extend(self.edition.identifier(*identifier));
                data.extend(payload);
                0x80 | self.edition.function(0x11) | follows(*more)
            }
            Content::Following { identifier, payload, sequence, more } => {
                data.extend(self.edition.identifier(*identifier));
                data.extend(payload);
                if self.edition == Edition::V2007 {
                    data.push(*sequence);
                }
                0x80 | self.edition.function(0x12) | follows(*more)
            }
            Content::Address => {
                data.extend(self.address.wire());
                0x93
            }
            Content::Done(function) => 0x80 | function,
            Content::Refused(function, error) => {
                data.push(*error);
                0xC0 | function
            }
        };
        frame::build(self.preamble, self.address, control, &data)
    }
}

/// Writes the numbers behind an identifier, in the units that decoding gives; `None` writes "no value". A block's
/// length is the list's.
///
/// ```
/// use protocols::dlt645::{Edition, numbers};
/// let payload = numbers(Edition::V2007, 0x0001_0000, &["1234.56".parse().ok()]).unwrap();
/// assert_eq!(payload, [0x56, 0x34, 0x12, 0x00]);
/// ```
pub fn numbers(
    edition: Edition,
    identifier: u32,
    values: &[Option<Decimal>],
) -> Result<Vec<u8>, NumbersError> {
    let layout = match edition {
        Edition::V2007 => v2007::layout(identifier),
        Edition::V1997 => u16::try_from(identifier).ok().and_then(v1997::layout),
    };
    let Some(Layout::Series(series)) = layout.filter(|layout| match layout {
        Layout::Series(series) => {
            !series.form.timed && (series.step != Progression::None || values.len() == 1)
        }
        _ => false,
    }) else {
        return Err(NumbersError::NoSuchNumbers { identifier, count: values.len() });
    };
    let mut payload = Vec::with_capacity(values.len().saturating_mul(series.form.len));
    for value in values {
        let bytes = match value {
            None => [0xFF; 8],
            Some(value) => digits(series.form, *value).ok_or(NumbersError::DoesNotFit(*value))?,
        };
        payload.extend(bytes.get(..series.form.len).unwrap_or_default());
    }
    Ok(payload)
}

fn digits(form: Form, value: Decimal) -> Option<[u8; 8]> {
    let shifted = value.checked_mul(Decimal::from(10_u64.checked_pow(form.decimals)?))?;
    if !shifted.is_integer() || (shifted.is_sign_negative() && !shifted.is_zero() && !form.signed) {
        return None;
    }
    let number = shifted.abs().to_u64()?;
    let mut bytes = bcd::write::<8>(number);
    let (low, high) = bytes.split_at_mut_checked(form.len)?;
    // A sign takes the top bit of the highest digit, which then goes to 7 alone.
    let top = low.last_mut()?;
    if high.iter().any(|byte| *byte != 0) || (form.signed && *top >= 0x80) {
        return None;
    }
    if shifted.is_sign_negative() && !shifted.is_zero() {
        *top |= 0x80;
    }
    Some(bytes)
}

/// Why numbers cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumbersError {
    /// The identifier has no numbers, or not so many.
    NoSuchNumbers {
        /// The identifier.
        identifier: u32,
        /// How many were given.
        count: usize,
    },
    /// The value has more digits than its field, or a sign where none is.
    DoesNotFit(Decimal),
}

impl fmt::Display for NumbersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchNumbers { identifier, count } => {
                write!(f, "identifier {identifier:08X} does not hold {count} numbers")
            }
            Self::DoesNotFit(value) => write!(f, "{value} does not fit into its digits"),
        }
    }
}

impl std::error::Error for NumbersError {}

/// `ss mm hh DD MM YY`.
fn civil(time: DateTime) -> [u8; 6] {
    let two = |number: i8| bcd::packed(number.unsigned_abs());
    let [year] = bcd::write::<1>(u64::from(time.year().unsigned_abs()));
    [two(time.second()), two(time.minute()), two(time.hour()), two(time.day()), two(time.month()), year]
}
