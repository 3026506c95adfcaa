//! Requests and answers, written.

use std::fmt;

use jiff::civil::DateTime;
use metering::{Dimension, Unit};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::bcd;

use super::identifier::{self, DiOrder};
use super::{Address, MeterType, clock, frame, unit};

/// A value that a field of eight digits and a unit byte can hold.
///
/// ```
/// use metering::Unit;
/// use protocols::cjt188::Amount;
/// assert!(Amount::counter("123.45".parse().unwrap(), Unit::CubicMetre).is_ok());
/// assert!(Amount::counter("123.456".parse().unwrap(), Unit::CubicMetre).is_err());
/// assert!(Amount::counter("1000000".parse().unwrap(), Unit::CubicMetre).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    digits: u32,
    code: u8,
}

impl Amount {
    /// A counter or a power: 0 to 999999.99. A register that rolls over is the caller's to roll.
    pub fn counter(value: Decimal, unit: Unit) -> Result<Self, AmountError> {
        Self::new(value, unit, 2)
    }

    /// A flow rate: 0 to 9999.9999.
    pub fn flow_rate(value: Decimal, unit: Unit) -> Result<Self, AmountError> {
        match unit.dimension() {
            Dimension::VolumeFlow => Self::new(value, unit, 4),
            _ => Err(AmountError { value, unit }),
        }
    }

    fn new(value: Decimal, unit: Unit, decimals: u32) -> Result<Self, AmountError> {
        let digits = || {
            let shifted = value.checked_mul(Decimal::from(10_u32.pow(decimals)))?;
            shifted.is_integer().then(|| shifted.to_u32()).flatten().filter(|digits| *digits < 100_000_000)
        };
        match (digits(), unit::code(unit)) {
            (Some(digits), Some(code)) => Ok(Self { digits, code }),
            _ => Err(AmountError { value, unit }),
        }
    }

    fn wire(amount: Option<Self>, code: u8) -> [u8; 5] {
        let (digits, code) = match amount {
            Some(amount) => (bcd::write::<4>(u64::from(amount.digits)), amount.code),
            None => ([0xFF; 4], code),
        };
        let [a, b, c, d] = digits;
        [a, b, c, d, code]
    }
}

/// A value that does not fit into eight digits and a unit byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmountError {
    value: Decimal,
    unit: Unit,
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} does not fit into eight digits and a unit byte", self.value, self.unit)
    }
}

impl std::error::Error for AmountError {}

/// The answer of a water or gas meter to "read current data" (901F).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// T.
    pub meter_type: MeterType,
    /// The meter's own address.
    pub address: Address,
    /// The order of the identifier's bytes: the request's.
    pub di_order: DiOrder,
    /// The request's sequence number.
    pub ser: u8,
    /// How many FE wake the line before.
    pub preamble: usize,
    /// What it measures.
    pub data: Data,
    /// The clock; `None` sends zeros, as meters without one do.
    pub clock: Option<DateTime>,
    /// ST: valve in bits 0 and 1, battery in bit 2, the rest is the maker's.
    pub status: [u8; 2],
}

/// What an answer carries. `None` is a value that the meter does not have (FF…).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// Water and gas.
    Volume {
        /// The counter now.
        current: Option<Amount>,
        /// The counter on the last settlement day.
        settlement: Option<Amount>,
    },
    /// Heat and cooling.
    Heat {
        /// The energy on the last settlement day.
        settlement: Option<Amount>,
        /// The energy now.
        current: Option<Amount>,
        /// The power.
        power: Option<Amount>,
        /// The flow rate.
        flow_rate: Option<Amount>,
        /// The volume.
        volume: Option<Amount>,
        /// Hundredths of a degree Celsius.
        flow_temperature: Option<u32>,
        /// Hundredths of a degree Celsius.
        return_temperature: Option<u32>,
        /// Hours in operation.
        hours: Option<u32>,
    },
}

impl Reply {
    /// The frame.
    pub fn encode(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(46);
        data.extend(self.di_order.wire(identifier::CURRENT));
        data.push(self.ser);
        match self.data {
            Data::Volume { current, settlement } => {
                data.extend(Amount::wire(current, 0x2C));
                data.extend(Amount::wire(settlement, 0x2C));
            }
            Data::Heat {
                settlement,
                current,
                power,
                flow_rate,
                volume,
                flow_temperature,
                return_temperature,
                hours,
            } => {
                data.extend(Amount::wire(settlement, 0x05));
                data.extend(Amount::wire(current, 0x05));
                data.extend(Amount::wire(power, 0x17));
                data.extend(Amount::wire(flow_rate, 0x35));
                data.extend(Amount::wire(volume, 0x2C));
                for number in [flow_temperature, return_temperature, hours] {
                    data.extend(number.map_or([0xFF; 3], |number| bcd::write(u64::from(number))));
                }
            }
        }
        data.extend(clock::write(self.clock));
        data.extend(self.status);
        frame::build(self.preamble, self.meter_type.0, self.address, 0x81, &data)
    }
}

/// What a master asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Read the data behind an identifier, such as [`super::CURRENT`] or D120 to D12B.
    Read(u16),
    /// Read the address; sent to [`Address::ANY`].
    ReadAddress,
    /// Set the clock.
    WriteClock(DateTime),
    /// Open the valve.
    OpenValve,
    /// Close the valve.
    CloseValve,
}

/// A master's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// T.
    pub meter_type: MeterType,
    /// Whom it asks.
    pub address: Address,
    /// The order of the identifier's bytes.
    pub di_order: DiOrder,
    /// Its sequence number; the answer repeats it (some meters answer 00).
    pub ser: u8,
    /// How many FE wake the line before.
    pub preamble: usize,
    /// What it asks.
    pub command: Command,
}

impl Request {
    /// The frame.
    pub fn encode(&self) -> Vec<u8> {
        let (control, identifier) = match self.command {
            Command::Read(identifier) => (0x01, identifier),
            Command::ReadAddress => (0x03, identifier::ADDRESS),
            Command::WriteClock(_) => (0x04, identifier::WRITE_CLOCK),
            Command::OpenValve | Command::CloseValve => (0x04, identifier::VALVE),
        };
        let mut data = Vec::with_capacity(10);
        data.extend(self.di_order.wire(identifier));
        data.push(self.ser);
        match self.command {
            Command::Read(_) | Command::ReadAddress => {}
            Command::WriteClock(time) => data.extend(clock::write(Some(time))),
            Command::OpenValve => data.push(0x55),
            Command::CloseValve => data.push(0x99),
        }
        frame::build(self.preamble, self.meter_type.0, self.address, control, &data)
    }
}
