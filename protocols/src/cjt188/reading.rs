//! The data field of an answer, read by its layout.

use jiff::civil::DateTime;
use metering::{Dimension, Quantity, Unit};
use rust_decimal::Decimal;

use crate::bcd::{self, Bcd};
use crate::digits;
use crate::{DecodeError, DeviceTime, ErrorKind, Frame, Record, State, Value, Warning, WarningKind};

use super::clock::{self, Clock};
use super::kind::{Family, MeterType};
use super::layout::{self, Field};
use super::profile::Profile;
use super::{identifier, status, unit};

/// Where the unit byte of a 4+1 field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UnitPlace {
    /// Behind the digits: the standard.
    Last,
    /// Before the digits: one maker's heat meters.
    First,
}

/// Reads the fields behind DI and SER into the frame. `offset` is that of the first of these bytes in the buffer.
pub(crate) fn read(
    frame: &mut Frame,
    meter_type: MeterType,
    identifier: u16,
    body: &[u8],
    offset: usize,
    profile: &Profile,
) -> Result<(), DecodeError> {
    if let (identifier::CURRENT, [digits @ .., _, _], 6) = (identifier, body, body.len()) {
        return short(frame, meter_type, digits, body, offset, profile);
    }
    let Some((fields, back)) = layout::of(identifier, meter_type.family()) else {
        unread(frame, identifier, body, offset, profile);
        return Ok(());
    };
    let place = unit_place(fields, meter_type, body).ok_or_else(|| {
        DecodeError::new(
            ErrorKind::Structure,
            offset,
            format!(
                "structure: the {} bytes behind {identifier:04X} have no units where they belong",
                body.len()
            ),
        )
    })?;
    let mut reader = Reader { frame, meter_type, place, back, time: None, offset, profile };
    reader.frame.records.reserve_exact(fields.len());
    let mut rest = body;
    for &field in fields {
        let Some((bytes, behind)) = rest.split_at_checked(field.len()) else { break };
        reader.field(field, bytes);
        reader.offset = reader.offset.saturating_add(bytes.len());
        rest = behind;
    }
    // A volume meter that leaves fields out still closes with ST.
    let closes = meter_type.family() == Family::Volume && fields.ends_with(&[Field::Status]);
    if closes && rest.len() == Field::Status.len() {
        reader.field(Field::Status, rest);
        rest = &[];
    }
    let (time, offset) = (reader.time, reader.offset);
    attach(frame, meter_type, time);
    if !rest.is_empty() {
        hand_on(frame, fields, body, rest, offset);
    }
    Ok(())
}

/// The first field of an answer decides nothing, its units do: a field shifted by a byte has none.
fn unit_place(fields: &[Field], meter_type: MeterType, body: &[u8]) -> Option<UnitPlace> {
    let holds = |place| {
        let mut rest = body;
        let mut counters = 0_u8;
        for &field in fields {
            let Some((bytes, behind)) = rest.split_at_checked(field.len()) else { break };
            rest = behind;
            let Field::Counter(quantity, _) = field else { continue };
            if quantity == Quantity::Power {
                continue;
            }
            // What a meter does not keep it sends as zeros or FF, some without a unit: no evidence either way.
            if bytes == [0; 5] {
                continue;
            }
            let (digits, code) = split(bytes, place);
            if digits != [0xFF; 4] && !unit_fits(quantity, meter_type, code) {
                return false;
            }
            counters = counters.saturating_add(1);
        }
        counters > 0 || !fields.iter().any(|field| matches!(field, Field::Counter(..)))
    };
    if holds(UnitPlace::Last) {
        Some(UnitPlace::Last)
    } else if meter_type.family() == Family::Heat && holds(UnitPlace::First) {
        Some(UnitPlace::First)
    } else {
        None
    }
}

fn split(bytes: &[u8], place: UnitPlace) -> (&[u8], u8) {
    let parts = match place {
        UnitPlace::Last => bytes.split_last(),
        UnitPlace::First => bytes.split_first(),
    };
    parts.map_or((bytes, 0), |(code, digits)| (digits, *code))
}

fn unit_fits(quantity: Quantity, meter_type: MeterType, code: u8) -> bool {
    let Some(wire) = unit::read(code) else { return false };
    let dimension = wire.unit.dimension();
    match quantity {
        Quantity::Volume if meter_type.family() == Family::Other => true,
        Quantity::Volume => dimension == Dimension::Volume,
        Quantity::HeatEnergy | Quantity::CoolingEnergy => {
            matches!(dimension, Dimension::Energy | Dimension::Heat)
        }
        Quantity::Power => dimension == Dimension::Power,
        Quantity::VolumeFlow => dimension == Dimension::VolumeFlow,
        _ => false,
    }
}

