//! Strict reading of a document: what is not understood is refused, with its path and the rule that it breaks.
//!
//! One description of a component's keys ([`Key`]) serves the reader, the JSON schema and the table in
//! `docs/tariffs.md`, so that the three can't disagree.

use std::fmt;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// Why a document is refused: where, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The place in the document, such as `components[2].tiers[0].upto`.
    pub path: String,
    /// The rule that it breaks, with the value.
    pub rule: String,
    /// Which sort of rule that is.
    pub kind: RefusedKind,
}

metering::closed_list! {
    /// Which sort of rule a document breaks.
    pub enum RefusedKind: "sort of refusal" {
        /// What it says is not understood, contradicts itself or may not be published.
        Content = "content",
        /// It is larger than a document may be.
        TooLarge = "too_large",
    }
}

impl Refused {
    /// A refusal at `path`.
    pub fn new(path: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { path: path.into(), rule: rule.into(), kind: RefusedKind::Content }
    }

    /// A refusal of what is larger than it may be.
    pub(crate) fn too_large(path: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { kind: RefusedKind::TooLarge, ..Self::new(path, rule) }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.rule),
            path => write!(f, "{path}: {}", self.rule),
        }
    }
}

impl std::error::Error for Refused {}

/// What a key holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A decimal string.
    Number,
    /// A decimal string, or `null` for "no bound".
    NumberOrOpen,
    /// A text, not empty.
    Text,
    /// `true` or `false`.
    Flag,
    /// One of a closed list.
    OneOf(&'static [&'static str]),
    /// A civil date, `2026-01-01`.
    Date,
    /// A civil date, or `null`.
    DateOrOpen,
    /// A name in one language, or `{"zh", "en"}`.
    Label,
    /// A list of texts.
    Names,
    /// An object of decimal strings by name.
    Numbers,
    /// An object of texts by name.
    Texts,
    /// A number, or a list of numbers.
    NumberOrList,
    /// An object with these keys.
    Object(&'static [Key]),
    /// A list of objects with these keys.
    List(&'static [Key]),
    /// A list of steps of scale: names, or objects with one key.
    Scale,
    /// A list of components.
    Components,
    /// Read elsewhere.
    Any,
}

/// One key of an object: its name, what it holds, whether it must be there, and what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kind: Kind,
    /// Whether it must be there.
    pub(crate) required: bool,
    /// What it says, for the schema.
    pub(crate) says: &'static str,
}

impl Key {
    /// A key that must be there.
    pub(crate) const fn must(name: &'static str, kind: Kind, says: &'static str) -> Self {
        Self { name, kind, required: true, says }
    }

    /// A key that may be left out.
    pub(crate) const fn may(name: &'static str, kind: Kind, says: &'static str) -> Self {
        Self { name, kind, required: false, says }
    }
}

/// An object of a document whose keys have been checked against their description.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'v> {
    path: String,
    map: &'v Map<String, Value>,
}

impl<'v> Fields<'v> {
    /// Opens an object: every key known, every required one there, every value of its kind.
    pub(crate) fn open(path: impl Into<String>, value: &'v Value, keys: &[&[Key]]) -> Result<Self, Refused> {
        let path = path.into();
        let Some(map) = value.as_object() else {
            return Err(Refused::new(path, format!("must be an object, not {}", brief(value))));
        };
        let fields = Self { path, map };
        for name in map.keys() {
            if !keys.iter().any(|list| list.iter().any(|key| key.name == name)) {
                let known: Vec<&str> = keys.iter().flat_map(|list| list.iter().map(|key| key.name)).collect();
                return Err(fields.refuse(name, format!("unknown key; known here: {}", known.join(", "))));
            }
        }
        for key in keys.iter().flat_map(|list| list.iter()) {
            match map.get(key.name) {
                Some(held) => check(&fields.at(key.name), held, key.kind)?,
                None if key.required => return Err(fields.refuse(key.name, "is required")),
                None => {}
            }
        }
        Ok(fields)
    }

    /// Where the object stands in the document.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The path of one of its keys.
    pub(crate) fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// A refusal at one of its keys.
    pub(crate) fn refuse(&self, key: &str, rule: impl Into<String>) -> Refused {
        Refused::new(self.at(key), rule)
    }

    /// The raw value of a key; `null` counts as not there.
    pub(crate) fn value(&self, key: &str) -> Option<&'v Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// Whether the key is there, even as `null`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// A text.
    pub(crate) fn text(&self, key: &str) -> Option<&'v str> {
        self.value(key)?.as_str()
    }

    /// A text that must be there.
    pub(crate) fn need_text(&self, key: &str) -> Result<&'v str, Refused> {
        self.text(key).ok_or_else(|| self.refuse(key, "is required"))
    }

    /// A number.
    pub(crate) fn number(&self, key: &str) -> Option<Decimal> {
        self.value(key).and_then(written)
    }

    /// A number that must be there.
    pub(crate) fn need_number(&self, key: &str) -> Result<Decimal, Refused> {
        self.number(key).ok_or_else(|| self.refuse(key, "is required"))
    }

    /// A flag.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        self.value(key)?.as_bool()
    }

    /// A list of texts; empty where the key is not there.
    pub(crate) fn names(&self, key: &str) -> Vec<&'v str> {
        let list = self.value(key).and_then(Value::as_array);
        list.map(|list| list.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    }

    /// An object's entries; empty where the key is not there.
    pub(crate) fn entries(&self, key: &str) -> Vec<(&'v str, &'v Value)> {
        let map = self.value(key).and_then(Value::as_object);
        map.map(|map| map.iter().map(|(name, value)| (name.as_str(), value)).collect()).unwrap_or_default()
    }

    /// A list's items with their paths; empty where the key is not there.
    pub(crate) fn items(&self, key: &str) -> Vec<(String, &'v Value)> {
        let list = self.value(key).and_then(Value::as_array);
        let list = list.map(Vec::as_slice).unwrap_or_default();
        list.iter().enumerate().map(|(n, value)| (format!("{}[{n}]", self.at(key)), value)).collect()
    }
}

