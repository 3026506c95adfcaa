//! ChirpStack v4: the uplink event of its MQTT integration.
//!
//! ```text
//! {"deduplicationId", "time": "2026-10-01T00:00:00.5+00:00", "deviceInfo": {"devEui": "0102…", …}, "fCnt": 10,
//!  "fPort": 1, "data": base64, "object": {…what the codec made of it…}, "rxInfo": [{"rssi": -48, "snr": 9.0}]}
//! ```
//! The bytes are read where their format is named or recognised, since a codec's floats have lost digits; else
//! the codec's object, by names with units; else the bytes are the maker's. `fCnt` is the access number. **Lacks**
//! codecs, downlinks and the protobuf form; joins, states and acknowledgements are frames without readings.

use metering::{Quantity, Unit};

use super::{Envelope, carried, fields, named, wrong};
use crate::document::Json;
use crate::{DecodeError, Decoded, Format, Frame, Options, Record, time};

/// Reads one event.
pub(crate) fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    match Json::parse(bytes).and_then(|document| event(&document, options)) {
        Ok(decoded) => decoded,
        Err(error) => Decoded::One(Err(error)),
    }
}

/// Whether a document is an event of ChirpStack.
pub(crate) fn is_one(document: &Json<'_>) -> bool {
    document.get("deviceInfo").is_some() && document.get("deduplicationId").or(document.get("fCnt")).is_some()
}

fn event(document: &Json<'_>, options: &Options<'_>) -> Result<Decoded, DecodeError> {
    let device = document.get("deviceInfo").ok_or_else(|| wrong("no deviceInfo"))?;
    let mut envelope = Envelope::new(Format::ChirpstackV4);
    envelope.address = Some(named(device, "devEui").ok_or_else(|| wrong("no devEui"))?);
    envelope.time = document.get("time").and_then(Json::text).and_then(time::rfc3339);
    envelope.access =
        document.get("fCnt").and_then(Json::integer).and_then(|count| u32::try_from(count).ok());
    let bytes = match document.get("data") {
        None | Some(Json::Null) => None,
        Some(data) => {
            let text = data.text().ok_or_else(|| wrong("data is no text"))?;
            Some(carried::bytes(text).ok_or_else(|| wrong("data is no base64"))?)
                .filter(|bytes| !bytes.is_empty())
        }
    };
    let readable =
        bytes.as_deref().is_some_and(|bytes| options.inner.is_some() || carried::recognised(bytes).is_some());
    let decoded = match (bytes, document.get("object")) {
        (Some(bytes), _) if readable => carried::read(envelope.frame(), bytes, options),
        (bytes, Some(object @ Json::Object(_))) => {
            fields::payload(Frame { manufacturer_data: bytes, ..envelope.frame() }, object, options)
        }
        (Some(bytes), _) => carried::read(envelope.frame(), bytes, options),
        // A join, a status or an acknowledgement.
        (None, _) => Decoded::One(Ok(envelope.frame())),
    };
    Ok(match envelope.around_all(decoded) {
        Decoded::One(Ok(mut frame)) => {
            frame.records.extend(radio(document));
            Decoded::One(Ok(frame))
        }
        other => other,
    })
}

/// Strength and quality at the gateway that heard best.
fn radio(document: &Json<'_>) -> Vec<Record> {
    let gateways = document.get("rxInfo").map(Json::elements).unwrap_or_default();
    let best = |key: &str| gateways.iter().filter_map(|gateway| gateway.get(key)?.decimal()).max();
    [(Quantity::SignalStrength, best("rssi")), (Quantity::SignalQuality, best("snr"))]
        .into_iter()
        .filter_map(|(quantity, value)| {
            Some(Record { unit: None, ..Record::new(quantity, value?, Unit::One) })
        })
        .collect()
}
