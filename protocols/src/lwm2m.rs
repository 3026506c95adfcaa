//! LwM2M (OMA): the metering objects, as TLV or as SenML.
//!
//! ```text
//! TLV   type | identifier (1 or 2 bytes) | length (0 to 3 bytes) | value
//! type  bits 7-6: 00 object instance, 01 resource instance, 10 multiple resource, 11 resource
//!       bit 5: identifier of 2 bytes; bits 4-3: bytes of length; bits 2-0: the length where those are 0
//! ```
//! (OMA-TS-LightweightM2M 1.0 section 6.4.3.) A TLV payload names instance and resource but not its object: the
//! path that was observed does. Give it as the profile (`/3424` or `/3424/0`); without it the object is told by
//! its resources, where no other of the tables has them. SenML carries the path in its names.
//!
//! Objects: [`objects`]. Resource 19/0/0, in which NB-IoT modules send their maker's bytes, is read as an
//! envelope's payload. **Lacks** the JSON of LwM2M 1.0 (content format 11543) and writing.

pub(crate) mod anatomy;
mod objects;
mod tlv;

use std::fmt;

use metering::{EventKind, Function, Obis, Quantity, Unit};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use self::objects::Meaning;
use crate::document::Json;
use crate::envelope::carried;
use crate::senml::{self, Content};
use crate::{
    DecodeError, Decoded, ErrorKind, Format, Frame, Options, Record, State, Value, Warning, WarningKind,
    float, time,
};

/// A resource of an object's instance, `/3424/0/1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path {
    object: u16,
    instance: u16,
    resource: u16,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}/{}", self.object, self.instance, self.resource)
    }
}

impl Path {
    /// `/3424/0/1`, with or without the first slash; a resource instance behind it is passed over.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::of(text.strip_prefix('/').unwrap_or(text).split('/'))
    }

    /// `3424_0_1`, the name of a data stream.
    pub(crate) fn of_stream(text: &str) -> Option<Self> {
        Self::of(text.split('_'))
    }

    fn of<'a>(mut parts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut next = || parts.next().and_then(number);
        let path = Self { object: next()?, instance: next()?, resource: next()? };
        match (parts.next().map(number), parts.next()) {
            (None | Some(Some(_)), None) => Some(path),
            _ => None,
        }
    }

    /// Where a path at the end of a name begins: `urn:imei:8625…/3424/0/1`.
    pub(crate) fn suffix_start(name: &str) -> Option<usize> {
        let slashes = name.match_indices('/').map(|(at, _)| at).collect::<Vec<_>>();
        let candidates = slashes.iter().rev().take(4).rev().copied();
        candidates.into_iter().find(|at| name.get(*at..).is_some_and(|tail| Self::parse(tail).is_some()))
    }

    /// The resource in which modules send their maker's bytes.
    pub(crate) fn is_opaque(self) -> bool {
        (self.object, self.resource) == (OPAQUE, 0)
    }
}

fn number(text: &str) -> Option<u16> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// The object whose resource 0 is a maker's bytes (`BinaryAppDataContainer`).
const OPAQUE: u16 = 19;

/// Reads a payload of either form.
pub(crate) fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    if is_senml(bytes) { senml_payload(bytes, options) } else { tlv_payload(bytes, options) }
}

/// A CBOR list of maps begins with 80-9F and A0-BF. A TLV could only with a multiple resource 160 to 191, which no
/// object of the tables has.
fn is_senml(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start(), [b'[', ..] | [0x80..=0x9F, 0xA0..=0xBF, ..])
}

fn senml_payload(bytes: &[u8], options: &Options<'_>) -> Decoded {
    let format = if senml::is_json(bytes) { Format::SenmlJson } else { Format::SenmlCbor };
    let entries = match senml::entries(bytes) {
        Ok(entries) => entries,
        Err(error) => return Decoded::One(Err(error)),
    };
    let decoded = match opaque(entries) {
        Some(data) => carried::read(Frame::new(Format::Lwm2m), data, &inside(options)),
        None => crate::decode(format, bytes, options),
    };
    renamed(decoded)
}

/// The maker's bytes that a pack carries.
fn opaque(entries: Vec<senml::Entry>) -> Option<Vec<u8>> {
    entries.into_iter().find_map(|entry| match entry.content {
        Some(Content::Data(data)) if entry.name.contains("/19/") || entry.name.starts_with("19/") => {
            Some(data)
        }
        _ => None,
    })
}

