//! Bytes to readings and back: one file or folder per protocol, meter models as data in `profiles/`.
//!
//! **Owns** the formats of the wire. [`decode`] takes a buffer and a [`Format`] and answers with the canonical
//! record of what the buffer holds, in the wire's own units; [`auto::decode`] first finds the format;
//! [`output`] writes the answer as JSON.
//!
//! **Promises** that no bytes whatsoever panic it, allocate beyond a small multiple of the input's length, or
//! take more than linear time; that a value is exact, absent, in error or unknown, and never invented; that what
//! it does not understand it hands on with its bytes.
//!
//! **Lacks** any conversion of units (`metering` does that on the way into storage), any clock, any I/O, any
//! state but what the caller passes in ([`Options::prior`]).
#![warn(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

pub mod anatomy;
pub mod auto;
mod bcd;
mod cbor;
pub mod cjt188;
mod crc;
mod digits;
mod dlms;
pub mod dlt645;
mod document;
mod envelope;
mod error;
mod float;
mod format;
pub mod json;
mod line_frame;
mod lwm2m;
pub mod mbus;
pub mod modbus;
mod naming;
pub mod output;
mod p1;
mod record;
mod senml;
pub mod stream;
mod time;
pub mod vendor_push;
pub mod wmbus;

pub use anatomy::Anatomy;
pub use error::{DecodeError, ErrorKind};
pub use format::{Format, Options};
pub use naming::register_unit;
pub use record::{
    Answer, Decoded, Device, DeviceTime, Event, Frame, Precision, Record, State, Value, Warning, WarningKind,
};
pub use smol_str::SmolStr;

/// What every protocol's file offers: a buffer in, the canonical record out.
type Decoder = fn(&[u8], &Options<'_>) -> Decoded;

/// The one index of the decoders. The compiler holds it whole: a format without a line does not build.
#[expect(clippy::match_same_arms, reason = "a line for each format")]
const fn decoder(format: Format) -> Decoder {
    match format {
        Format::Mbus => mbus::decode,
        Format::Wmbus => wmbus::decode,
        Format::Dlt645V2007 => dlt645::decode,
        Format::Dlt645V1997 => dlt645::decode,
        Format::Cjt188 => cjt188::decode,
        Format::Cjt188VendorPush => vendor_push::decode_push,
        Format::Cat1NbPush => vendor_push::decode_cat1,
        Format::ModbusRtu => modbus::decode_rtu,
        Format::ModbusTcp => modbus::decode_tcp,
        Format::P1 => p1::decode,
        Format::DlmsPush => dlms::decode,
        Format::SenmlJson => senml::decode_json,
        Format::SenmlCbor => senml::decode_cbor,
        Format::Lwm2m => lwm2m::decode,
        Format::Ctwing => envelope::ctwing::decode,
        Format::Iotda => envelope::iotda::decode,
        Format::Onenet => envelope::onenet::decode,
        Format::ChirpstackV4 => envelope::chirpstack::decode,
        Format::WmbusmetersJson => envelope::wmbusmeters::decode,
        Format::Json => json::decode,
    }
}

/// Reads one buffer in one format.
///
/// A buffer that holds several frames (echoes, concatenated reads) gives [`Decoded::Many`], in wire order; one
/// that holds nothing but noise gives the error of the noise.
///
/// ```
/// use protocols::{Decoded, Format, Options, decode};
/// let document = br#"{"address":"12345678","registers":{"8-0:1.0.0":"123.456"}}"#;
/// let Decoded::One(Ok(frame)) = decode(Format::Json, document, &Options::default()) else { panic!() };
/// assert_eq!(frame.device.address.as_deref(), Some("12345678"));
/// assert_eq!(frame.records[0].value.number(), Some("123.456".parse().unwrap()));
/// ```
pub fn decode(format: Format, bytes: &[u8], options: &Options<'_>) -> Decoded {
    decoder(format)(bytes, options)
}

/// How frames of a format are found in a stream. `None` where a buffer is always one message.
pub fn framing(format: Format) -> Option<&'static dyn stream::Framing> {
    match format {
        Format::Cjt188 | Format::Cjt188VendorPush => Some(cjt188::FRAMING),
        Format::Cat1NbPush => Some(vendor_push::CAT1_FRAMING),
        Format::Dlt645V2007 | Format::Dlt645V1997 => Some(dlt645::FRAMING),
        Format::Mbus => Some(&mbus::Wired),
        Format::ModbusRtu => Some(modbus::RTU),
        Format::ModbusTcp => Some(modbus::TCP),
        _ => None,
    }
}

/// The anatomy of a buffer: which of its bytes say what.
///
/// `asked` is the format that the caller decoded it in, `None` where it was to be found: a telegram without its key is
/// no frame, and still has parts.
pub fn dissect<'a>(
    bytes: &'a [u8],
    asked: Option<Format>,
    decoded: &Decoded,
    options: &Options<'_>,
) -> Anatomy<'a> {
    let results = match decoded {
        Decoded::One(result) => std::slice::from_ref(result),
        Decoded::Many(results) => results,
    };
    let frame = results.iter().find_map(|result| result.as_ref().ok());
    let format = match (frame, results) {
        (Some(frame), _) => Some(frame.format),
        (None, [Err(error), ..]) if matches!(error.kind, ErrorKind::KeyMissing | ErrorKind::KeyWrong) => {
            asked.or_else(|| auto::candidates(bytes).first().copied())
        }
        _ => None,
    };
    format.and_then(|format| parts(bytes, format, frame, results, options)).unwrap_or_default()
}

/// The way of each format. Without a `frame` (a key is missing) there are parts around what is encrypted.
fn parts<'a>(
    bytes: &'a [u8],
    format: Format,
    frame: Option<&Frame>,
    results: &[Result<Frame, DecodeError>],
    options: &Options<'_>,
) -> Option<Anatomy<'a>> {
    let each = |cut: &mut dyn FnMut(&mut anatomy::Knife<'_>, &Frame) -> Option<()>| {
        let places = stream::places(framing(format)?, bytes);
        let parts = anatomy::each(bytes, places, results, &mut |knife, frame| cut(knife, frame?))?;
        Some(Anatomy::plain(bytes, parts))
    };
    match format {
        Format::Wmbus => wmbus::anatomy::dissect(bytes, frame, options),
        Format::DlmsPush => dlms::anatomy::dissect(bytes, results, options),
        Format::Mbus => mbus::anatomy::dissect(bytes, results, options),
        _ if frame.is_none() => None,
        Format::Dlt645V2007 | Format::Dlt645V1997 => each(&mut dlt645::anatomy::dissect),
        Format::Cjt188 => each(&mut cjt188::anatomy::dissect),
        Format::Cjt188VendorPush => each(&mut vendor_push::anatomy::dissect_push),
        Format::Cat1NbPush => each(&mut vendor_push::anatomy::dissect_cat1),
        Format::ModbusRtu | Format::ModbusTcp => {
            let mut frames = modbus::anatomy::Frames::new(format, options);
            each(&mut |knife, _| frames.dissect(knife))
        }
        Format::P1 => p1::anatomy::dissect(bytes, results, options),
        Format::SenmlCbor | Format::SenmlJson => senml::anatomy::dissect(bytes, None, options),
        Format::Ctwing
        | Format::Iotda
        | Format::Onenet
        | Format::ChirpstackV4
        | Format::WmbusmetersJson
        | Format::Json => document::anatomy::dissect(bytes, results, options),
        Format::Lwm2m => lwm2m::anatomy::dissect(bytes, results, options),
    }
}
