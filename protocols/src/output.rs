//! The answer to a frame as JSON: the objects of `meterline decode`, which other programs read.
//!
//! Numbers are plain decimals in quotes, so that no reader bends them into a float.

use metering::Unit;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::{Answer, DecodeError, Decoded, Event, Frame, Record, Value, Warning};

/// The answer to one buffer: `{"id",…,"ok":true,…}`, with `"frames"` where it held several.
///
/// ```
/// use protocols::{Format, Options, decode, output::Answered};
/// let decoded = decode(Format::Json, b"{\"registers\":{\"8-0:1.0.0\":1.50}}", &Options::default());
/// let text = serde_json::to_string(&Answered { id: Some("a"), decoded: &decoded })?;
/// assert!(text.starts_with(r#"{"id":"a","ok":true,"format":"json","#), "{text}");
/// assert!(text.contains(r#""value":"1.50","unit":"m3","state":"valid","obis":"8-0:1.0.0""#), "{text}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a, I> {
    /// The asker's name of the buffer; left out where there is none.
    pub id: Option<I>,
    /// What the buffer holds.
    pub decoded: &'a Decoded,
}

impl<I: Serialize> Serialize for Answered<'_, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(id) = &self.id {
            map.serialize_entry("id", id)?;
        }
        match self.decoded {
            Decoded::One(result) => result_entries(&mut map, result)?,
            Decoded::Many(results) => {
                map.serialize_entry("ok", &true)?;
                let frames: Vec<One<'_>> = results.iter().map(One).collect();
                map.serialize_entry("frames", &frames)?;
            }
        }
        map.end()
    }
}

struct One<'a>(&'a Result<Frame, DecodeError>);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        result_entries(&mut map, self.0)?;
        map.end()
    }
}

fn result_entries<M: SerializeMap>(map: &mut M, result: &Result<Frame, DecodeError>) -> Result<(), M::Error> {
    map.serialize_entry("ok", &result.is_ok())?;
    match result {
        Ok(frame) => frame_entries(map, frame),
        Err(error) => map.serialize_entry("error", &ErrorObject::from(error)),
    }
}

fn frame_entries<M: SerializeMap>(map: &mut M, frame: &Frame) -> Result<(), M::Error> {
    map.serialize_entry("format", frame.format.name())?;
    map.serialize_entry(
        "device",
        &DeviceObject {
            address: frame.device.address.as_deref(),
            manufacturer: frame.device.manufacturer.as_deref(),
            medium: frame.device.medium.map(metering::Medium::name),
            version: frame.device.version,
            access: frame.device.access,
        },
    )?;
    map.serialize_entry("records", &frame.records.iter().map(RecordObject::from).collect::<Vec<_>>())?;
    map.serialize_entry("events", &frame.events.iter().map(EventObject::from).collect::<Vec<_>>())?;
    map.serialize_entry("warnings", &frame.warnings.iter().map(WarningObject::from).collect::<Vec<_>>())?;
    map.serialize_entry("answer", &frame.answer.as_ref().map(AnswerObject::from))?;
    map.serialize_entry("manufacturer_data", &frame.manufacturer_data.as_ref().map(hex::encode))
}

#[derive(Serialize)]
struct DeviceObject<'a> {
    address: Option<&'a str>,
    manufacturer: Option<&'a str>,
    medium: Option<&'static str>,
    version: Option<u8>,
    access: Option<u32>,
}

#[derive(Serialize)]
struct RecordObject<'a> {
    quantity: &'static str,
    value: Option<Printed<'a>>,
    unit: Option<&'static str>,
    state: &'static str,
    obis: Option<Shown<metering::Obis>>,
    function: &'static str,
    storage: u64,
    tariff: u32,
    subunit: u16,
    time: Option<Shown<crate::DeviceTime>>,
    precision: Option<&'static str>,
}

