//! The records of a pack, resolved: no base fields any more.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_decimal::Decimal;

use crate::cbor::Cbor;
use crate::document::Json;
use crate::{DecodeError, ErrorKind, Precision};

/// The longest resolved name. A base name is repeated in every record, so its length must be bounded for the
/// output to be so.
const NAME_BYTES_MAX: usize = 200;

/// The version of RFC 8428.
const VERSION: i128 = 10;

/// A resolved record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Entry {
    /// Which of the pack's records it is; those that only carry base fields are none.
    pub(crate) index: usize,
    pub(crate) name: String,
    /// How much of the name is the base name.
    pub(crate) base_bytes: usize,
    pub(crate) unit: Option<String>,
    pub(crate) content: Option<Content>,
    pub(crate) sum: Option<Decimal>,
    /// Seconds since 1970, or relative to the receipt below 2^28; 0 is "now".
    pub(crate) time_s: Decimal,
}

/// The value of a record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Number(Decimal, Option<Precision>),
    /// A float that is not finite or does not fit.
    NotANumber,
    Text(String),
    Bool(bool),
    Data(Vec<u8>),
}

/// A record as written.
#[derive(Default)]
struct Raw {
    base_name: Option<String>,
    base_time: Option<Decimal>,
    base_unit: Option<String>,
    base_value: Option<Decimal>,
    base_sum: Option<Decimal>,
    version: Option<i128>,
    name: String,
    unit: Option<String>,
    content: Option<Content>,
    sum: Option<Decimal>,
    time: Option<Decimal>,
}

pub(super) fn of_json(pack: &Json<'_>) -> Result<Vec<Entry>, DecodeError> {
    let Json::List(records) = pack else { return Err(wrong("a pack is a list")) };
    resolve(records.iter().map(raw_json))
}

pub(super) fn of_cbor(pack: &Cbor<'_>) -> Result<Vec<Entry>, DecodeError> {
    let Cbor::List(records) = pack else { return Err(wrong("a pack is a list")) };
    resolve(records.iter().map(raw_cbor))
}

