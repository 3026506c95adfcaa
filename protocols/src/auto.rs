//! Finding the format of a buffer that does not say it.
//!
//! Only what can be told apart: each format has a sign by which it is recognised, strong ones first (a frame's
//! own marks and lengths), weak ones last. The first recognised format that reads the buffer is the answer;
//! where none reads it, the error is that of the first one recognised. A Modbus answer says neither what it
//! answers nor with which profile, so it is never found.

use crate::document::Json;
use crate::{DecodeError, Decoded, ErrorKind, Format, Options, decode as decode_as};

/// Whether a buffer may be of a format: cheap, and wrong only in saying yes.
type Sign = fn(&[u8]) -> bool;

/// The formats that can be told apart, strong signs first.
const SIGNS: &[(Format, Sign)] = &[(Format::Mbus, wired_mbus)];

/// A long frame says its length twice between two 68; a short one ends with 16; an acknowledgement is alone.
fn wired_mbus(bytes: &[u8]) -> bool {
    matches!(bytes, [0x68, a, b, 0x68, ..] if a == b) || matches!(bytes, [0x10, _, _, _, 0x16] | [0xE5])
}

/// Whether a document may be of a format.
type DocumentSign = fn(&Json<'_>) -> bool;

/// The push documents, told apart by their keys.
const DOCUMENTS: &[(Format, DocumentSign)] =
    &[(Format::Json, |document| first(document).get("registers").is_some())];

/// Finds the format and reads the buffer in it.
///
/// ```
/// use protocols::{Options, auto};
/// let decoded = auto::decode(br#"{"registers":{"8-0:1.0.0":1}}"#, &Options::default());
/// assert_eq!(decoded.into_results()[0].as_ref().unwrap().format.name(), "json");
/// ```
pub fn decode(bytes: &[u8], options: &Options<'_>) -> Decoded {
    let mut first_error = None;
    for format in candidates(bytes) {
        let decoded = decode_as(format, bytes, options);
        if !matches!(decoded, Decoded::One(Err(_))) {
            return decoded;
        }
        first_error.get_or_insert(decoded);
    }
    first_error.unwrap_or_else(|| {
        Decoded::One(Err(DecodeError::new(ErrorKind::Unsupported, 0, "no format recognises these bytes")))
    })
}

/// The formats that a buffer may be of, the likeliest first.
pub fn candidates(bytes: &[u8]) -> Vec<Format> {
    if let Some(b'{' | b'[') = bytes.trim_ascii_start().first() {
        return documents(bytes);
    }
    SIGNS.iter().filter(|(_, sign)| sign(bytes)).map(|(format, _)| *format).collect()
}

fn documents(bytes: &[u8]) -> Vec<Format> {
    match Json::parse(bytes) {
        Ok(document) => {
            DOCUMENTS.iter().filter(|(_, sign)| sign(&document)).map(|(format, _)| *format).collect()
        }
        // The plain format's error says where the document breaks off.
        Err(_) => vec![Format::Json],
    }
}

/// The document, or the first of an array of them.
fn first<'a, 'b>(document: &'a Json<'b>) -> &'a Json<'b> {
    document.elements().first().unwrap_or(document)
}