impl<'a> From<&'a Record> for RecordObject<'a> {
    fn from(record: &'a Record) -> Self {
        Self {
            quantity: record.quantity.name(),
            value: match &record.value {
                Value::None => None,
                Value::Number(number) => Some(Printed::Number(Shown(*number))),
                Value::Text(text) => Some(Printed::Text(text)),
            },
            unit: record.unit.map(Unit::symbol),
            state: record.state.name(),
            obis: record.obis.map(Shown),
            function: record.function.name(),
            storage: record.storage,
            tariff: record.tariff,
            subunit: record.subunit,
            time: record.time.map(Shown),
            precision: record.precision.map(crate::Precision::name),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Printed<'a> {
    Number(Shown<rust_decimal::Decimal>),
    Text(&'a str),
}

/// A value as the text that it displays as.
struct Shown<T>(T);

impl<T: std::fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Serialize)]
struct EventObject {
    kind: &'static str,
    severity: &'static str,
}

impl From<&Event> for EventObject {
    fn from(event: &Event) -> Self {
        Self { kind: event.kind.name(), severity: event.severity.name() }
    }
}

#[derive(Serialize)]
struct WarningObject {
    kind: &'static str,
    offset: usize,
    bytes: String,
}

impl From<&Warning> for WarningObject {
    fn from(warning: &Warning) -> Self {
        Self { kind: warning.kind.name(), offset: warning.offset, bytes: hex::encode(&warning.bytes) }
    }
}

#[derive(Serialize)]
struct AnswerObject<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

impl<'a> From<&'a Answer> for AnswerObject<'a> {
    fn from(answer: &'a Answer) -> Self {
        match answer {
            Answer::Request => Self { kind: "request", code: None },
            Answer::Error(code) => Self { kind: "error", code: Some(code) },
            Answer::Ack => Self { kind: "ack", code: None },
        }
    }
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    kind: &'static str,
    offset: usize,
    message: &'a str,
}

impl<'a> From<&'a DecodeError> for ErrorObject<'a> {
    fn from(error: &'a DecodeError) -> Self {
        Self { kind: error.kind.name(), offset: error.offset, message: &error.message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Format, Options, decode};

    #[test]
    fn the_objects_are_those_of_the_contract() {
        let mut frame = Frame::new(Format::Mbus);
        frame.device.address = Some("12345678".into());
        frame.device.version = Some(27);
        frame.records.push(Record::new(
            metering::Quantity::Energy,
            "123.45".parse().unwrap(),
            Unit::KiloWattHour,
        ));
        frame.events.push(metering::EventKind::BatteryLow.into());
        frame.warnings.push(Warning {
            kind: crate::WarningKind::UnknownVif,
            offset: 41,
            bytes: vec![0xFD, 0x99],
        });
        frame.answer = Some(Answer::Error("08".into()));
        let good = Decoded::One(Ok(frame));
        assert_eq!(
            serde_json::to_string(&Answered { id: Some("x"), decoded: &good }).unwrap(),
            concat!(
                r#"{"id":"x","ok":true,"format":"mbus","device":{"address":"12345678","manufacturer":null,"#,
                r#""medium":null,"version":27,"access":null},"records":[{"quantity":"energy","value":"123.45","#,
                r#""unit":"kWh","state":"valid","obis":null,"function":"instantaneous","storage":0,"tariff":0,"#,
                r#""subunit":0,"time":null,"precision":null}],"events":[{"kind":"battery_low","#,
                r#""severity":"warning"}],"warnings":[{"kind":"unknown_vif","offset":41,"bytes":"fd99"}],"#,
                r#""answer":{"kind":"error","code":"08"},"manufacturer_data":null}"#
            )
        );
        let bad = Decoded::One(Err(DecodeError::checksum(21, 0x4e, 0x4f)));
        assert_eq!(
            serde_json::to_string(&Answered { id: None::<&str>, decoded: &bad }).unwrap(),
            r#"{"ok":false,"error":{"kind":"checksum","offset":21,"message":"checksum: expected 4e, got 4f"}}"#
        );
    }

    #[test]
    fn several_frames_stand_in_a_list() {
        let both = decode(Format::Json, b"[{\"status\":[]},1]", &Options::default());
        let text = serde_json::to_string(&Answered { id: None::<&str>, decoded: &both }).unwrap();
        assert!(text.starts_with(r#"{"ok":true,"frames":[{"ok":true,"format":"json""#), "{text}");
        assert!(
            text.contains(&format!(r#"{{"ok":false,"error":{{"kind":"{}""#, ErrorKind::Structure)),
            "{text}"
        );
    }
}
