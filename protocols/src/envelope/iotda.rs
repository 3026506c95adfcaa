//! Huawei Cloud IoTDA, and its forerunner OceanConnect: what they push to an application.
//!
//! ```text
//! IoTDA         {"resource": "device.property", "event": "report", "event_time": "20151212T121212Z",
//!                "notify_data": {"header": {"device_id", "node_id", …},
//!                                "body": {"services": [{"service_id", "properties": {…}, "event_time"}]}}}
//!               {"resource": "device.message", …, "body": {"content": base64 or text}}
//! OceanConnect  {"notifyType": "deviceDataChanged", "deviceId", "service": {"serviceType", "data": {…}, "eventTime"}}
//!               {"notifyType": "deviceDatasChanged", "deviceId", "services": [{…}]}
//! ```
//! Each service is a frame of its own, since each has its own time. **Lacks** the signature (the door's business) and
//! commands; a change of the device's state is a frame without readings.

use super::{Envelope, carried, fields, named, wrong};
use crate::document::Json;
use crate::{DecodeError, Decoded, Format, Options, time};

/// Reads one push.
pub(crate) fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    match Json::parse(bytes).and_then(|document| push(&document, options)) {
        Ok(decoded) => decoded,
        Err(error) => Decoded::One(Err(error)),
    }
}

/// Whether a document is one of these platforms'.
pub(crate) fn is_one(document: &Json<'_>) -> bool {
    document.get("notify_data").is_some()
        || document.get("notifyType").is_some() && document.get("deviceId").is_some()
}

fn push(document: &Json<'_>, options: &Options<'_>) -> Result<Decoded, DecodeError> {
    let mut envelope = Envelope::new(Format::Iotda);
    let (header, body) = match document.get("notify_data") {
        Some(data) => (data.get("header").unwrap_or(data), data.get("body").unwrap_or(data)),
        None => (document, document),
    };
    envelope.address = ["device_id", "deviceId"].iter().find_map(|key| named(header, key));
    if envelope.address.is_none() {
        return Err(wrong("no device_id"));
    }
    envelope.names = ["node_id", "nodeId"].iter().find_map(|key| named(header, key)).into_iter().collect();
    envelope.time = instant(document, "event_time_ms").or_else(|| instant(document, "event_time"));
    if let Some(content) = body.get("content") {
        return message(&envelope, content, options);
    }
    let services = match (body.get("services"), body.get("service")) {
        (Some(Json::List(services)), _) => services.as_slice(),
        (_, Some(service)) => std::slice::from_ref(service),
        // A change of state (online, offline) has no readings.
        _ => return Ok(Decoded::One(Ok(envelope.around(envelope.frame())))),
    };
    let mut results: Vec<_> =
        services.iter().flat_map(|service| one(&envelope, service, options).into_results()).collect();
    Ok(match (results.len(), results.pop()) {
        (1, Some(result)) => Decoded::One(result),
        (_, last) => Decoded::Many(results.into_iter().chain(last).collect()),
    })
}

fn message(envelope: &Envelope, content: &Json<'_>, options: &Options<'_>) -> Result<Decoded, DecodeError> {
    let decoded = match content {
        Json::Object(_) => fields::payload(envelope.frame(), content, options),
        Json::Text(text) => match carried::bytes(text) {
            Some(bytes) => carried::read(envelope.frame(), bytes, options),
            None => carried::read(envelope.frame(), text.as_bytes().to_vec(), options),
        },
        _ => return Err(wrong("content is neither text nor object")),
    };
    Ok(envelope.around_all(decoded))
}

fn one(envelope: &Envelope, service: &Json<'_>, options: &Options<'_>) -> Decoded {
    let mut envelope = envelope.clone();
    let own = ["event_time", "eventTime"].iter().find_map(|key| instant(service, key));
    envelope.time = own.or(envelope.time);
    let Some(content) = service.get("properties").or_else(|| service.get("data")) else {
        return Decoded::One(Err(wrong("a service without properties")));
    };
    envelope.around_all(fields::payload(envelope.frame(), content, options))
}

fn instant(document: &Json<'_>, key: &str) -> Option<crate::DeviceTime> {
    document.get(key).and_then(Json::text).and_then(time::basic_or_rfc3339)
}