struct Reader<'a> {
    frame: &'a mut Frame,
    meter_type: MeterType,
    place: UnitPlace,
    back: u16,
    time: Option<DateTime>,
    offset: usize,
    profile: &'a Profile,
}

impl Reader<'_> {
    fn field(&mut self, field: Field, bytes: &[u8]) {
        match field {
            Field::Counter(quantity, settlement) => {
                let storage = self.back.saturating_add(settlement);
                self.with_unit(quantity, 2, storage, bytes);
            }
            Field::FlowRate => {
                self.with_unit(Quantity::VolumeFlow, self.profile.flow_rate_decimals, self.back, bytes);
            }
            Field::Temperature(quantity) => self.number(quantity, Some(Unit::Celsius), 2, bytes, 0),
            Field::Pressure => {
                let subunit = self.frame.records.iter().filter(|r| r.quantity == Quantity::Pressure).count();
                self.number(Quantity::Pressure, None, 2, bytes, u16::try_from(subunit).unwrap_or(u16::MAX));
                self.unsure();
            }
            Field::Hours => self.number(Quantity::OperatingTime, Some(Unit::Hour), 0, bytes, 0),
            Field::Plain(quantity, _, decimals, subunit) => {
                self.number(quantity, None, decimals, bytes, subunit);
            }
            Field::Clock => self.clock(bytes),
            Field::Status => self.status(bytes),
        }
    }

    /// Eight digits and a unit byte.
    fn with_unit(&mut self, quantity: Quantity, decimals: u32, storage: u16, bytes: &[u8]) {
        let (digits, code) = split(bytes, self.place);
        let unit = unit::read(code).filter(|_| unit_fits(quantity, self.meter_type, code));
        let decimals = match unit {
            Some(unit) if unit.unit == Unit::Litre => self.profile.litre_decimals,
            _ => decimals,
        };
        let exponent = unit.map_or(0, |unit| unit.exponent);
        let named = self.named(quantity, unit.map(|unit| unit.unit));
        self.value(named, unit.map(|unit| unit.unit), storage, 0, digits, (decimals, exponent));
        if unit.is_none() && self.unsure() {
            self.warn(WarningKind::UnknownUnit, bytes);
        }
    }

    /// Digits whose unit the layout knows.
    fn number(&mut self, quantity: Quantity, unit: Option<Unit>, decimals: u32, bytes: &[u8], subunit: u16) {
        self.value(quantity, unit, self.back, subunit, bytes, (decimals, 0));
    }

    /// A record of these digits, with so many decimals and times ten to so much.
    #[inline]
    fn value(
        &mut self,
        quantity: Quantity,
        unit: Option<Unit>,
        storage: u16,
        subunit: u16,
        digits: &[u8],
        (decimals, exponent): (u32, u8),
    ) {
        let read = bcd::read(digits);
        if read == Bcd::Invalid {
            self.warn(WarningKind::InvalidDigit, digits);
        }
        let Some(record) = self.push(quantity, unit, storage, subunit) else { return };
        match read {
            Bcd::Number(number) => {
                (record.value, record.state) =
                    (Value::Number(scaled(number, decimals, exponent)), State::Valid);
            }
            Bcd::Absent => {}
            Bcd::Invalid => record.state = State::Unknown,
        }
    }

    /// Takes back that the last value is valid; whether it was.
    fn unsure(&mut self) -> bool {
        match self.frame.records.last_mut() {
            Some(record) if record.state == State::Valid => {
                record.state = State::Unknown;
                true
            }
            _ => false,
        }
    }

    fn clock(&mut self, bytes: &[u8]) {
        let Some(&wire) = bytes.first_chunk::<7>() else { return };
        match clock::read(wire) {
            Clock::Set(time) => self.time = Some(time),
            Clock::Absent => {}
            Clock::Invalid => self.warn(WarningKind::InvalidTime, bytes),
        }
    }

    /// The raw bytes as a text record besides the events: makers use these bits freely.
    fn status(&mut self, bytes: &[u8]) {
        let Some(&wire) = bytes.first_chunk::<2>() else { return };
        status::read(wire, self.offset, self.frame, self.profile);
        if let Some(record) = self.push(Quantity::Status, None, self.back, 0) {
            (record.value, record.state) = (Value::Text(digits::forward(&wire)), State::Valid);
        }
    }

    fn warn(&mut self, kind: WarningKind, bytes: &[u8]) {
        self.frame.warnings.push(Warning { kind, offset: self.offset, bytes: bytes.to_vec() });
    }

    /// A cooling meter's layout is the heat meter's; a meter of another kind is named by its unit.
    fn named(&self, quantity: Quantity, unit: Option<Unit>) -> Quantity {
        match (quantity, self.meter_type) {
            (Quantity::HeatEnergy, MeterType::COOLING) => Quantity::CoolingEnergy,
            (Quantity::Volume, kind) if kind.family() == Family::Other => match unit.map(Unit::dimension) {
                Some(Dimension::Energy | Dimension::Heat) => Quantity::Energy,
                Some(Dimension::Volume) => Quantity::Volume,
                _ => Quantity::Unknown,
            },
            (quantity, _) => quantity,
        }
    }

    /// A record without a value yet.
    #[inline]
    fn push(
        &mut self,
        quantity: Quantity,
        unit: Option<Unit>,
        storage: u16,
        subunit: u16,
    ) -> Option<&mut Record> {
        self.frame.records.push(Record::BLANK);
        let record = self.frame.records.last_mut()?;
        record.quantity = quantity;
        record.unit = unit;
        record.storage = u64::from(storage);
        record.subunit = subunit;
        Some(record)
    }
}

