//! What is asked of the decoder: a buffer and what is known of it.

use protocols::Anatomy;
use protocols::{DecodeError, Decoded, ErrorKind, Options, auto};
use serde_json::{Map, Value};

/// One buffer to be read.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) format: String,
    pub(super) bytes: Vec<u8>,
    pub(super) key: Option<Vec<u8>>,
    pub(super) plaintext: bool,
    pub(super) prior: Vec<Vec<u8>>,
    pub(super) profile: Option<String>,
    pub(super) start: Option<u16>,
}

impl Request {
    /// From an object of a JSON line.
    pub(super) fn from_json(object: &Map<String, Value>) -> Result<Self, DecodeError> {
        Ok(Self {
            format: text(object, "format")?.unwrap_or("auto").to_owned(),
            bytes: bytes(text(object, "hex")?.ok_or_else(|| wrong("no hex"))?, "hex")?,
            key: text(object, "key")?.map(|key| bytes(key, "key")).transpose()?,
            plaintext: match object.get("plaintext") {
                None | Some(Value::Null) => false,
                Some(Value::Bool(plaintext)) => *plaintext,
                Some(_) => return Err(wrong("plaintext is neither true nor false")),
            },
            prior: match object.get("prior") {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(frames)) => frames.iter().map(prior).collect::<Result<_, _>>()?,
                Some(_) => return Err(wrong("prior is no list of hex")),
            },
            profile: text(object, "profile")?.map(str::to_owned),
            start: match object.get("start") {
                None | Some(Value::Null) => None,
                Some(start) => {
                    let start = start.as_u64().and_then(|start| u16::try_from(start).ok());
                    Some(start.ok_or_else(|| wrong("start is no register address of 0 to 65535"))?)
                }
            },
        })
    }

    /// Reads the buffer.
    pub(super) fn decode(&self) -> Decoded {
        let options = self.options();
        if self.format == "auto" {
            return auto::decode(&self.bytes, &options);
        }
        match self.format.parse() {
            Ok(format) => protocols::decode(format, &self.bytes, &options),
            Err(error) => {
                let error: metering::UnknownName = error;
                Decoded::One(Err(DecodeError::new(ErrorKind::Unsupported, 0, error.to_string())))
            }
        }
    }

    /// The parts of the buffer that was read.
    pub(super) fn anatomy(&self, decoded: &Decoded) -> Anatomy<'_> {
        protocols::dissect(&self.bytes, self.format.parse().ok(), decoded, &self.options())
    }

    fn options(&self) -> Options<'_> {
        Options {
            key: self.key.as_deref(),
            plaintext: self.plaintext,
            prior: &self.prior,
            profile: self.profile.as_deref(),
            start: self.start,
            ..Options::default()
        }
    }
}

/// The bytes of a hex text; white space between bytes is allowed.
pub(super) fn bytes(text: &str, what: &str) -> Result<Vec<u8>, DecodeError> {
    let decoded = if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        hex::decode(text.split_ascii_whitespace().collect::<String>())
    } else {
        hex::decode(text)
    };
    decoded.map_err(|error| {
        let offset = match error {
            hex::FromHexError::InvalidHexCharacter { index, .. } => index / 2,
            _ => text.len() / 2,
        };
        DecodeError::new(ErrorKind::Structure, offset, format!("{what} is no hex: {error}"))
    })
}

fn prior(frame: &Value) -> Result<Vec<u8>, DecodeError> {
    bytes(frame.as_str().ok_or_else(|| wrong("prior is no list of hex"))?, "prior")
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, DecodeError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong(format!("{key} is no text"))),
    }
}

fn wrong(message: impl Into<std::borrow::Cow<'static, str>>) -> DecodeError {
    DecodeError::new(ErrorKind::Structure, 0, message)
}
