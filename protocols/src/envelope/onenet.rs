//! OneNET, China Mobile's platform: what it posts to an application.
//!
//! ```text
//! data streams  {"msg": {"type": 1, "dev_id": 2016617, "ds_id": "3200_0_5505", "at": ms, "value": …, "imei"},
//!                "msg_signature", "nonce"}          msg: one object, or a list of them
//! object model  {"msg": "{\"notifyType\":\"property\",\"deviceName\":…,\"data\":{\"params\":{…}}}", "signature",
//!                "nonce", "time", "id"}             msg: a document in a text
//! ```
//! The signature is the door's business. A data stream of an LwM2M device is named object_instance_resource, and
//! is read by the tables of those objects. **Lacks** commands: their answers, like changes of the device's state, are
//! frames without readings.

use super::{Envelope, carried, fields, named, wrong};
use crate::document::Json;
use crate::{DecodeError, Decoded, Format, Frame, Options, lwm2m, time};

/// Reads one push.
pub(crate) fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    match Json::parse(bytes).and_then(|document| push(&document, options)) {
        Ok(decoded) => decoded,
        Err(error) => Decoded::One(Err(error)),
    }
}

/// Whether a document is one of this platform's.
pub(crate) fn is_one(document: &Json<'_>) -> bool {
    document.get("msg").is_some() && document.get("nonce").is_some()
}

fn push(document: &Json<'_>, options: &Options<'_>) -> Result<Decoded, DecodeError> {
    match document.get("msg") {
        Some(Json::List(messages)) => {
            Ok(Decoded::Many(messages.iter().flat_map(|message| results(stream(message, options))).collect()))
        }
        Some(message @ Json::Object(_)) if message.get("notifyType").is_none() => stream(message, options),
        Some(message @ Json::Object(_)) => model(message, options),
        Some(Json::Text(text)) => {
            let inner = Json::parse(text.as_bytes())?;
            if inner.get("ds_id").is_some() { stream(&inner, options) } else { model(&inner, options) }
        }
        _ => Err(wrong("no msg")),
    }
}

fn results(decoded: Result<Decoded, DecodeError>) -> Vec<Result<Frame, DecodeError>> {
    match decoded {
        Ok(decoded) => decoded.into_results(),
        Err(error) => vec![Err(error)],
    }
}

fn stream(message: &Json<'_>, options: &Options<'_>) -> Result<Decoded, DecodeError> {
    let mut envelope = Envelope::new(Format::Onenet);
    envelope.address = Some(named(message, "dev_id").ok_or_else(|| wrong("no dev_id"))?);
    envelope.names = named(message, "imei").into_iter().collect();
    envelope.time = message.get("at").and_then(Json::integer).and_then(time::milliseconds);
    let mut frame = envelope.frame();
    let (Some(name), Some(value)) = (message.get("ds_id").and_then(Json::text), message.get("value")) else {
        // Type 2 and others: online, offline, the answer to a command.
        return Ok(Decoded::One(Ok(envelope.around(frame))));
    };
    let decoded = match (lwm2m::Path::of_stream(name), value) {
        (_, Json::Object(_)) => fields::payload(frame, value, options),
        (path, Json::Text(text)) if path.is_none_or(lwm2m::Path::is_opaque) => match carried::bytes(text) {
            Some(bytes) => carried::read(frame, bytes, options),
            None => Decoded::One(Err(wrong("the value is neither base64 nor hex"))),
        },
        (Some(path), value) => {
            lwm2m::read_json(&mut frame, path, value);
            Decoded::One(Ok(frame))
        }
        (None, value) => {
            fields::read(&mut frame, name, value);
            Decoded::One(Ok(frame))
        }
    };
    Ok(envelope.around_all(decoded))
}

fn model(message: &Json<'_>, options: &Options<'_>) -> Result<Decoded, DecodeError> {
    let mut envelope = Envelope::new(Format::Onenet);
    let name = ["deviceName", "deviceId"].iter().find_map(|key| named(message, key));
    envelope.address = Some(name.ok_or_else(|| wrong("no deviceName"))?);
    envelope.names = named(message, "imei").into_iter().collect();
    let Some(data) = message.get("data") else {
        return Ok(Decoded::One(Ok(envelope.around(envelope.frame()))));
    };
    Ok(envelope.around_all(fields::payload(envelope.frame(), data, options)))
}
