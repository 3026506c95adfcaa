//! Finding the format of a buffer that does not say it.
//!
//! Only what can be told apart: each format has a sign by which it is recognised, strong ones first (a frame's
//! own marks and lengths), weak ones last. The first recognised format that reads the buffer is the answer;
//! where none reads it, the error is that of the first one recognised. A Modbus answer says neither what it
//! answers nor with which profile, so it is never found.

use crate::document::Json;
use crate::envelope::{chirpstack, ctwing, iotda, onenet, wmbusmeters};
use crate::{DecodeError, Decoded, ErrorKind, Format, Options, decode as decode_as, dlt645, senml};

/// Whether a buffer may be of a format: cheap, and wrong only in saying yes.
type Sign = fn(&[u8]) -> bool;

/// The formats that can be told apart, strong signs first.
const SIGNS: &[(Format, Sign)] = &[
    (Format::P1, |bytes| bytes.trim_ascii_start().starts_with(b"/")),
    (Format::Dlt645V2007, |bytes| dlt645_control(bytes).is_some_and(|control| !is_of_1997(control))),
    (Format::Dlt645V1997, |bytes| dlt645_control(bytes).is_some_and(is_of_1997)),
    (Format::DlmsPush, is_dlms),
    (Format::Mbus, is_mbus),
    (Format::Cat1NbPush, is_cat1),
    (Format::Cjt188VendorPush, |bytes| {
        is_cjt188(bytes) && unpreambled(bytes).get(11..13) == Some(&[0x90, 0x97])
    }),
    (Format::Cjt188, is_cjt188),
    (Format::Wmbus, is_wmbus),
    (Format::SenmlCbor, |bytes| matches!(bytes, [0x80..=0x9F, 0xA0..=0xBF, ..])),
    (Format::Lwm2m, |bytes| matches!(bytes.first(), Some(0x00..=0x3F | 0x80..=0xFF))),
];

/// Whether a format's sign alone proves it: marks and a length that agree.
pub(crate) const fn is_strong(format: Format) -> bool {
    matches!(
        format,
        Format::Dlt645V2007
            | Format::Dlt645V1997
            | Format::Mbus
            | Format::Cjt188
            | Format::Cjt188VendorPush
            | Format::Cat1NbPush
    )
}

/// Without the preamble of FE bytes and the line that some modules put before it (`CRTL:R` and 14 digits).
fn unpreambled(bytes: &[u8]) -> &[u8] {
    let bytes = match bytes.strip_prefix(b"CRTL:R") {
        Some(rest) => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest.get(digits..).unwrap_or_default()
        }
        None => bytes,
    };
    let preamble = bytes.iter().take_while(|byte| **byte == 0xFE).count();
    bytes.get(preamble..).unwrap_or_default()
}

/// `68 A0..A5 68 C`: the control byte.
fn dlt645_control(bytes: &[u8]) -> Option<u8> {
    match unpreambled(bytes) {
        [0x68, _, _, _, _, _, _, 0x68, control, ..] => Some(*control),
        _ => None,
    }
}

/// What neither edition has is taken for one of 2007, whose decoder says so.
fn is_of_1997(control: u8) -> bool {
    dlt645::edition(control) == Some(dlt645::Edition::V1997)
}

/// `68 T A0..A6 C L data CS 16`, T of a group that exists.
fn is_cjt188(bytes: &[u8]) -> bool {
    match unpreambled(bytes) {
        [0x68, 0x10..=0x49 | 0xAA, _, _, _, _, _, _, _, control, length, rest @ ..] => {
            matches!(control & 0x3F, 0x01..=0x16)
                && rest.get(usize::from(*length).saturating_add(1)) == Some(&0x16)
        }
        _ => false,
    }
}

/// `68 T A0..A6 03 97 … m data CS 16`: the report of a CAT-1 module.
fn is_cat1(bytes: &[u8]) -> bool {
    match unpreambled(bytes) {
        [0x68, 0x10..=0x49, _, _, _, _, _, _, _, 0x01 | 0x03, 0x97, _, _, _, _, length, rest @ ..] => {
            rest.get(usize::from(*length).saturating_add(1)) == Some(&0x16)
        }
        _ => false,
    }
}

/// E5; `10 C A CS 16`; `68 L L 68`.
fn is_mbus(bytes: &[u8]) -> bool {
    match bytes {
        [0xE5] | [0x10, _, _, _, 0x16] => true,
        [0x68, first, second, 0x68, ..] => first == second,
        _ => false,
    }
}

/// HDLC `7E A…`, the wrapper `00 01`, a bare data notification or ciphered APDU, the first block of a transfer, or
/// M-Bus long frames whose CI field is a transport's.
fn is_dlms(bytes: &[u8]) -> bool {
    match bytes {
        [0x7E, format, ..] => format & 0xF0 == 0xA0,
        [0x00, 0x01, _, _, _, _, high, low, rest @ ..] => {
            usize::from(u16::from_be_bytes([*high, *low])) == rest.len()
        }
        [0x0F, _, _, _, _, 0x00 | 0x0C, ..] | [0xDB, 0x08, ..] | [0xE0, _, 0x00, 0x01, ..] => true,
        [0x68, first, second, 0x68, _, _, 0x00..=0x1F, ..] => first == second,
        _ => false,
    }
}

/// L and a C field of the standard; L counts the bytes after it, without the CRCs that many receivers remove.
fn is_wmbus(bytes: &[u8]) -> bool {
    match bytes {
        [length, 0x44 | 0x46 | 0x48 | 0x53 | 0x73 | 0x06 | 0x08, rest @ ..] => {
            *length >= 10 && usize::from(*length) <= rest.len().saturating_add(1)
        }
        _ => false,
    }
}

/// Whether a document may be of a format.
type DocumentSign = fn(&Json<'_>) -> bool;

/// The push documents, told apart by their keys.
const DOCUMENTS: &[(Format, DocumentSign)] = &[
    (Format::ChirpstackV4, chirpstack::is_one),
    (Format::Iotda, iotda::is_one),
    (Format::Onenet, onenet::is_one),
    (Format::Ctwing, |document| ctwing::is_one(first(document))),
    (Format::WmbusmetersJson, |document| wmbusmeters::is_one(first(document))),
    (Format::Json, |document| first(document).get("registers").is_some()),
    (Format::SenmlJson, senml::is_one),
];

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
