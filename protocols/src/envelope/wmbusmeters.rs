//! What wmbusmeters prints for each telegram: one flat object.
//!
//! ```text
//! {"media": "cold water", "meter": "multical21", "name": "MyTapWater", "id": "76348799",
//!  "total_m3": 6.408, "target_m3": 6.408, "flow_temperature_c": 8, "status": "OK", "timestamp": "2026-10-01T00:00:00Z"}
//! ```
//! Names say quantity and unit ([`super::fields`]); `null` is absent. Its numbers are printed floats, so they are
//! exact only as far as it printed them. **Lacks** its other formats (fields with separators, human-readable).

use metering::{EventKind, Medium};
use smol_str::SmolStr;

use super::{fields, named, unknown_field, wrong};
use crate::document::Json;
use crate::{DecodeError, Decoded, Format, Frame, Options, Warning, WarningKind, time};

/// Reads one object, or an array of them.
pub(crate) fn decode(bytes: &[u8], _: &Options<'_>) -> Decoded {
    match Json::parse(bytes) {
        Err(error) => Decoded::One(Err(error)),
        Ok(Json::List(telegrams)) => Decoded::Many(telegrams.iter().map(telegram).collect()),
        Ok(document) => Decoded::One(telegram(&document)),
    }
}

/// Whether a document is one of wmbusmeters'.
pub(crate) fn is_one(document: &Json<'_>) -> bool {
    document.get("id").is_some() && document.get("meter").or(document.get("_")).is_some()
}

fn telegram(document: &Json<'_>) -> Result<Frame, DecodeError> {
    let mut frame = Frame::new(Format::WmbusmetersJson);
    frame.device.address = Some(named(document, "id").ok_or_else(|| wrong("no id"))?);
    frame.device.medium = document.get("media").and_then(Json::text).map(medium);
    let time = match document.get("timestamp") {
        None | Some(Json::Null) => None,
        Some(text) => Some(text.text().and_then(time::rfc3339).ok_or_else(|| wrong("timestamp is no time"))?),
    };
    for (name, value) in document.members() {
        match name.as_ref() {
            "id" | "media" | "timestamp" | "meter" | "name" | "_" | "driver" | "device" => {}
            "status" | "current_status" => status(&mut frame, value),
            _ if is_reading(value) => fields::read(&mut frame, name, value),
            _ => unknown_field(&mut frame, name, value),
        }
    }
    frame.device.manufacturer = named(document, "manufacturer").map(|name| SmolStr::new(&name));
    for record in &mut frame.records {
        record.time = time;
    }
    Ok(frame)
}

fn is_reading(value: &Json<'_>) -> bool {
    matches!(value, Json::Number(_) | Json::Null)
}

fn medium(media: &str) -> Medium {
    match media {
        "water" | "cold water" => Medium::Water,
        "warm water" | "hot water" | "warm water (30°C-90°C)" => Medium::HotWater,
        "heat" | "heat at outlet" | "heat at inlet" | "heat/cooling load" => Medium::Heat,
        "cooling load volume at outlet" | "cooling load volume at inlet" => Medium::Cooling,
        "electricity" => Medium::Electricity,
        "gas" => Medium::Gas,
        _ => Medium::Other,
    }
}

/// Words in capitals, `OK` for none.
fn status(frame: &mut Frame, value: &Json<'_>) {
    for word in value.text().unwrap_or_default().split_ascii_whitespace().filter(|word| *word != "OK") {
        match event(word) {
            Some(event) if !frame.events.contains(&event.into()) => frame.events.push(event.into()),
            Some(_) => {}
            None => frame.warnings.push(Warning {
                kind: WarningKind::UnknownStatus,
                offset: 0,
                bytes: word.as_bytes().to_vec(),
            }),
        }
    }
}

fn event(word: &str) -> Option<EventKind> {
    Some(match word {
        "LOW_BATTERY" | "BATTERY_LOW" => EventKind::BatteryLow,
        "POWER_LOW" | "LOW_POWER" => EventKind::PowerLow,
        "DRY" => EventKind::Dry,
        "REVERSED" | "REVERSE_FLOW" | "BACKFLOW" => EventKind::ReverseFlow,
        "LEAKING" | "LEAK" | "LEAKAGE" => EventKind::Leak,
        "BURSTING" | "BURST" => EventKind::Burst,
        "TAMPER" | "FRAUD" | "TAMPERED" => EventKind::Tamper,
        "REMOVED" => EventKind::Removed,
        "PERMANENT_ERROR" => EventKind::PermanentError,
        "TEMPORARY_ERROR" => EventKind::TemporaryError,
        "APPLICATION_BUSY" | "BUSY" => EventKind::Busy,
        "ALARM" | "ABNORMAL_CONDITIONS_ALARM" => EventKind::Alarm,
        _ => return None,
    })
}