/// Refuses a value that is not of its kind.
fn check(path: &str, value: &Value, kind: Kind) -> Result<(), Refused> {
    let text = value.as_str();
    let must = match kind {
        Kind::NumberOrOpen | Kind::DateOrOpen if value.is_null() => return Ok(()),
        Kind::Any => return Ok(()),
        Kind::Number | Kind::NumberOrOpen => return check_number(path, value),
        Kind::Text if text.is_some_and(|text| !text.trim().is_empty()) => return Ok(()),
        Kind::Text => "a text".to_owned(),
        Kind::Flag if value.is_boolean() => return Ok(()),
        Kind::Flag => "true or false".to_owned(),
        Kind::OneOf(list) if text.is_some_and(|text| list.contains(&text)) => return Ok(()),
        Kind::OneOf(list) => format!("one of {}", list.join(", ")),
        Kind::Date | Kind::DateOrOpen if text.is_some_and(is_date) => return Ok(()),
        Kind::Date | Kind::DateOrOpen => "a date such as 2026-01-01".to_owned(),
        Kind::Label if is_label(value) => return Ok(()),
        Kind::Label => "a name, or {\"zh\", \"en\"}".to_owned(),
        Kind::Names if is_names(value) => return Ok(()),
        Kind::Names => "a list of names, not empty".to_owned(),
        Kind::Numbers => return each_entry(path, value, check_number),
        Kind::Texts => return each_entry(path, value, |path, value| check(path, value, Kind::Text)),
        Kind::NumberOrList => match value.as_array() {
            Some(list) => return each_item(path, list, check_number),
            None => return check_number(path, value),
        },
        Kind::Object(keys) => return Fields::open(path, value, &[keys]).map(drop),
        Kind::List(keys) => match value.as_array() {
            Some(list) if !list.is_empty() => {
                return each_item(path, list, |path, item| Fields::open(path, item, &[keys]).map(drop));
            }
            _ => "a list, not empty".to_owned(),
        },
        Kind::Components if value.as_array().is_some_and(|list| !list.is_empty()) => return Ok(()),
        Kind::Components => "a list, not empty".to_owned(),
        Kind::Scale if value.is_array() => return Ok(()),
        Kind::Scale => "a list".to_owned(),
    };
    Err(Refused::new(path, format!("must be {must}, not {}", brief(value))))
}

/// Whether a text is a civil date, and no more than that.
fn is_date(text: &str) -> bool {
    text.len() == "2026-01-01".len() && text.parse::<jiff::civil::Date>().is_ok()
}

/// Whether a value is a list of texts, not empty.
fn is_names(value: &Value) -> bool {
    value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string))
}

/// Whether a value is a name, in one language or by language.
fn is_label(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Object(map) if !map.is_empty() => {
            map.iter().all(|(lang, name)| (lang == "zh" || lang == "en") && name.is_string())
        }
        _ => false,
    }
}

/// Checks each item of a list.
fn each_item(
    path: &str,
    list: &[Value],
    check: impl Fn(&str, &Value) -> Result<(), Refused>,
) -> Result<(), Refused> {
    list.iter().enumerate().try_for_each(|(n, item)| check(&format!("{path}[{n}]"), item))
}

/// Checks each entry of an object.
fn each_entry(
    path: &str,
    value: &Value,
    check: impl Fn(&str, &Value) -> Result<(), Refused>,
) -> Result<(), Refused> {
    match value.as_object() {
        Some(map) if !map.is_empty() => {
            map.iter().try_for_each(|(name, value)| check(&format!("{path}.{name}"), value))
        }
        _ => Err(Refused::new(path, format!("must be an object, not empty, not {}", brief(value)))),
    }
}

/// Refuses what is no plain decimal.
fn check_number(path: &str, value: &Value) -> Result<(), Refused> {
    match written(value) {
        Some(_) => Ok(()),
        None => Err(Refused::new(
            path,
            format!("must be a decimal string such as \"2.07\", not {}", brief(value)),
        )),
    }
}

/// A decimal as a document may write it: a string, or a whole JSON number. A JSON number with a fraction is refused: most
/// programs that hand a document on make a binary float of it.
fn written(value: &Value) -> Option<Decimal> {
    decimal(value).filter(|n| value.is_string() || n.scale() == 0)
}

/// A decimal from a string, or from a JSON number as it is written; no exponent, nothing beyond 28 digits.
pub fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => plain_decimal(text),
        Value::Number(number) => plain_decimal(&number.to_string()),
        _ => None,
    }
}

/// A decimal of digits, one point, one sign.
pub fn plain_decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain =
        digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && digits.bytes().any(|b| b.is_ascii_digit());
    if plain { Decimal::from_str_exact(text).ok() } else { None }
}

/// A value as it can be quoted in a sentence.
pub fn brief(value: &Value) -> String {
    match value {
        Value::Array(list) if list.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => other.to_string(),
    }
}
