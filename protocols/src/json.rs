//! The plain `json` format of Meterline's own front door, for senders that can be told what to send.
//!
//! ```text
//! {"address": "12345678",                      the meter's address; may be left out where the topic names it
//!  "time": "2026-10-01T00:00:00+08:00",        RFC 3339; without an offset in the utility's zone; may be left out
//!  "registers": {"8-0:1.0.0": "123.456"},      OBIS code or x: name -> a number or a text that is one, or null
//!  "units": {"6-0:1.0.0": "MJ"},               may be left out: canonical units
//!  "status": ["battery_low"]}                  events of the closed list
//! ```
//! or an array of such objects, each a frame of its own: one wrong object does not spoil its neighbours.
//!
//! Values keep every digit. A register that is no register, a value that is no number and a status that is no
//! event are warnings; a time that is none refuses the object, since a reading under a wrong time is worse than
//! none. **Lacks** nested devices, arrays of values and any guess at other people's keys: those are mappings.

use std::fmt::Write as _;

use metering::{EventKind, Function, Quantity, Register, Unit};

use crate::document::Json;
use crate::{
    DecodeError, Decoded, ErrorKind, Format, Frame, Options, Record, State, Value, Warning, WarningKind,
    naming, time,
};

/// Reads one document.
pub(crate) fn decode(bytes: &[u8], _: &Options<'_>) -> Decoded {
    match Json::parse(bytes) {
        Err(error) => Decoded::One(Err(error)),
        Ok(Json::List(objects)) => Decoded::Many(objects.iter().map(frame).collect()),
        Ok(object) => Decoded::One(frame(&object)),
    }
}

/// Reads one object.
pub(crate) fn frame(object: &Json<'_>) -> Result<Frame, DecodeError> {
    if !matches!(object, Json::Object(_)) {
        return Err(wrong("expected an object with registers"));
    }
    if object.get("registers").or_else(|| object.get("status")).is_none() {
        return Err(wrong("neither registers nor status"));
    }
    let mut frame = Frame::new(Format::Json);
    let mut time = None;
    for (key, value) in object.members() {
        match (key.as_ref(), value) {
            ("units", Json::Object(_)) | (_, Json::Null) => {}
            ("address", value) => {
                let address = value.name().ok_or_else(|| wrong("address is no text"))?;
                frame.device.address = Some(address.into());
            }
            ("time", value) => {
                let text = value.text().ok_or_else(|| wrong("time is no text"))?;
                let parsed = time::rfc3339(text);
                time =
                    Some(parsed.ok_or_else(|| {
                        DecodeError::new(ErrorKind::Value, 0, format!("no time: {text:?}"))
                    })?);
            }
            ("registers", Json::Object(registers)) => {
                for (name, value) in registers {
                    match record(name, value, object.get("units").and_then(|units| units.get(name))) {
                        Ok(record) => frame.records.push(record),
                        Err(kind) => warn(&mut frame, kind, name),
                    }
                }
            }
            ("status", Json::List(status)) => {
                frame.says_status = true;
                for event in status {
                    match event.text().map(str::parse::<EventKind>) {
                        Some(Ok(event)) => frame.events.push(event.into()),
                        _ => warn(&mut frame, WarningKind::UnknownStatus, event.name().unwrap_or_default()),
                    }
                }
            }
            ("registers", _) => return Err(wrong("registers is no object")),
            ("status", _) => return Err(wrong("status is no list")),
            (key, _) => warn(&mut frame, WarningKind::UnknownField, key),
        }
    }
    for record in &mut frame.records {
        record.time = time;
    }
    frame.time = time;
    Ok(frame)
}