fn renamed(decoded: Decoded) -> Decoded {
    let rename =
        |result: Result<Frame, DecodeError>| result.map(|frame| Frame { format: Format::Lwm2m, ..frame });
    match decoded {
        Decoded::One(result) => Decoded::One(rename(result)),
        Decoded::Many(results) => Decoded::Many(results.into_iter().map(rename).collect()),
    }
}

fn tlv_payload(bytes: &[u8], options: &Options<'_>) -> Decoded {
    let resources = match tlv::read(bytes) {
        Ok(resources) => resources,
        Err(error) => return Decoded::One(Err(error)),
    };
    let Some((object, instance)) = named_object(options.profile).or_else(|| objects::told_by(&resources))
    else {
        let message = "TLV does not name its object: give the path as the profile, such as /3424/0";
        return Decoded::One(Err(DecodeError::new(ErrorKind::Unsupported, 0, message)));
    };
    if object == OPAQUE {
        let data = resources.iter().find(|resource| resource.id == 0);
        let data = data.map(|resource| resource.value.to_vec()).unwrap_or_default();
        return renamed(carried::read(Frame::new(Format::Lwm2m), data, &inside(options)));
    }
    let mut frame = Frame::new(Format::Lwm2m);
    // Time, quality and unit qualify the values, wherever they stand.
    let (qualifiers, values): (Vec<&tlv::Resource<'_>>, Vec<_>) = resources
        .iter()
        .partition(|resource| objects::meaning(object, resource.id).is_some_and(Meaning::qualifies));
    for resource in values.into_iter().chain(qualifiers) {
        put_tlv(&mut frame, (object, instance), resource);
    }
    Decoded::One(Ok(frame))
}

/// Puts a resource of this object, by default of this instance, into a frame.
fn put_tlv(frame: &mut Frame, (object, instance): (u16, u16), resource: &tlv::Resource<'_>) {
    let path = Path { object, instance: resource.instance.unwrap_or(instance), resource: resource.id };
    match objects::meaning(object, resource.id).and_then(|meaning| form(meaning, resource.value)) {
        Some(content) => put(frame, path, &content, None),
        None => unknown(frame, path, resource.offset, resource.value),
    }
}

/// The options for a maker's bytes: a path is no profile of theirs.
fn inside<'a>(options: &Options<'a>) -> Options<'a> {
    Options { profile: options.profile.filter(|profile| named_object(Some(profile)).is_none()), ..*options }
}

fn named_object(profile: Option<&str>) -> Option<(u16, u16)> {
    let mut parts = profile?.trim_start_matches('/').split('/').map(number);
    let object = parts.next()??;
    Some((object, parts.next().flatten().unwrap_or(0)))
}

/// The bytes of a resource as what its meaning says they are.
fn form(meaning: Meaning, value: &[u8]) -> Option<Content> {
    Some(match meaning {
        Meaning::Reading { quantity: Quantity::Pulses | Quantity::Ratio, .. }
        | Meaning::Quality
        | Meaning::QualityLevel
        | Meaning::Time => Content::Number(tlv::integer(value)?.into(), None),
        Meaning::Reading { .. } => match value.len() {
            4 => single(u32::from_be_bytes(value.try_into().ok()?)),
            8 => double(u64::from_be_bytes(value.try_into().ok()?)),
            // The registry types the voltage of 10243 as a text.
            _ => Content::Number(crate::document::decimal(std::str::from_utf8(value).ok()?)?, None),
        },
        Meaning::Event(_) => match value {
            [0] => Content::Bool(false),
            [1] => Content::Bool(true),
            _ => return None,
        },
        Meaning::Unit | Meaning::Address | Meaning::Manufacturer | Meaning::Text(_) => {
            Content::Text(std::str::from_utf8(value).ok()?.to_owned())
        }
    })
}

fn single(bits: u32) -> Content {
    float::single(bits).map_or(Content::NotANumber, |n| Content::Number(n, Some(crate::Precision::Float32)))
}

fn double(bits: u64) -> Content {
    float::double(bits).map_or(Content::NotANumber, |n| Content::Number(n, Some(crate::Precision::Float64)))
}

/// Puts a value of a JSON document (a data stream of a platform) into a frame.
pub(crate) fn read_json(frame: &mut Frame, path: Path, value: &Json<'_>) {
    let content = match value {
        Json::Number(_) => {
            value.decimal().map_or(Content::NotANumber, |number| Content::Number(number, None))
        }
        Json::Bool(value) => Content::Bool(*value),
        Json::Text(text) => Content::Text(text.to_string()),
        _ => return unknown(frame, path, 0, &[]),
    };
    put(frame, path, &content, None);
}

