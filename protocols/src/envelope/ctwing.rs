//! CTWing, China Telecom's platform: what it posts to an application.
//!
//! ```text
//! {"messageType": "dataReport", "deviceId": "40ed…", "timestamp": 1650554828842, "IMEI": "8625…",
//!  "protocol": "lwm2m" | "tcp" | "mqtt", "payload": {"APPdata": base64}              transparent: bytes
//!                                                 | {"serviceId", "serviceData": {}} object model: fields
//!                                                 | {field: value}}
//! ```
//! Met in the field: `serviceId` is `""` or a number, `IMSI` the text `"undefined"`, `upPacketSN` −1. Nothing is
//! decided from those. **Lacks** removal of repeated pushes: the door knows (device, timestamp, bytes).

use super::{Envelope, carried, fields, named, wrong};
use crate::document::Json;
use crate::{Answer, DecodeError, Decoded, Format, Options, time};

/// Reads one push, or an array of them.
pub(crate) fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    match Json::parse(bytes) {
        Err(error) => Decoded::One(Err(error)),
        Ok(Json::List(pushes)) => {
            Decoded::Many(pushes.iter().flat_map(|document| push(document, options).into_results()).collect())
        }
        Ok(document) => push(&document, options),
    }
}

/// Whether a document is one of this platform's.
pub(crate) fn is_one(document: &Json<'_>) -> bool {
    document.get("deviceId").is_some() && document.get("messageType").or(document.get("tenantId")).is_some()
}

fn push(document: &Json<'_>, options: &Options<'_>) -> Decoded {
    match envelope(document) {
        Ok(envelope) => envelope.around_all(content(&envelope, document, options)),
        Err(error) => Decoded::One(Err(error)),
    }
}

fn envelope(document: &Json<'_>) -> Result<Envelope, DecodeError> {
    let mut envelope = Envelope::new(Format::Ctwing);
    envelope.address = Some(named(document, "deviceId").ok_or_else(|| wrong("no deviceId"))?);
    envelope.names = ["IMEI", "imei"].iter().find_map(|key| named(document, key)).into_iter().collect();
    envelope.time = document.get("timestamp").and_then(Json::integer).and_then(time::milliseconds);
    Ok(envelope)
}

fn content(envelope: &Envelope, document: &Json<'_>, options: &Options<'_>) -> Decoded {
    let mut frame = envelope.frame();
    let kind = document.get("messageType").and_then(Json::text).unwrap_or("dataReport");
    match kind {
        "commandResponse" => frame.answer = Some(Answer::Ack),
        "deviceOnlineOfflineReport" => {}
        "dataReport" | "dataReportTupc" | "eventReport" => {
            let payload = ["payload", "eventContent"].iter().find_map(|key| document.get(key));
            return match payload {
                Some(Json::Text(text)) => match carried::bytes(text) {
                    Some(bytes) => carried::read(frame, bytes, options),
                    None => Decoded::One(Err(wrong("payload is neither base64 nor hex"))),
                },
                Some(payload @ Json::Object(_)) => fields::payload(frame, payload, options),
                _ => Decoded::One(Err(wrong("no payload"))),
            };
        }
        _ => super::unknown_field(
            &mut frame,
            "messageType",
            document.get("messageType").unwrap_or(&Json::Null),
        ),
    }
    Decoded::One(Ok(frame))
}