fn resolve(records: impl Iterator<Item = Result<Raw, DecodeError>>) -> Result<Vec<Entry>, DecodeError> {
    let mut base = Raw::default();
    let mut entries = Vec::new();
    for (index, record) in records.enumerate() {
        let raw = record?;
        base.base_name = raw.base_name.or(base.base_name);
        base.base_time = raw.base_time.or(base.base_time);
        base.base_unit = raw.base_unit.or(base.base_unit);
        base.base_value = raw.base_value.or(base.base_value);
        base.base_sum = raw.base_sum.or(base.base_sum);
        if raw.version.is_some_and(|version| version > VERSION) {
            return Err(DecodeError::new(ErrorKind::Unsupported, 0, "a version later than 10"));
        }
        let content = match (raw.content, base.base_value) {
            (Some(Content::Number(value, precision)), Some(base)) => Some(add(value, base, precision)),
            // Section 4.1: a base value alone makes each record without any value have it.
            (None, Some(base)) if raw.sum.is_none() => Some(Content::Number(base, None)),
            (content, _) => content,
        };
        let sum = match (raw.sum, base.base_sum) {
            (Some(sum), Some(base)) => {
                Some(sum.checked_add(base).ok_or_else(|| wrong("a sum that does not fit"))?)
            }
            (sum, _) => sum,
        };
        if content.is_none() && sum.is_none() {
            continue;
        }
        let base_name = base.base_name.as_deref().unwrap_or_default();
        let time_s = raw.time.unwrap_or_default().checked_add(base.base_time.unwrap_or_default());
        let entry = Entry {
            index,
            name: format!("{base_name}{}", raw.name),
            base_bytes: base_name.len(),
            unit: raw.unit.or_else(|| base.base_unit.clone()),
            content,
            sum,
            time_s: time_s.ok_or_else(|| wrong("a time that does not fit"))?,
        };
        if entry.name.len() > NAME_BYTES_MAX
            || entry.unit.as_ref().is_some_and(|unit| unit.len() > NAME_BYTES_MAX)
        {
            return Err(wrong("a name or unit of more than 200 bytes"));
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// A sum of floats is no float of the wire any more.
fn add(value: Decimal, base: Decimal, precision: Option<Precision>) -> Content {
    match value.checked_add(base) {
        Some(sum) => Content::Number(sum, if base.is_zero() { precision } else { None }),
        None => Content::NotANumber,
    }
}

fn raw_json(record: &Json<'_>) -> Result<Raw, DecodeError> {
    let mut raw = Raw::default();
    if !matches!(record, Json::Object(_)) {
        return Err(wrong("a record is an object"));
    }
    for (key, value) in record.members() {
        let number = || match value {
            Json::Number(_) => value.decimal().ok_or_else(|| wrong("a number that does not fit")),
            _ => Err(wrong("expected a number")),
        };
        let text = || value.text().map(str::to_owned).ok_or_else(|| wrong("expected a text"));
        match key.as_ref() {
            "bn" => raw.base_name = Some(text()?),
            "bt" => raw.base_time = Some(number()?),
            "bu" => raw.base_unit = Some(text()?),
            "bv" => raw.base_value = Some(number()?),
            "bs" => raw.base_sum = Some(number()?),
            "bver" => {
                raw.version =
                    Some(value.integer().map(i128::from).ok_or_else(|| wrong("bver is no number"))?);
            }
            "n" => raw.name = text()?,
            "u" => raw.unit = Some(text()?),
            "v" => raw.content = Some(Content::Number(number()?, None)),
            "vs" => raw.content = Some(Content::Text(text()?)),
            "vb" => match value {
                Json::Bool(value) => raw.content = Some(Content::Bool(*value)),
                _ => return Err(wrong("vb is neither true nor false")),
            },
            "vd" => {
                let data = URL_SAFE_NO_PAD.decode(text()?).map_err(|_| wrong("vd is no base64url"))?;
                raw.content = Some(Content::Data(data));
            }
            "s" => raw.sum = Some(number()?),
            "t" => raw.time = Some(number()?),
            other => unknown(other)?,
        }
    }
    Ok(raw)
}

fn raw_cbor(record: &Cbor<'_>) -> Result<Raw, DecodeError> {
    let Cbor::Map(members) = record else { return Err(wrong("a record is a map")) };
    let mut raw = Raw::default();
    for (key, value) in members {
        let text = || match value {
            Cbor::Text(text) => Ok((*text).to_owned()),
            _ => Err(wrong("expected a text")),
        };
        let number = || match content(value) {
            Some(Content::Number(number, _)) => Ok(number),
            _ => Err(wrong("expected a number")),
        };
        match key {
            Cbor::Integer(-2) => raw.base_name = Some(text()?),
            Cbor::Integer(-3) => raw.base_time = Some(number()?),
            Cbor::Integer(-4) => raw.base_unit = Some(text()?),
            Cbor::Integer(-5) => raw.base_value = Some(number()?),
            Cbor::Integer(-6) => raw.base_sum = Some(number()?),
            Cbor::Integer(-1) => match value {
                Cbor::Integer(version) => raw.version = Some(*version),
                _ => return Err(wrong("bver is no number")),
            },
            Cbor::Integer(0) => raw.name = text()?,
            Cbor::Integer(1) => raw.unit = Some(text()?),
            Cbor::Integer(2 | 3 | 4 | 8) => {
                raw.content = Some(content(value).ok_or_else(|| wrong("a value of no kind that SenML has"))?);
            }
            Cbor::Integer(5) => raw.sum = Some(number()?),
            Cbor::Integer(6) => raw.time = Some(number()?),
            Cbor::Text(other) => unknown(other)?,
            _ => {}
        }
    }
    Ok(raw)
}

fn content(value: &Cbor<'_>) -> Option<Content> {
    Some(match value {
        Cbor::Integer(number) => Decimal::try_from_i128_with_scale(*number, 0)
            .map_or(Content::NotANumber, |n| Content::Number(n, None)),
        Cbor::Float(number, precision) => {
            number.map_or(Content::NotANumber, |n| Content::Number(n, Some(*precision)))
        }
        Cbor::Fraction(number) => number.map_or(Content::NotANumber, |n| Content::Number(n, None)),
        Cbor::Text(text) => Content::Text((*text).to_owned()),
        Cbor::Bool(value) => Content::Bool(*value),
        Cbor::Bytes(data) => Content::Data(data.to_vec()),
        _ => return None,
    })
}

/// Section 4.4: a field that ends in `_` must be understood, any other unknown field may be passed over.
fn unknown(key: &str) -> Result<(), DecodeError> {
    if key.ends_with('_') {
        let message = format!("field {key:?} must be understood");
        return Err(DecodeError::new(ErrorKind::Unsupported, 0, message));
    }
    Ok(())
}

fn wrong(message: &'static str) -> DecodeError {
    DecodeError::new(ErrorKind::Structure, 0, message)
}
