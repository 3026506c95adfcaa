//! The document of a concentrator: `{"frames":[{"time","format","hex","address"?}…]}`.
//!
//! Each frame of it is one of its own: counted, stored or rejected for itself. `time` is when the concentrator took
//! the frame in; a frame without a device's time takes it.

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::DateTime;
use metering::Zone;
use serde::Deserialize;
use smol_str::SmolStr;
use store::sink::{Arrival, Content, Rejection};

use crate::delivery::Delivery;

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    frames: Vec<&'a serde_json::value::RawValue>,
}

#[derive(Deserialize)]
struct Frame {
    time: Option<String>,
    format: String,
    hex: String,
    address: Option<String>,
    profile: Option<String>,
    start: Option<u16>,
}

/// A frame of a document, or why it is none.
pub(crate) type Part = Result<Delivery, Box<(Delivery, Rejection)>>;

/// The frames of a document; `Err` when it is none: then it is one rejected frame.
pub(crate) fn split(document: &Delivery, zone: &Zone) -> Result<Vec<Part>, Rejection> {
    let parsed: Document<'_> = serde_json::from_slice(&document.arrival.bytes)
        .map_err(|error| rejection("structure", column(&error), format!("no document of frames: {error}")))?;
    Ok(parsed.frames.iter().map(|raw| part(document, raw.get(), zone)).collect())
}

fn part(document: &Delivery, raw: &str, zone: &Zone) -> Part {
    let whole = |format: &str| frame(document, format, Bytes::copy_from_slice(raw.as_bytes()));
    let told: Frame = match serde_json::from_str(raw) {
        Ok(told) => told,
        Err(error) => {
            let message = format!("no frame of a document: {error}");
            return refuse(whole("json"), rejection("structure", column(&error), message));
        }
    };
    let bytes = match hex::decode(told.hex.trim()) {
        Ok(bytes) => Bytes::from(bytes),
        Err(error) => {
            let message = format!("the frame's hex cannot be read: {error}");
            return refuse(whole(&told.format), rejection("structure", 0, message));
        }
    };
    let mut delivery = frame(document, &told.format, bytes);
    if let Some(text) = &told.time {
        match instant(text, zone) {
            Some(sent) => delivery.arrival.sent = Some(sent),
            None => return refuse(delivery, rejection("value", 0, format!("no time: {text:?}"))),
        }
    }
    delivery.arrival.address = told.address.map(SmolStr::from);
    delivery.arrival.profile = told.profile.map(SmolStr::from);
    delivery.arrival.start = told.start;
    Ok(delivery)
}

fn refuse(delivery: Delivery, rejection: Rejection) -> Part {
    Err(Box::new((delivery, rejection)))
}

fn frame(document: &Delivery, format: &str, bytes: Bytes) -> Delivery {
    let Arrival { source, channel, received, .. } = &document.arrival;
    let content = Content::Frame(format.into());
    let arrival = Arrival::new(*source, channel.clone(), content, bytes, *received);
    Delivery { arrival, packet: document.packet }
}

/// RFC 3339, or a civil time of the utility's zone.
fn instant(text: &str, zone: &Zone) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().or_else(|| zone.instant(text.parse::<DateTime>().ok()?))
}

fn column(error: &serde_json::Error) -> usize {
    error.column().saturating_sub(1)
}

fn rejection(kind: &'static str, offset: usize, message: String) -> Rejection {
    Rejection { kind, offset, message }
}

#[cfg(test)]
mod tests {
    use metering::Source;

    use super::*;

    fn document(text: &str) -> Delivery {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let channel = "concentrators/7/up".into();
        let content = Content::Document;
        let arrival = Arrival::new(Source::Mqtt, channel, content, bytes, Timestamp::UNIX_EPOCH);
        Delivery { arrival, packet: None }
    }

    #[test]
    fn one_broken_frame_does_not_spoil_its_neighbours() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let text = r#"{"id":"7","frames":[
            {"time":"2026-10-01T00:00:00","format":"cjt188","hex":"FE68","address":"12"},
            {"time":"2026-10-01T00:00:00Z","format":"mbus","hex":"E5"},
            {"format":"mbus","hex":"E"},
            {"format":"mbus"},
            {"time":"noon","format":"mbus","hex":"E5"}]}"#;
        let parts = split(&document(text), &zone).unwrap();
        let told: Vec<_> = parts
            .iter()
            .map(|part| match part {
                Ok(frame) => (
                    frame.arrival.sent.map(|sent| sent.to_string()).unwrap_or_default(),
                    frame.arrival.bytes.len(),
                ),
                Err(refused) => (refused.1.kind.to_owned(), 0),
            })
            .collect();
        let told: Vec<_> = told.iter().map(|(text, n)| (text.as_str(), *n)).collect();
        assert_eq!(
            told,
            [
                ("2026-09-30T16:00:00Z", 2),
                ("2026-10-01T00:00:00Z", 1),
                ("structure", 0),
                ("structure", 0),
                ("value", 0),
            ]
        );
    }

    #[test]
    fn what_is_no_document_is_one_rejected_frame() {
        for text in ["", "{", "[]", "{}", r#"{"frames":7}"#, "\u{0}"] {
            assert_eq!(split(&document(text), &Zone::utc()).unwrap_err().kind, "structure", "{text}");
        }
        assert!(split(&document(r#"{"frames":[]}"#), &Zone::utc()).unwrap().is_empty());
    }
}