/// Puts a resource into a frame: a record, an event, a fact of the device, or a warning.
pub(crate) fn put(frame: &mut Frame, path: Path, content: &Content, symbol: Option<&str>) {
    let symbol = symbol.and_then(senml::unit);
    match (objects::meaning(path.object, path.resource), content) {
        (Some(Meaning::Reading { quantity, unit, function, code }), Content::Number(number, precision)) => {
            let reading = reading(path, quantity, symbol.or(unit), function, code);
            frame.records.push(Record { value: Value::Number(*number), precision: *precision, ..reading });
        }
        (Some(Meaning::Reading { quantity, unit, function, code }), Content::NotANumber) => {
            let reading = reading(path, quantity, symbol.or(unit), function, code);
            frame.records.push(Record { value: Value::None, state: State::Error, ..reading });
        }
        (Some(Meaning::Event(kind)), Content::Bool(true)) => event(frame, kind),
        (Some(Meaning::Event(kind)), Content::Number(number, _)) if *number == Decimal::ONE => {
            event(frame, kind);
        }
        (Some(Meaning::Event(_)), Content::Bool(false)) => {}
        (Some(Meaning::Event(_)), Content::Number(number, _)) if number.is_zero() => {}
        (Some(Meaning::Time), Content::Number(seconds, _)) => {
            let instant = seconds.to_i64().and_then(|s| time::milliseconds(s.checked_mul(1000)?));
            // From the last one back, as far as none has a time: each record is visited once, however often the
            // resource is repeated.
            for record in frame.records.iter_mut().rev().take_while(|record| record.time.is_none()) {
                record.time = instant;
            }
        }
        (Some(Meaning::Quality), Content::Number(quality, _)) => match quality.to_u8() {
            Some(1 | 2) => doubt(frame, State::Error),
            Some(0 | 3 | 4) => {}
            _ => doubt(frame, State::Unknown),
        },
        (Some(Meaning::QualityLevel), Content::Number(level, _)) => {
            if level.is_zero() {
                doubt(frame, State::Error);
            }
        }
        (Some(Meaning::Unit), Content::Text(symbol)) => {
            let unit = senml::unit(symbol);
            for record in frame.records.iter_mut().rev().take_while(|record| record.unit.is_none()) {
                record.unit = unit;
            }
        }
        (Some(Meaning::Address), Content::Text(text)) => frame.device.address = Some(text.into()),
        (Some(Meaning::Manufacturer), Content::Text(text)) => frame.device.manufacturer = Some(text.into()),
        (Some(Meaning::Text(quantity)), Content::Text(text)) => {
            let reading = reading(path, quantity, None, Function::Instantaneous, None);
            frame.records.push(Record { value: Value::Text(text.into()), ..reading });
        }
        (_, Content::Text(text)) => unknown(frame, path, 0, text.as_bytes()),
        _ => unknown(frame, path, 0, &[]),
    }
}

fn event(frame: &mut Frame, kind: EventKind) {
    if !frame.events.contains(&kind.into()) {
        frame.events.push(kind.into());
    }
}

/// A reading that the sensor itself rejects is an error, one that it doubts unknown; the worse word stays.
fn doubt(frame: &mut Frame, state: State) {
    let is_better =
        |record: &&mut Record| record.state == State::Valid || state == State::Error && record.state != state;
    for record in frame.records.iter_mut().rev().take_while(is_better) {
        record.state = state;
    }
}

/// A record of an instance: instance 0 is channel 0 of the code, instance 1 channel 1.
fn reading(
    path: Path,
    quantity: Quantity,
    unit: Option<Unit>,
    function: Function,
    code: Option<Obis>,
) -> Record {
    let channel = u8::try_from(path.instance).ok().filter(|channel| *channel <= 64);
    let obis = code.and_then(|code| Some(Obis { b: channel?, ..code }));
    // What has no code of its own is told apart by its resource.
    let subunit = if obis.is_none() && objects::needs_subunit(path.object, path.resource) {
        path.resource
    } else {
        path.instance
    };
    Record {
        quantity,
        value: Value::None,
        unit,
        state: State::Valid,
        obis,
        function,
        storage: 0,
        tariff: 0,
        subunit: if obis.is_some() { 0 } else { subunit },
        time: None,
        precision: None,
    }
}

fn unknown(frame: &mut Frame, path: Path, offset: usize, value: &[u8]) {
    let bytes = if value.is_empty() { path.to_string().into_bytes() } else { value.to_vec() };
    frame.warnings.push(Warning { kind: WarningKind::UnknownIdentifier, offset, bytes });
}

#[cfg(test)]
mod tests;