/// `number` with so many decimals, times ten to the `exponent`.
fn scaled(number: u64, decimals: u32, exponent: u8) -> Decimal {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let exponent = u32::from(exponent);
    match decimals.checked_sub(exponent) {
        Some(scale) => Decimal::new(number, scale),
        // A profile without decimals under a unit of tens: at most a hundred times eight digits.
        None => Decimal::new(number.saturating_mul(10_i64.pow(exponent.abs_diff(decimals))), 0),
    }
}

/// The device's clock is the time of what is current, and of a freeze, which carries its own. A value of a
/// settlement day has no time in the frame. What has a time or is current has its OBIS code; an undated value of
/// an earlier day is named by its storage number.
fn attach(frame: &mut Frame, meter_type: MeterType, time: Option<DateTime>) {
    let current = frame.records.iter().any(|record| record.storage == 0);
    let device_time = time.map(DeviceTime::Civil);
    for record in &mut frame.records {
        if current && record.storage != 0 {
            continue;
        }
        record.time = device_time;
        if record.storage == 0 || record.time.is_some() {
            record.obis = meter_type.obis(record.quantity);
        }
    }
    if frame.records.is_empty()
        && let Some(time) = time
    {
        let clock = Record {
            time: Some(DeviceTime::Civil(time)),
            ..Record::new(Quantity::Time, Decimal::ZERO, Unit::One)
        };
        frame.records.push(Record { value: Value::None, unit: None, ..clock });
    }
}

/// The short answer to 901F: the digits of the volume and ST, no unit. The standard's format of a volume is
/// XXXXXX.XX m³.
fn short(
    frame: &mut Frame,
    meter_type: MeterType,
    digits: &[u8],
    body: &[u8],
    offset: usize,
    profile: &Profile,
) -> Result<(), DecodeError> {
    if meter_type.family() != Family::Volume {
        return Err(DecodeError::new(
            ErrorKind::Structure,
            offset,
            "structure: a short answer of no volume meter",
        ));
    }
    let mut reader =
        Reader { frame, meter_type, place: UnitPlace::Last, back: 0, time: None, offset, profile };
    reader.number(Quantity::Volume, Some(Unit::CubicMetre), 2, digits, 0);
    reader.offset = offset.saturating_add(digits.len());
    reader.status(body.get(digits.len()..).unwrap_or_default());
    attach(frame, meter_type, None);
    Ok(())
}

/// Data that carries no readings: known parameters as records, anything else with its bytes.
fn unread(frame: &mut Frame, identifier: u16, body: &[u8], offset: usize, profile: &Profile) {
    let quantity = match (identifier, body) {
        (identifier::KEY_VERSION, [_]) => Quantity::Version,
        (identifier::ADDRESS, _) => {
            let address = frame.device.address.clone().unwrap_or_default();
            let record = Record::new(Quantity::BusAddress, Decimal::ZERO, Unit::One);
            frame.records.push(Record { value: Value::Text(address), unit: None, ..record });
            return;
        }
        _ => {
            if !identifier::is_known(identifier) {
                let bytes = identifier.to_be_bytes().to_vec();
                frame.warnings.push(Warning { kind: WarningKind::UnknownIdentifier, offset, bytes });
            }
            if !body.is_empty() {
                frame.manufacturer_data = Some(body.to_vec());
            }
            return;
        }
    };
    let mut reader = Reader {
        frame,
        meter_type: MeterType::ANY,
        place: UnitPlace::Last,
        back: 0,
        time: None,
        offset,
        profile,
    };
    reader.number(quantity, None, 0, body, 0);
}

/// What the fields leave over: the maker's, or the front of a field that the frame's end cuts off.
fn hand_on(frame: &mut Frame, fields: &[Field], body: &[u8], rest: &[u8], offset: usize) {
    let whole: usize = fields.iter().map(|field| field.len()).sum();
    if body.len() < whole {
        frame.warnings.push(Warning { kind: WarningKind::IncompleteRecord, offset, bytes: rest.to_vec() });
    } else {
        frame.manufacturer_data = Some(rest.to_vec());
    }
}