fn record(name: &str, value: &Json<'_>, unit: Option<&Json<'_>>) -> Result<Record, WarningKind> {
    let register: Register = name.parse().map_err(|_| WarningKind::UnknownIdentifier)?;
    let (value, state) = match value {
        Json::Null => (Value::None, State::Absent),
        value => (Value::Number(value.decimal().ok_or(WarningKind::InvalidValue)?), State::Valid),
    };
    let mut record = blank(register);
    (record.value, record.state) = (value, state);
    if let Some(symbol) = unit {
        let unit: Option<Unit> = symbol.text().and_then(|symbol| symbol.parse().ok());
        record.unit = Some(unit.ok_or(WarningKind::UnknownUnit)?);
    }
    Ok(record)
}

/// A record of that register in its canonical unit, without a value.
fn blank(register: Register) -> Record {
    let (quantity, unit, function, obis, subunit, tariff, storage) = match register {
        Register::Obis(obis) => {
            let (quantity, unit, function) =
                naming::measures(obis).unwrap_or((Quantity::Unknown, None, Function::Instantaneous));
            (quantity, unit, function, Some(obis), 0, naming::tariff(obis), naming::storage(obis))
        }
        Register::Other { quantity, function, subunit, tariff, storage } => {
            (quantity, naming::unit(quantity), function, None, subunit, tariff, storage)
        }
    };
    Record {
        quantity,
        value: Value::None,
        unit,
        state: State::Absent,
        obis,
        function,
        storage,
        tariff,
        subunit,
        time: None,
        precision: None,
    }
}

fn warn(frame: &mut Frame, kind: WarningKind, name: &str) {
    frame.warnings.push(Warning { kind, offset: 0, bytes: name.as_bytes().to_vec() });
}

fn wrong(message: &'static str) -> DecodeError {
    DecodeError::new(ErrorKind::Structure, 0, message)
}

/// Writes a frame as one object: what the simulator publishes.
///
/// The time is that of the first record that has one: an object has one time. Records without a number are
/// written as `null`, a unit only where it is not the register's canonical one.
pub fn encode(frame: &Frame) -> String {
    let mut text = String::with_capacity(128);
    let mut separator = '{';
    let mut member = |text: &mut String, name: &str| {
        text.push(std::mem::replace(&mut separator, ','));
        let _ = write!(text, "\"{name}\":");
    };
    if let Some(address) = &frame.device.address {
        member(&mut text, "address");
        quote(&mut text, address);
    }
    if let Some(time) = frame.time.or_else(|| frame.records.iter().find_map(|record| record.time)) {
        member(&mut text, "time");
        let _ = write!(text, "\"{time}\"");
    }
    member(&mut text, "registers");
    object(&mut text, frame.records.iter(), |record| match record.value.number() {
        Some(number) => format!("\"{number}\""),
        None => "null".to_owned(),
    });
    let own_unit = |record: &&Record| record.unit != blank(record.register()).unit;
    if frame.records.iter().any(|record| own_unit(&record)) {
        member(&mut text, "units");
        object(&mut text, frame.records.iter().filter(own_unit), |record| match record.unit {
            Some(unit) => format!("\"{unit}\""),
            None => "null".to_owned(),
        });
    }
    if frame.says_status || !frame.events.is_empty() {
        member(&mut text, "status");
        let names: Vec<String> = frame.events.iter().map(|event| format!("\"{}\"", event.kind)).collect();
        let _ = write!(text, "[{}]", names.join(","));
    }
    text.push('}');
    text
}

fn object<'a>(
    text: &mut String,
    records: impl Iterator<Item = &'a Record>,
    value: impl Fn(&Record) -> String,
) {
    let members: Vec<String> =
        records.map(|record| format!("\"{}\":{}", record.register(), value(record))).collect();
    let _ = write!(text, "{{{}}}", members.join(","));
}

