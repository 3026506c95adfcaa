//! The bytes that an envelope carries.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::anatomy::Carried;
use crate::{Decoded, ErrorKind, Format, Frame, Options, auto, decode};

/// Base64 with or without its padding: platforms send both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The formats that stand inside an envelope. None of them is an envelope itself: nothing nests without end.
const FORMATS: &[Format] = &[
    Format::Dlt645V2007,
    Format::Dlt645V1997,
    Format::Mbus,
    Format::Cjt188,
    Format::Cjt188VendorPush,
    Format::Cat1NbPush,
    Format::Wmbus,
    Format::ModbusRtu,
    Format::ModbusTcp,
    Format::P1,
    Format::DlmsPush,
    Format::SenmlCbor,
    Format::SenmlJson,
    Format::Json,
];

/// The bytes of a text in base64 or hex. A hex text is also base64, so whichever of the two a format recognises
/// counts, and base64 where neither is recognised. `None` where it is neither.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let from_hex = hex::decode(text).ok();
    if let Some(bytes) = from_hex.as_deref().filter(|bytes| recognised(bytes).is_some()) {
        return Some(bytes.to_vec());
    }
    let bytes = BASE64.decode(text).ok().or(from_hex)?;
    // Some modules write hex digits into the bytes that their platform then wraps in base64.
    match hex::decode(&bytes).ok().filter(|inner| recognised(inner).is_some()) {
        Some(inner) => Some(inner),
        None => Some(bytes),
    }
}

/// Reads carried bytes: in the format that the caller names, else in the one that they are recognised by, else
/// as the maker's own.
pub(crate) fn read(frame: Frame, bytes: Vec<u8>, options: &Options<'_>) -> Decoded {
    match format(&bytes, options) {
        Some(format) => decode(format, &bytes, &Options { inner: None, ..*options }),
        None => Decoded::One(Ok(Frame { manufacturer_data: Some(bytes), ..frame })),
    }
}

/// Carried bytes that stand in a part of a document: their anatomy and what they hold. `None` where no format knows them.
pub(crate) fn dissect(part: usize, bytes: &[u8], options: &Options<'_>) -> Option<(Carried, Decoded)> {
    let format = format(bytes, options)?;
    let options = Options { inner: None, ..*options };
    let decoded = decode(format, bytes, &options);
    let anatomy = crate::dissect(bytes, Some(format), &decoded, &options).into_owned();
    Some((Carried { part, format, anatomy }, decoded))
}

/// The format in which carried bytes are read.
pub(crate) fn format(bytes: &[u8], options: &Options<'_>) -> Option<Format> {
    options.inner.filter(|format| FORMATS.contains(format)).or_else(|| recognised(bytes))
}

/// The format whose marks the bytes carry.
///
/// Marks alone do not make an opaque payload a frame: weak ones count only where the frame comes out whole, or would
/// with what the caller has and this does not (a key, an earlier frame).
pub(crate) fn recognised(bytes: &[u8]) -> Option<Format> {
    let fits = |format: &Format| {
        FORMATS.contains(format)
            && (auto::is_strong(*format) || comes_out(&decode(*format, bytes, &Options::default())))
    };
    auto::candidates(bytes).into_iter().find(fits)
}

fn comes_out(decoded: &Decoded) -> bool {
    match decoded {
        Decoded::One(Err(error)) => matches!(error.kind, ErrorKind::KeyMissing | ErrorKind::StateMissing),
        _ => true,
    }
}
