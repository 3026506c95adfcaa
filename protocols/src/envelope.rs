//! What the push documents of the operators' platforms have in common: an envelope that says who and when, around
//! a payload that is a frame of another format in base64 or hex, or named fields, or the maker's own bytes.
//!
//! ```text
//! {"deviceId": …, "timestamp": …, "payload": {"APPdata": "aBAR…"}}        bytes   -> `carried`
//! {"deviceId": …, "timestamp": …, "payload": {"total_m3": 12.5}}          fields  -> `fields`
//! ```
//! Bytes that no format recognises are not an error: they are handed on as the maker's data. Bytes that carry a
//! format's marks and do not come out (a checksum) are that format's error: the frame was damaged on its way.

pub(crate) mod carried;
pub(crate) mod chirpstack;
pub(crate) mod ctwing;
pub(crate) mod fields;
pub(crate) mod iotda;
pub(crate) mod onenet;
pub(crate) mod wmbusmeters;

use metering::{Function, Quantity};
use smol_str::SmolStr;

use crate::document::Json;
use crate::{
    DecodeError, Decoded, DeviceTime, ErrorKind, Format, Frame, Record, State, Value, Warning, WarningKind,
};

/// Who and when, as the envelope says it.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    format: Format,
    /// The platform's name of the device: its address, where the payload has none of its own.
    address: Option<SmolStr>,
    /// Its other names (IMEI, node id).
    names: Vec<SmolStr>,
    time: Option<DeviceTime>,
    access: Option<u32>,
}

impl Envelope {
    pub(crate) fn new(format: Format) -> Self {
        Self { format, address: None, names: Vec::new(), time: None, access: None }
    }

    /// A frame of this envelope with nothing in it yet.
    pub(crate) fn frame(&self) -> Frame {
        Frame::new(self.format)
    }

    /// Puts the envelope's facts where the payload has none: the address of a meter behind a module is the
    /// meter's own, and a reading's own time is better than the platform's.
    pub(crate) fn around(&self, mut frame: Frame) -> Frame {
        frame.format = self.format;
        frame.device.access = frame.device.access.or(self.access);
        for record in frame.records.iter_mut().filter(|record| record.time.is_none()) {
            record.time = self.time;
        }
        let own = frame.device.address.is_some();
        for name in self.address.iter().filter(|_| own).chain(&self.names) {
            frame.records.push(identification(name.clone()));
        }
        if !own {
            frame.device.address.clone_from(&self.address);
        }
        frame
    }

    /// [`Self::around`] each frame of a payload.
    pub(crate) fn around_all(&self, decoded: Decoded) -> Decoded {
        match decoded {
            Decoded::One(result) => Decoded::One(result.map(|frame| self.around(frame))),
            Decoded::Many(results) => Decoded::Many(
                results.into_iter().map(|result| result.map(|frame| self.around(frame))).collect(),
            ),
        }
    }
}

/// A name of the device that is not its address.
fn identification(name: SmolStr) -> Record {
    Record {
        quantity: Quantity::Identification,
        value: Value::Text(name),
        unit: None,
        state: State::Valid,
        obis: None,
        function: Function::Instantaneous,
        storage: 0,
        tariff: 0,
        subunit: 0,
        time: None,
        precision: None,
    }
}

/// A name that says something: platforms send `""`, `"undefined"` and `"null"` for names that they do not have.
fn named(document: &Json<'_>, key: &str) -> Option<SmolStr> {
    let name = document.get(key)?.name()?;
    (!matches!(name, "" | "undefined" | "null" | "0")).then(|| SmolStr::new(name))
}

fn wrong(message: &'static str) -> DecodeError {
    DecodeError::new(ErrorKind::Structure, 0, message)
}

fn unknown_field(frame: &mut Frame, name: &str, value: &Json<'_>) {
    let bytes = match value.name() {
        Some(text) => format!("{name}={text}"),
        None => name.to_owned(),
    };
    frame.warnings.push(Warning { kind: WarningKind::UnknownField, offset: 0, bytes: bytes.into_bytes() });
}

#[cfg(test)]
mod tests;