fn quote(text: &mut String, content: &str) {
    // Writing a text into a String has no way to fail.
    text.push_str(&serde_json::to_string(content).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use metering::Obis;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::DeviceTime;

    fn one(text: &str) -> Result<Frame, DecodeError> {
        match decode(text.as_bytes(), &Options::default()) {
            Decoded::One(result) => result,
            Decoded::Many(_) => panic!("an array"),
        }
    }

    #[test]
    fn an_object_is_a_frame() {
        let frame = one(r#"{"address":"0012","time":"2026-10-01T00:00:00+08:00",
            "registers":{"8-0:1.0.0":"123.450","6-0:1.0.0":1e-3,"1-0:1.8.2":null,"x:battery_voltage.minimum.0.0.0":3.6},
            "units":{"6-0:1.0.0":"MJ"},"status":["battery_low"]}"#)
        .unwrap();
        assert_eq!(frame.device.address.as_deref(), Some("0012"));
        let told: Vec<_> =
            frame.records.iter().map(|r| (r.value.number(), r.unit.unwrap(), r.state)).collect();
        let number = |text: &str| Some(text.parse::<Decimal>().unwrap());
        assert_eq!(
            told,
            [
                (number("123.450"), Unit::CubicMetre, State::Valid),
                (number("0.001"), Unit::MegaJoule, State::Valid),
                (None, Unit::KiloWattHour, State::Absent),
                (number("3.6"), Unit::Volt, State::Valid),
            ]
        );
        assert_eq!(frame.records[0].time.unwrap().to_string(), "2026-09-30T16:00:00Z");
        assert_eq!(frame.records[2].tariff, 2);
        assert_eq!(frame.events, [EventKind::BatteryLow.into()]);
        assert!(frame.warnings.is_empty());
    }

    #[test]
    fn what_is_wrong_in_a_register_spoils_only_it() {
        use WarningKind::{InvalidValue, UnknownField, UnknownIdentifier, UnknownStatus};
        let frame =
            one(r#"{"registers":{"8-0:1.0.0":"1","joy":"1","8-0:2.0.0":"lots"},"status":["sad"],"x":1}"#);
        let frame = frame.unwrap();
        assert_eq!(frame.records.len(), 1);
        let kinds: Vec<_> = frame.warnings.iter().map(|warning| warning.kind).collect();
        assert_eq!(kinds, [UnknownIdentifier, InvalidValue, UnknownStatus, UnknownField]);
    }

    #[test]
    fn a_wrong_time_refuses_the_object_and_not_its_neighbours() {
        let two = r#"[{"time":"yesterday","registers":{}},{"registers":{}},3]"#;
        let results = decode(two.as_bytes(), &Options::default()).into_results();
        let kinds: Vec<_> = results.iter().map(|r| r.as_ref().map_err(|e| e.kind).err()).collect();
        assert_eq!(kinds, [Some(ErrorKind::Value), None, Some(ErrorKind::Structure)]);
    }

    proptest! {
        /// Law: decode(encode(frame)) = frame, for frames of one time.
        #[test]
        fn what_is_written_reads_back(
            address in r#"[0-9A-F"\\]{0,14}"#,
            values in proptest::collection::btree_map(0u8..10, (-1_000_000_000i64..1_000_000_000, 0u32..7), 1..5),
            seconds in 0i64..4_000_000_000,
            low in any::<bool>(),
            said in any::<bool>(),
        ) {
            let mut frame = Frame::new(Format::Json);
            frame.device.address = Some(address.into());
            for (rate, (mantissa, scale)) in values {
                let mut record = blank(Obis::new(1, 0, 1, 8, rate).into());
                record.value = Value::Number(Decimal::new(mantissa, scale));
                record.state = State::Valid;
                record.time = jiff::Timestamp::from_second(seconds).ok().map(DeviceTime::Instant);
                if rate == 9 { record.unit = Some(Unit::MegaWattHour); }
                frame.records.push(record);
            }
            frame.time = jiff::Timestamp::from_second(seconds).ok().map(DeviceTime::Instant);
            frame.says_status = said || low;
            if low { frame.events.push(EventKind::BatteryLow.into()); }
            prop_assert_eq!(one(&encode(&frame)).unwrap(), frame);
        }
    }
}
